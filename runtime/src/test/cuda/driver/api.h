// The part of cuda.h that the stand-in needs, so that it compiles without the CUDA toolkit. With -DFILIGREE_REAL_HEADER cuda.h
// itself is taken, and every function defined here with another signature than NVIDIA's is a compile error.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef FILIGREE_REAL_HEADER
#include <cuda.h>
#else
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;

enum CUresult {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_IMAGE = 200,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_ILLEGAL_STATE = 401,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_CONTEXT_IS_DESTROYED = 709,
  CUDA_ERROR_ILLEGAL_INSTRUCTION = 715,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_NOT_SUPPORTED = 801,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
  CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD = 908,
  CUDA_ERROR_CAPTURED_EVENT = 907,
  CUDA_ERROR_INVALID_CLUSTER_SIZE = 912,
};

enum CUdevice_attribute {
  CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1,
  CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK = 8,
  CU_DEVICE_ATTRIBUTE_WARP_SIZE = 10,
  CU_DEVICE_ATTRIBUTE_CLOCK_RATE = 13,
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_ATTRIBUTE_INTEGRATED = 18,
  CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY = 19,
  CU_DEVICE_ATTRIBUTE_COMPUTE_MODE = 20,
  CU_DEVICE_ATTRIBUTE_PCI_BUS_ID = 33,
  CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID = 34,
  CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38,
  CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING = 41,
  CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID = 50,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR = 81,
  CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
  CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH = 120,
};
enum CUfunction_attribute { CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8 };
enum CUstreamCaptureMode { CU_STREAM_CAPTURE_MODE_GLOBAL = 0, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1, CU_STREAM_CAPTURE_MODE_RELAXED = 2 };
enum CUstreamCaptureStatus {
  CU_STREAM_CAPTURE_STATUS_NONE = 0,
  CU_STREAM_CAPTURE_STATUS_ACTIVE = 1,
  CU_STREAM_CAPTURE_STATUS_INVALIDATED = 2,
};
constexpr unsigned CU_STREAM_NON_BLOCKING = 1, CU_EVENT_DISABLE_TIMING = 2;
constexpr unsigned CU_MEMHOSTALLOC_PORTABLE = 1, CU_MEMHOSTALLOC_DEVICEMAP = 2, CU_MEMHOSTALLOC_WRITECOMBINED = 4;

enum CUlaunchAttributeID {
  CU_LAUNCH_ATTRIBUTE_IGNORE = 0,
  CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION = 4,
  CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6,
};
union CUlaunchAttributeValue {
  char pad[64];
  struct {
    unsigned x, y, z;
  } clusterDim;
  int programmaticStreamSerializationAllowed;
};
struct CUlaunchAttribute {
  CUlaunchAttributeID id;
  char pad[8 - sizeof(CUlaunchAttributeID)];
  CUlaunchAttributeValue value;
};
struct CUlaunchConfig {
  unsigned gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes;
  CUstream hStream;
  CUlaunchAttribute* attrs;
  unsigned numAttrs;
};
#endif

#define FILIGREE_EXPORT extern "C" __attribute__((visibility("default")))

#ifdef FILIGREE_REAL_HEADER
#undef cuEventElapsedTime
#endif
FILIGREE_EXPORT CUresult cuInit(unsigned flags);
FILIGREE_EXPORT CUresult cuDriverGetVersion(int* version);
FILIGREE_EXPORT CUresult cuDeviceGetCount(int* count);
FILIGREE_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal);
FILIGREE_EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice device);
FILIGREE_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device);
FILIGREE_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device);
FILIGREE_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device);
FILIGREE_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device);
FILIGREE_EXPORT CUresult cuCtxSetCurrent(CUcontext context);
FILIGREE_EXPORT CUresult cuCtxGetCurrent(CUcontext* context);
FILIGREE_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context);
FILIGREE_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context);
FILIGREE_EXPORT CUresult cuCtxSynchronize();
FILIGREE_EXPORT CUresult cuGetErrorName(CUresult error, const char** name);
FILIGREE_EXPORT CUresult cuGetErrorString(CUresult error, const char** text);
FILIGREE_EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total);
FILIGREE_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* p, size_t bytes);
FILIGREE_EXPORT CUresult cuMemFree_v2(CUdeviceptr p);
FILIGREE_EXPORT CUresult cuMemHostAlloc(void** p, size_t bytes, unsigned flags);
FILIGREE_EXPORT CUresult cuMemFreeHost(void* p);
FILIGREE_EXPORT CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned flags);
FILIGREE_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes);
FILIGREE_EXPORT CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes);
FILIGREE_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream);
FILIGREE_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream);
FILIGREE_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream);
FILIGREE_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream);
FILIGREE_EXPORT CUresult cuStreamCreate(CUstream* stream, unsigned flags);
FILIGREE_EXPORT CUresult cuStreamDestroy_v2(CUstream stream);
FILIGREE_EXPORT CUresult cuStreamSynchronize(CUstream stream);
FILIGREE_EXPORT CUresult cuStreamQuery(CUstream stream);
FILIGREE_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags);
FILIGREE_EXPORT CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode);
FILIGREE_EXPORT CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status);
FILIGREE_EXPORT CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph);
FILIGREE_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags);
FILIGREE_EXPORT CUresult cuGraphUpload(CUgraphExec executable, CUstream stream);
FILIGREE_EXPORT CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream);
FILIGREE_EXPORT CUresult cuGraphExecDestroy(CUgraphExec executable);
FILIGREE_EXPORT CUresult cuGraphDestroy(CUgraph graph);
FILIGREE_EXPORT CUresult cuEventCreate(CUevent* event, unsigned flags);
FILIGREE_EXPORT CUresult cuEventDestroy_v2(CUevent event);
FILIGREE_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream);
FILIGREE_EXPORT CUresult cuEventQuery(CUevent event);
FILIGREE_EXPORT CUresult cuEventSynchronize(CUevent event);
FILIGREE_EXPORT CUresult cuEventElapsedTime_v2(float* ms, CUevent start, CUevent end);
FILIGREE_EXPORT CUresult cuEventElapsedTime(float* ms, CUevent start, CUevent end);
FILIGREE_EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image);
FILIGREE_EXPORT CUresult cuModuleUnload(CUmodule module);
FILIGREE_EXPORT CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name);
FILIGREE_EXPORT CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value);
FILIGREE_EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** parameters, void** extra);

// ---- for tests, explained in state.cpp ----
FILIGREE_EXPORT int filigreeEmulatedSet(const char* key, long long value);
FILIGREE_EXPORT long long filigreeEmulatedCounter(const char* key);
FILIGREE_EXPORT const char* filigreeEmulatedLastFault();
