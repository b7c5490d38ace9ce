// Device memory, pinned host memory, and copies.
#include <cstring>

#include "state.h"

using namespace filigree::driver;

namespace {

/** Whether host memory is pinned as a whole; refuses what begins in a pinned block and does not end in it. */
bool is_pinned(Driver& d, const void* host, size_t bytes) {
  const auto p = reinterpret_cast<uintptr_t>(host);
  auto after = d.context().pinned.upper_bound(p);
  if (after == d.context().pinned.begin()) return false;
  const auto& [start, size] = *--after;
  if (p >= start + size) return false;
  if (bytes > start + size - p) refuse(CUDA_ERROR_INVALID_VALUE, "a copy of " + std::to_string(bytes) + " bytes passes the end of a pinned block");
  return true;
}

void* device_range(Driver& d, CUdeviceptr p, size_t bytes) {
  if (is_pinned(d, reinterpret_cast<void*>(p), bytes)) return reinterpret_cast<void*>(p);
  auto after = d.context().memory.upper_bound(p);
  const bool found = after != d.context().memory.begin() && p - std::prev(after)->first < std::prev(after)->second;
  if (!found) refuse(CUDA_ERROR_INVALID_VALUE, "no memory of this context is allocated at that device address");
  if (bytes > std::prev(after)->first + std::prev(after)->second - p)
    refuse(CUDA_ERROR_INVALID_VALUE, std::to_string(bytes) + " bytes pass the end of an allocation of " + std::to_string(std::prev(after)->second));
  return reinterpret_cast<void*>(p);
}

void refuse_pageable_in_capture(const Stream& s) {
  if (!s.capture) return;
  s.capture->invalid = true;
  refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a captured copy needs pinned host memory");
}

/** Pageable memory is staged before the call returns, but may reach the device later. */
void copy_in(Driver& d, Stream& s, CUdeviceptr to, const void* from, size_t bytes) {
  void* const target = device_range(d, to, bytes);
  if (is_pinned(d, from, bytes)) {
    d.submit(s, [=] { std::memcpy(target, from, bytes); });
    return;
  }
  refuse_pageable_in_capture(s);
  const auto* data = static_cast<const uint8_t*>(from);
  d.submit(s, [target, staged = std::vector<uint8_t>(data, data + bytes)] { std::memcpy(target, staged.data(), staged.size()); });
}

void copy_out(Driver& d, Stream& s, void* to, CUdeviceptr from, size_t bytes) {
  const void* const source = device_range(d, from, bytes);
  const bool pinned = is_pinned(d, to, bytes);
  if (!pinned) refuse_pageable_in_capture(s);
  d.submit(s, [=] { std::memcpy(to, source, bytes); });
  if (!pinned) d.drain(s);
}

void free_block(void* p) { filigree::emulator::free_guarded(p); }

}  // namespace

FILIGREE_EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  return call("cuMemGetInfo_v2", kInContext, [&](Driver& d) {
    *total = size_t(d.settings["memory"]);
    *free = *total - d.context().used;
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* p, size_t bytes) {
  return call("cuMemAlloc_v2", kNotInCapture, [&](Driver& d) {
    if (bytes == 0) refuse(CUDA_ERROR_INVALID_VALUE, "0 bytes cannot be allocated");
    Context& c = d.context();
    if (bytes > size_t(d.settings["memory"]) - c.used) refuse(CUDA_ERROR_OUT_OF_MEMORY, std::to_string(bytes) + " bytes are not free on the device");
    *p = reinterpret_cast<CUdeviceptr>(filigree::emulator::allocate_guarded(bytes));
    c.memory[*p] = bytes, c.used += bytes;
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemFree_v2(CUdeviceptr p) {
  return call("cuMemFree_v2", kNotInCapture, [&](Driver& d) {
    Context& c = d.context();
    const auto found = c.memory.find(p);
    if (found == c.memory.end()) refuse(CUDA_ERROR_INVALID_VALUE, "that address is not the start of an allocation, or was freed before");
    d.drain_all();
    c.used -= found->second;
    free_block(reinterpret_cast<void*>(p));
    c.memory.erase(found);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemHostAlloc(void** p, size_t bytes, unsigned flags) {
  return call("cuMemHostAlloc", kNotInCapture, [&](Driver& d) {
    if (bytes == 0) refuse(CUDA_ERROR_INVALID_VALUE, "0 bytes cannot be allocated");
    if (flags & ~(CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED)) refuse(CUDA_ERROR_INVALID_VALUE, "unknown flags");
    *p = filigree::emulator::allocate_guarded(bytes);
    d.context().pinned[reinterpret_cast<uintptr_t>(*p)] = bytes;
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemFreeHost(void* p) {
  return call("cuMemFreeHost", kNotInCapture, [&](Driver& d) {
    auto& pinned = d.context().pinned;
    const auto found = pinned.find(reinterpret_cast<uintptr_t>(p));
    if (found == pinned.end()) refuse(CUDA_ERROR_INVALID_VALUE, "that address is not the start of a pinned block, or was freed before");
    d.drain_all();
    free_block(p);
    pinned.erase(found);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned flags) {
  return call("cuMemHostGetDevicePointer_v2", kInContext, [&](Driver& d) {
    if (flags != 0 || !is_pinned(d, host, 1)) refuse(CUDA_ERROR_INVALID_VALUE, "that host memory is not pinned, or flags are not 0");
    *device = reinterpret_cast<CUdeviceptr>(host);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  return call("cuMemcpyHtoD_v2", kNotInCapture, [&](Driver& d) {
    Stream& legacy = *d.context().legacy;
    copy_in(d, legacy, to, from, bytes);
    if (is_pinned(d, from, bytes)) d.drain(legacy);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  return call("cuMemcpyDtoH_v2", kNotInCapture, [&](Driver& d) {
    copy_out(d, *d.context().legacy, to, from, bytes);
    d.drain(*d.context().legacy);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  return call("cuMemcpyHtoDAsync_v2", kInContext, [&](Driver& d) { return copy_in(d, *d.stream(stream), to, from, bytes), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return call("cuMemcpyDtoHAsync_v2", kInContext, [&](Driver& d) { return copy_out(d, *d.stream(stream), to, from, bytes), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return call("cuMemcpyDtoDAsync_v2", kInContext, [&](Driver& d) {
    void* const target = device_range(d, to, bytes);
    const void* const source = device_range(d, from, bytes);
    d.submit(*d.stream(stream), [=] { std::memmove(target, source, bytes); });
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream) {
  return call("cuMemsetD8Async", kInContext, [&](Driver& d) {
    void* const target = device_range(d, to, bytes);
    d.submit(*d.stream(stream), [=] { std::memset(target, value, bytes); });
    return CUDA_SUCCESS;
  });
}
