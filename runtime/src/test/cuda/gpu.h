// A small host for the kernels over the CUDA driver API alone, opened at run time: what any other host must do as well. The
// environment variable FILIGREE_LIBCUDA names another library than the machine's driver: the stand-in, where there is no GPU.
#pragma once
#include <dlfcn.h>
#include <stdint.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "driver/api.h"

#define FILIGREE_DRIVER_CALLS(X)                                                                                            \
  X(cuInit, cuInit) X(cuDriverGetVersion, cuDriverGetVersion) X(cuDeviceGet, cuDeviceGet) X(cuDeviceGetName, cuDeviceGetName) \
  X(cuDeviceGetAttribute, cuDeviceGetAttribute) X(cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRetain)                         \
  X(cuCtxSetCurrent, cuCtxSetCurrent) X(cuModuleLoadData, cuModuleLoadData) X(cuModuleGetFunction, cuModuleGetFunction)       \
  X(cuFuncSetAttribute, cuFuncSetAttribute) X(cuLaunchKernelEx, cuLaunchKernelEx) X(cuMemAlloc, cuMemAlloc_v2)                \
  X(cuMemFree, cuMemFree_v2) X(cuMemcpyHtoDAsync, cuMemcpyHtoDAsync_v2) X(cuMemcpyDtoHAsync, cuMemcpyDtoHAsync_v2)            \
  X(cuMemcpyDtoDAsync, cuMemcpyDtoDAsync_v2) X(cuMemsetD8Async, cuMemsetD8Async) X(cuStreamCreate, cuStreamCreate)            \
  X(cuStreamSynchronize, cuStreamSynchronize) X(cuStreamBeginCapture, cuStreamBeginCapture_v2)                                \
  X(cuStreamEndCapture, cuStreamEndCapture) X(cuGraphInstantiateWithFlags, cuGraphInstantiateWithFlags)                       \
  X(cuGraphLaunch, cuGraphLaunch) X(cuGraphExecDestroy, cuGraphExecDestroy) X(cuGraphDestroy, cuGraphDestroy)                 \
  X(cuEventCreate, cuEventCreate) X(cuEventRecord, cuEventRecord) X(cuEventSynchronize, cuEventSynchronize)                   \
  X(cuEventElapsedTime, cuEventElapsedTime) X(cuGetErrorString, cuGetErrorString)

namespace filigree {

/** The driver's functions; those of a later version than the first have a number in the library's names. */
struct Driver {
#define FILIGREE_FIELD(f, symbol) decltype(&::symbol) f##_;
  FILIGREE_DRIVER_CALLS(FILIGREE_FIELD)
#undef FILIGREE_FIELD

