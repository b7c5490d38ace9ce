// Initialisation, devices, contexts, and the names of errors.
#include <cstring>

#include "state.h"

using namespace filigree::driver;

namespace {

int setting(Driver& d, const char* key) { return int(d.settings[key]); }

void check_device(Driver& d, CUdevice device) {
  if (device < 0 || device >= setting(d, "devices")) refuse(CUDA_ERROR_INVALID_DEVICE, "there is no device " + std::to_string(device));
}

struct Name {
  CUresult code;
  const char *name, *text;
};
#define FILIGREE_ERROR(name, text) {name, #name, text}
constexpr Name kNames[] = {
    FILIGREE_ERROR(CUDA_SUCCESS, "no error"),
    FILIGREE_ERROR(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    FILIGREE_ERROR(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    FILIGREE_ERROR(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    FILIGREE_ERROR(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    FILIGREE_ERROR(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    FILIGREE_ERROR(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    FILIGREE_ERROR(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    FILIGREE_ERROR(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for execution on the device"),
    FILIGREE_ERROR(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    FILIGREE_ERROR(CUDA_ERROR_ILLEGAL_STATE, "the operation cannot be performed in the present state"),
    FILIGREE_ERROR(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    FILIGREE_ERROR(CUDA_ERROR_NOT_READY, "device not ready"),
    FILIGREE_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    FILIGREE_ERROR(CUDA_ERROR_CONTEXT_IS_DESTROYED, "context is destroyed"),
    FILIGREE_ERROR(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an illegal instruction was encountered"),
    FILIGREE_ERROR(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    FILIGREE_ERROR(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    FILIGREE_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    FILIGREE_ERROR(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "operation failed due to a previous error during capture"),
    FILIGREE_ERROR(CUDA_ERROR_CAPTURED_EVENT, "operation not permitted on an event last recorded in a capturing stream"),
    FILIGREE_ERROR(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "attempt to terminate a thread-local capture sequence from another thread"),
    FILIGREE_ERROR(CUDA_ERROR_INVALID_CLUSTER_SIZE, "cluster misconfiguration"),
};

CUresult describe(CUresult error, const char** out, const char* Name::*field) {
  *out = nullptr;
  for (const Name& n : kNames)
    if (n.code == error) return *out = n.*field, CUDA_SUCCESS;
  return CUDA_ERROR_INVALID_VALUE;
}

}  // namespace

FILIGREE_EXPORT CUresult cuInit(unsigned flags) {
  return call("cuInit", kAnyTime, [&](Driver& d) {
    if (flags != 0) refuse(CUDA_ERROR_INVALID_VALUE, "flags must be 0");
    if (setting(d, "devices") == 0) refuse(CUDA_ERROR_NO_DEVICE, "there is no device");
    d.initialised = true;
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuDriverGetVersion(int* version) {
  return call("cuDriverGetVersion", kAnyTime, [&](Driver& d) { return *version = setting(d, "driver"), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuDeviceGetCount(int* count) {
  return call("cuDeviceGetCount", kInitialised, [&](Driver& d) { return *count = setting(d, "devices"), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return call("cuDeviceGet", kInitialised, [&](Driver& d) { return check_device(d, ordinal), *device = ordinal, CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return call("cuDeviceGetName", kInitialised, [&](Driver& d) {
    check_device(d, device);
    const std::string text = "Filigree emulated GPU " + std::to_string(device) + ", sm_" + std::to_string(setting(d, "architecture"));
    if (length <= 0) refuse(CUDA_ERROR_INVALID_VALUE, "no room for the name");
    std::strncpy(name, text.c_str(), size_t(length) - 1);
    name[length - 1] = 0;
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  return call("cuDeviceTotalMem_v2", kInitialised, [&](Driver& d) {
    return check_device(d, device), *bytes = size_t(d.settings["memory"]), CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  return call("cuDeviceGetAttribute", kInitialised, [&](Driver& d) {
    check_device(d, device);
    const int architecture = setting(d, "architecture"), shared = most_shared_bytes(architecture);
    switch (attribute) {
      case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = 1024; break;
      case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: *value = 48 * 1024; break;
      case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *value = 32; break;
      case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: *value = 1980000; break;
      case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = 132; break;
      case CU_DEVICE_ATTRIBUTE_INTEGRATED: *value = 0; break;
      case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY: *value = 1; break;
      case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE: *value = 0; break;
      case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID: *value = device + 1; break;
      case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID: *value = 0; break;
      case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: *value = 50 << 20; break;
      case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING: *value = 1; break;
      case CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID: *value = 0; break;
      case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = architecture / 10; break;
      case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = architecture % 10; break;
      case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR: *value = shared + 1024; break;
      case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *value = shared; break;
      case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH: *value = architecture >= 90; break;
      default: refuse(CUDA_ERROR_INVALID_VALUE, "attribute " + std::to_string(attribute) + " is not emulated");
    }
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return call("cuDevicePrimaryCtxRetain", kInitialised, [&](Driver& d) {
    check_device(d, device);
    if (d.primary.count(device) == 0) {
      auto made = std::make_shared<Context>();
      made->device = device;
      const auto handle = d.add<uintptr_t>(made);
      made->owner = 0, made->legacy->owner = handle;
      d.primary[device] = handle;
    }
    *context = reinterpret_cast<CUcontext>(d.primary[device]);
    ++static_cast<Context&>(*d.objects.at(d.primary[device])).retained;
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return call("cuDevicePrimaryCtxRelease_v2", kInitialised, [&](Driver& d) {
    check_device(d, device);
    if (d.primary.count(device) == 0) refuse(CUDA_ERROR_INVALID_CONTEXT, "the primary context is not retained");
    if (--static_cast<Context&>(*d.objects.at(d.primary[device])).retained == 0) d.destroy_context(d.primary[device]);
    return CUDA_SUCCESS;
  });
}

namespace {

void check_context(Driver& d, CUcontext context) {
  const auto found = d.objects.find(reinterpret_cast<uintptr_t>(context));
  if (found == d.objects.end() || !std::dynamic_pointer_cast<Context>(found->second)) refuse(CUDA_ERROR_INVALID_CONTEXT, "there is no such context, or no longer");
}

}  // namespace

FILIGREE_EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
  return call("cuCtxSetCurrent", kInitialised, [&](Driver& d) {
    auto& stack = current_contexts();
    if (context) check_context(d, context);
    if (!stack.empty()) stack.pop_back();
    if (context) stack.push_back(reinterpret_cast<uintptr_t>(context));
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuCtxGetCurrent(CUcontext* context) {
  return call("cuCtxGetCurrent", kInitialised, [&](Driver& d) { return *context = reinterpret_cast<CUcontext>(d.context_handle()), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return call("cuCtxPushCurrent_v2", kInitialised, [&](Driver& d) {
    check_context(d, context);
    current_contexts().push_back(reinterpret_cast<uintptr_t>(context));
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  return call("cuCtxPopCurrent_v2", kInitialised, [&](Driver& d) {
    if (d.context_handle() == 0) refuse(CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
    if (context) *context = reinterpret_cast<CUcontext>(d.context_handle());
    current_contexts().pop_back();
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuCtxSynchronize() {
  return call("cuCtxSynchronize", kNotInCapture, [&](Driver& d) { return d.drain_all(), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuGetErrorName(CUresult error, const char** name) { return describe(error, name, &Name::name); }
FILIGREE_EXPORT CUresult cuGetErrorString(CUresult error, const char** text) { return describe(error, text, &Name::text); }