  Driver() {
    const char* other = std::getenv("FILIGREE_LIBCUDA");
    const std::string name = other ? other : "libcuda.so.1";
    void* library = dlopen(name.c_str(), RTLD_NOW);
    if (!library) throw std::runtime_error("no NVIDIA driver: " + name + " cannot be opened; install the driver or use another provider");
#define FILIGREE_LOAD(f, symbol)                                     \
  f##_ = reinterpret_cast<decltype(f##_)>(dlsym(library, #symbol)); \
  if (!f##_) throw std::runtime_error(name + " is too old a driver: it lacks " #symbol);
    FILIGREE_DRIVER_CALLS(FILIGREE_LOAD)
#undef FILIGREE_LOAD
  }
};

class Gpu {
 public:
  /** `fatbin`: a file; "-": a stand-in with its own kernels is in the driver's place. */
  explicit Gpu(const std::string& fatbin) {
    check(d.cuInit_(0), "cuInit");
    check(d.cuDeviceGet_(&device, 0), "cuDeviceGet");
    CUcontext context;
    check(d.cuDevicePrimaryCtxRetain_(&context, device), "cuDevicePrimaryCtxRetain");
    check(d.cuCtxSetCurrent_(context), "cuCtxSetCurrent");
    check(d.cuStreamCreate_(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
    std::vector<char> bytes{'\x50', '\xed', '\x55', '\xba'};  // how a fatbin begins
    if (fatbin != "-") {
      std::ifstream file(fatbin, std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    if (bytes.empty()) throw std::runtime_error("cannot read " + fatbin);
    check(d.cuModuleLoadData_(&module, bytes.data()), "cuModuleLoadData of " + fatbin);
    int major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    early_launch = major >= 9;
    wgmma = major == 9;
  }

  int attribute(CUdevice_attribute a) const {
    int v = 0;
    check(d.cuDeviceGetAttribute_(&v, a, device), "cuDeviceGetAttribute");
    return v;
  }
  std::string name() const {
    char text[128] = {};
    check(d.cuDeviceGetName_(text, sizeof text, device), "cuDeviceGetName");
    return text;
  }

  void check(CUresult r, const std::string& what) const {
    if (r == CUDA_SUCCESS) return;
    const char* text = nullptr;
    d.cuGetErrorString_(r, &text);
    if (!text) text = "unknown error";
    throw std::runtime_error(what + ": " + text);
  }

  CUdeviceptr allocate(size_t bytes) const {
    CUdeviceptr p;
    check(d.cuMemAlloc_(&p, bytes ? bytes : 16), "cuMemAlloc of " + std::to_string(bytes) + " bytes");
    return p;
  }
  template <class T>
  CUdeviceptr upload(const std::vector<T>& v) const {
    const CUdeviceptr p = allocate(v.size() * sizeof(T));
    copy_to(p, v);
    return p;
  }
  /** Ordered with the stream: a copy on the default stream may still be under way when a kernel of another stream starts. */
  template <class T>
  void copy_to(CUdeviceptr p, const std::vector<T>& v) const {
    check(d.cuMemcpyHtoDAsync_(p, v.data(), v.size() * sizeof(T), stream), "cuMemcpyHtoDAsync");
    synchronize();
  }
  template <class T>
  std::vector<T> download(CUdeviceptr p, size_t n) const {
    std::vector<T> v(n);
    check(d.cuMemcpyDtoHAsync_(v.data(), p, n * sizeof(T), stream), "cuMemcpyDtoHAsync");
    synchronize();
    return v;
  }
  void fill(CUdeviceptr p, int byte, size_t bytes) const { check(d.cuMemsetD8Async_(p, byte, bytes, stream), "cuMemsetD8Async"); }
  void free(CUdeviceptr p) const { check(d.cuMemFree_(p), "cuMemFree"); }
  void synchronize() const { check(d.cuStreamSynchronize_(stream), "cuStreamSynchronize"); }

  struct Grid {
    unsigned x, y = 1, z = 1;
    unsigned cluster_z = 1;  // blocks in a cluster
  };

  /** Launches a kernel on the stream; where the device can, it may start before the kernel ahead of it has ended. */
  template <class... Args>
  void launch(const std::string& kernel, Grid grid, unsigned threads, unsigned shared, Args... args) {
    void* parameters[] = {&args...};
    CUlaunchAttribute attributes[2] = {};
    attributes[0].id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    attributes[0].value.programmaticStreamSerializationAllowed = 1;
    attributes[1].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attributes[1].value.clusterDim = {1, 1, grid.cluster_z};
    const bool clustered = grid.cluster_z > 1;
    CUlaunchConfig config{};
    config.gridDimX = grid.x, config.gridDimY = grid.y, config.gridDimZ = grid.z;
    config.blockDimX = threads, config.blockDimY = config.blockDimZ = 1;
    config.sharedMemBytes = shared;
    config.hStream = stream;
    config.attrs = attributes;
    config.numAttrs = !early_launch ? 0 : clustered ? 2 : 1;
    check(d.cuLaunchKernelEx_(&config, function(kernel, shared), parameters, nullptr), "launch of " + kernel);
  }

  /** Records what `work` launches as a graph. */
  template <class Work>
  CUgraphExec capture(Work work) {
    CUgraph graph;
    CUgraphExec exec;
    check(d.cuStreamBeginCapture_(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), "cuStreamBeginCapture");
    work();
    check(d.cuStreamEndCapture_(stream, &graph), "cuStreamEndCapture");
    check(d.cuGraphInstantiateWithFlags_(&exec, graph, 0), "cuGraphInstantiate");
    check(d.cuGraphDestroy_(graph), "cuGraphDestroy");
    return exec;
  }
  void replay(CUgraphExec graph) const { check(d.cuGraphLaunch_(graph, stream), "cuGraphLaunch"); }
  void destroy(CUgraphExec graph) const { check(d.cuGraphExecDestroy_(graph), "cuGraphExecDestroy"); }

  const Driver d;
  CUdevice device;
  CUstream stream;
  CUmodule module;
  bool early_launch, wgmma;

 private:
  CUfunction function(const std::string& name, unsigned shared) {
    auto found = functions.find(name);
    if (found == functions.end()) {
      CUfunction f;
      check(d.cuModuleGetFunction_(&f, module, name.c_str()), "kernel " + name);
      found = functions.emplace(name, f).first;
    }
    if (shared > 48 * 1024)
      check(d.cuFuncSetAttribute_(found->second, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared), "shared memory of " + name);
    return found->second;
  }
  std::map<std::string, CUfunction> functions;
};

}  // namespace filigree
