// The rules of the driver that the stand-in enforces, each broken once. Prints one line a rule; exit code 1 if one was not enforced.
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "driver/api.h"

namespace {

int failures = 0;

void expect(const char* what, bool good) {
  std::printf("%s %s%s%s\n", good ? "ok    " : "FAILED", what, good ? "" : ": ", good ? "" : filigreeEmulatedLastFault());
  failures += !good;
}
void expect(const char* what, CUresult got, CUresult want) {
  if (got != want) std::printf("       got %d, want %d\n", int(got), int(want));
  expect(what, got == want);
}

const uint32_t kImage[4] = {0xba55ed50};

/** A fresh driver with a context, a stream and the module. */
struct Session {
  CUcontext context;
  CUstream stream;
  CUmodule module;

  explicit Session(long long architecture = 90) {
    filigreeEmulatedSet("reset", 0);
    filigreeEmulatedSet("architecture", architecture);
    must(cuInit(0)), must(cuDevicePrimaryCtxRetain(&context, 0)), must(cuCtxSetCurrent(context));
    must(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING)), must(cuModuleLoadData(&module, kImage));
  }
  static void must(CUresult r) {
    if (r != CUDA_SUCCESS) expect("a call that every test needs", r, CUDA_SUCCESS);
  }
  static CUdeviceptr allocate(size_t bytes) {
    CUdeviceptr p = 0;
    must(cuMemAlloc_v2(&p, bytes));
    return p;
  }
  static void* pinned(size_t bytes) {
    void* p = nullptr;
    must(cuMemHostAlloc(&p, bytes, 0));
    return p;
  }
  CUfunction function(const char* name) const {
    CUfunction f = nullptr;
    must(cuModuleGetFunction(&f, module, name));
    return f;
  }
  /** relayout_dense of 128 x 64 zeros or ones: `weights` must hold 16 KB. */
  CUresult relayout(CUdeviceptr values, CUdeviceptr weights, int rows = 128, unsigned threads = 256, unsigned blocks = 4, unsigned shared = 0) const {
    int inputs = 64;
    void* parameters[] = {&values, &weights, &rows, &inputs};
    const CUlaunchConfig config{blocks, 1, 1, threads, 1, 1, shared, stream, nullptr, 0};
    return cuLaunchKernelEx(&config, function("relayout_dense"), parameters, nullptr);
  }
};

template <class... Args>
CUresult launch(const Session& s, const char* kernel, CUlaunchConfig config, Args... args) {
  void* parameters[] = {&args...};
  config.hStream = s.stream;
  return cuLaunchKernelEx(&config, s.function(kernel), parameters, nullptr);
}

void contexts() {
  filigreeEmulatedSet("reset", 0);
  CUdeviceptr p;
  int n = 0;
  expect("nothing before cuInit", cuDeviceGetCount(&n), CUDA_ERROR_NOT_INITIALIZED);
  filigreeEmulatedSet("devices", 0);
  expect("cuInit without a device", cuInit(0), CUDA_ERROR_NO_DEVICE);
  filigreeEmulatedSet("devices", 2);
  Session::must(cuInit(0));
  expect("no memory without a context", cuMemAlloc_v2(&p, 16), CUDA_ERROR_INVALID_CONTEXT);
  CUdevice device;
  expect("a device that is not there", cuDeviceGet(&device, 2), CUDA_ERROR_INVALID_DEVICE);
  CUcontext contexts[2];
  for (int i = 0; i < 2; ++i) Session::must(cuDevicePrimaryCtxRetain(&contexts[i], i));
  Session::must(cuCtxSetCurrent(contexts[0]));
  CUresult elsewhere = CUDA_SUCCESS;
  std::thread([&] { elsewhere = cuMemAlloc_v2(&p, 16); }).join();
  expect("a context is current on one thread only", elsewhere, CUDA_ERROR_INVALID_CONTEXT);
  CUstream stream;
  Session::must(cuStreamCreate(&stream, 0)), p = Session::allocate(16);
  Session::must(cuCtxPushCurrent_v2(contexts[1]));
  expect("a stream of another context", cuStreamSynchronize(stream), CUDA_ERROR_INVALID_HANDLE);
  expect("memory of another context", cuMemcpyHtoD_v2(p, &n, 4), CUDA_ERROR_INVALID_VALUE);
  Session::must(cuCtxPopCurrent_v2(nullptr));
  expect("popped back to the first context", cuStreamSynchronize(stream), CUDA_SUCCESS);
  Session::must(cuDevicePrimaryCtxRelease_v2(0));
  expect("a context after its release", cuMemAlloc_v2(&p, 16), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  expect("its memory is gone", filigreeEmulatedCounter("device_bytes") == 0 && filigreeEmulatedCounter("streams") == 0);
  expect("released once too often", cuDevicePrimaryCtxRelease_v2(0), CUDA_ERROR_INVALID_CONTEXT);
}

void memory() {
  const Session s;
  filigreeEmulatedSet("memory", 1000);
  CUdeviceptr p = Session::allocate(600), q;
  expect("more memory than the device has", cuMemAlloc_v2(&q, 401), CUDA_ERROR_OUT_OF_MEMORY);
  size_t left, total;
  Session::must(cuMemGetInfo_v2(&left, &total));
  expect("memory is counted", left == 400 && total == 1000 && filigreeEmulatedCounter("device_bytes") == 600);
  char bytes[601] = {};
  expect("a copy past an allocation", cuMemcpyHtoD_v2(p, bytes, 601), CUDA_ERROR_INVALID_VALUE);
  expect("a copy to the middle of an allocation", cuMemcpyHtoD_v2(p + 100, bytes, 500), CUDA_SUCCESS);
  expect("free of the middle of an allocation", cuMemFree_v2(p + 100), CUDA_ERROR_INVALID_VALUE);
  expect("free", cuMemFree_v2(p), CUDA_SUCCESS);
  expect("free twice", cuMemFree_v2(p), CUDA_ERROR_INVALID_VALUE);
  expect("use after free", cuMemsetD8Async(p, 0, 16, s.stream), CUDA_ERROR_INVALID_VALUE);
  char* const host = static_cast<char*>(Session::pinned(64));
  p = Session::allocate(64);
  expect("a copy past a pinned block", cuMemcpyHtoDAsync_v2(p, host + 32, 33, s.stream), CUDA_ERROR_INVALID_VALUE);
  std::memset(host, 1, 64);
  Session::must(cuMemcpyHtoDAsync_v2(p, host, 64, s.stream));
  std::memset(host, 2, 64);  // too early: the copy has not been waited for
  Session::must(cuMemcpyDtoHAsync_v2(bytes, p, 64, s.stream));
  expect("pinned memory that is overwritten before its copy was waited for", bytes[0] == 2);
  std::memset(bytes, 3, 64);
  Session::must(cuMemcpyHtoDAsync_v2(p, bytes, 64, s.stream));
  std::memset(bytes, 4, 64);
  Session::must(cuMemcpyDtoHAsync_v2(host, p, 64, s.stream));
  expect("a result that is read before it was waited for", host[0] == 2);
  Session::must(cuStreamSynchronize(s.stream));
  expect("a result that was waited for; pageable memory was staged", host[0] == 3);
  std::memset(bytes, 5, 64);
  Session::must(cuMemcpyHtoD_v2(p, bytes, 64)), Session::must(cuMemcpyDtoHAsync_v2(host, p, 64, s.stream));
  Session::must(cuStreamSynchronize(s.stream));
  expect("a non-blocking stream does not wait for a copy on the legacy stream", host[0] == 3);
  Session::must(cuMemFreeHost(host));
  expect("pinned memory freed twice", cuMemFreeHost(host), CUDA_ERROR_INVALID_VALUE);
  filigreeEmulatedSet("fail:cuMemAlloc_v2:2", 2);
  expect("a call before the one told to fail", cuMemAlloc_v2(&q, 16), CUDA_SUCCESS);
  expect("a call told to fail", cuMemAlloc_v2(&p, 16), CUDA_ERROR_OUT_OF_MEMORY);
  expect("a call after it", cuMemAlloc_v2(&p, 16), CUDA_SUCCESS);
}

void launches() {
  const Session s;
  const CUdeviceptr values = Session::allocate(128 * 64 * 2), weights = Session::allocate(128 * 64 * 2);
  Session::must(cuMemsetD8Async(values, 0x11, 128 * 64 * 2, s.stream));
  expect("a kernel", s.relayout(values, weights), CUDA_SUCCESS);
  uint8_t got[16] = {};
  Session::must(cuMemcpyDtoHAsync_v2(got, weights, 16, s.stream));
  expect("its result", got[15] == 0x11 && filigreeEmulatedCounter("kernels") == 1);
  CUfunction f;
  expect("an unknown kernel", cuModuleGetFunction(&f, s.module, "relayout"), CUDA_ERROR_NOT_FOUND);
  expect("too many threads", s.relayout(values, weights, 128, 1056), CUDA_ERROR_INVALID_VALUE);
  expect("no blocks", s.relayout(values, weights, 128, 256, 0), CUDA_ERROR_INVALID_VALUE);
  expect("much shared memory not asked for", s.relayout(values, weights, 128, 256, 4, 48 * 1024 + 1), CUDA_ERROR_INVALID_VALUE);
  f = s.function("attention_head64");
  expect("more shared memory than a block can have", cuFuncSetAttribute(f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 227 * 1024 + 1), CUDA_ERROR_INVALID_VALUE);
  expect("as much as it can have", cuFuncSetAttribute(f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 227 * 1024), CUDA_SUCCESS);
  CUlaunchAttribute cluster{};
  cluster.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, cluster.value.clusterDim = {1, 1, 3};
  expect("a cluster that does not divide the grid", launch(s, "layernorm", {1, 1, 4, 32, 1, 1, 0, nullptr, &cluster, 1}), CUDA_ERROR_INVALID_CLUSTER_SIZE);
  expect("not a stream", cuStreamSynchronize(reinterpret_cast<CUstream>(s.module)), CUDA_ERROR_INVALID_HANDLE);
  const uint32_t text[4] = {};
  CUmodule module;
  expect("no fatbin", cuModuleLoadData(&module, text), CUDA_ERROR_INVALID_IMAGE);
  expect("unload", cuModuleUnload(s.module), CUDA_SUCCESS);
  expect("a function of an unloaded module", cuFuncSetAttribute(f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 0), CUDA_ERROR_INVALID_HANDLE);

  const Session older(86);
  expect("99 KB on sm_86", cuFuncSetAttribute(older.function("attention_head64"), CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 99 * 1024 + 1), CUDA_ERROR_INVALID_VALUE);
  expect("clusters on sm_86", launch(older, "layernorm", {1, 1, 3, 32, 1, 1, 0, nullptr, &cluster, 1}), CUDA_ERROR_NOT_SUPPORTED);
  const CUlaunchConfig one{1, 1, 1, 256, 1, 1, 0, older.stream, nullptr, 0};
  uint64_t zero = 0;
  std::vector<void*> parameters(18, &zero);
  Session::must(cuLaunchKernelEx(&one, older.function("linear_dense_wg128x16"), parameters.data(), nullptr));
  expect("a Hopper kernel on sm_86", cuStreamSynchronize(older.stream), CUDA_ERROR_ILLEGAL_INSTRUCTION);
}

void faults() {
  {
    const Session s;
    const CUdeviceptr values = Session::allocate(128 * 64 * 2), weights = Session::allocate(128 * 64 * 2);
    expect("a kernel that will run past its memory starts", s.relayout(values, weights, 192, 256, 8), CUDA_SUCCESS);
    expect("and fails when waited for", cuStreamSynchronize(s.stream), CUDA_ERROR_ILLEGAL_ADDRESS);
    expect("saying where", std::strstr(filigreeEmulatedLastFault(), "relayout_dense, block") && std::strstr(filigreeEmulatedLastFault(), "outside of every allocation"));
    CUdeviceptr p;
    expect("the context stays unusable", cuMemAlloc_v2(&p, 16), CUDA_ERROR_ILLEGAL_ADDRESS);
    expect("but for its release", cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
    CUcontext fresh;
    Session::must(cuDevicePrimaryCtxRetain(&fresh, 0)), Session::must(cuCtxSetCurrent(fresh));
    expect("and the device works again", cuMemAlloc_v2(&p, 16), CUDA_SUCCESS);
  }
  const Session s;
  const CUdeviceptr p = Session::allocate(4096);
  Session::must(cuMemFree_v2(p));
  Session::must(s.relayout(p, p));
  expect("a kernel that reads what was freed", cuStreamSynchronize(s.stream), CUDA_ERROR_ILLEGAL_ADDRESS);
  const Session t;
  Session::must(t.relayout(Session::allocate(16384), Session::allocate(16384), 128, 100, 11));
  expect("a fault of the machine: a warp that is not full", cuStreamSynchronize(t.stream), CUDA_ERROR_LAUNCH_FAILED);
}

void captures() {
  const Session s;
  const CUdeviceptr values = Session::allocate(16384), weights = Session::allocate(16384);
  uint8_t* const host = static_cast<uint8_t*>(Session::pinned(16384));
  CUgraph graph;
  CUgraphExec exec;
  CUdeviceptr p;
  CUstream second;
  Session::must(cuStreamCreate(&second, CU_STREAM_NON_BLOCKING));
  const auto begin = [&](CUstreamCaptureMode mode) { Session::must(cuStreamBeginCapture_v2(s.stream, mode)); };
  const auto broken = [&](const char* what, CUresult got, CUresult want = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) {
    expect(what, got, want);
    expect("  which ends the capture", cuStreamEndCapture(s.stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  };
  expect("the end of no capture", cuStreamEndCapture(s.stream, &graph), CUDA_ERROR_ILLEGAL_STATE);
  begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  expect("a capture within a capture", cuStreamBeginCapture_v2(s.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), CUDA_ERROR_ILLEGAL_STATE);
  broken("allocating while capturing", cuMemAlloc_v2(&p, 16));
  begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  broken("waiting for the capturing stream", cuStreamSynchronize(s.stream));
  begin(CU_STREAM_CAPTURE_MODE_RELAXED);
  broken("polling the capturing stream", cuStreamQuery(s.stream));
  begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  uint8_t pageable[16] = {};
  broken("copying from pageable memory", cuMemcpyHtoDAsync_v2(values, pageable, 16, s.stream));
  begin(CU_STREAM_CAPTURE_MODE_RELAXED);
  expect("allocating in a relaxed capture", cuMemAlloc_v2(&p, 16), CUDA_SUCCESS);
  Session::must(cuStreamEndCapture(s.stream, &graph));
  CUresult other = CUDA_SUCCESS;
  const auto elsewhere = [&](auto call) {
    std::thread([&] { Session::must(cuCtxSetCurrent(s.context)), other = call(); }).join();
    return other;
  };
  begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  expect("another thread may allocate", elsewhere([&] { return cuMemAlloc_v2(&p, 16); }), CUDA_SUCCESS);
  expect("another thread may not end it", elsewhere([&] { return cuStreamEndCapture(s.stream, &graph); }), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
  Session::must(cuStreamEndCapture(s.stream, &graph));
  begin(CU_STREAM_CAPTURE_MODE_GLOBAL);
  broken("another thread allocates in a global capture", elsewhere([&] { return cuMemAlloc_v2(&p, 16); }));

  begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  Session::must(cuMemcpyHtoDAsync_v2(values, host, 16384, s.stream));
  Session::must(s.relayout(values, weights));  // parameters are on a stack that is gone afterwards
  Session::must(cuMemcpyDtoHAsync_v2(host, weights, 16384, s.stream));
  Session::must(cuStreamEndCapture(s.stream, &graph));
  Session::must(cuGraphInstantiateWithFlags(&exec, graph, 0)), Session::must(cuGraphDestroy(graph));
  expect("a graph destroyed twice", cuGraphDestroy(graph), CUDA_ERROR_INVALID_HANDLE);
  expect("nothing captured has run", filigreeEmulatedCounter("kernels") == 0);
  bool good = true;
  for (int i = 1; i < 4; ++i) {
    std::memset(host, i, 16384);
    Session::must(cuGraphLaunch(exec, second)), Session::must(cuStreamSynchronize(second));
    uint8_t got;
    Session::must(cuMemcpyDtoHAsync_v2(&got, weights + 16383, 1, second));
    good = good && got == i && host[0] == i;
  }
  expect("a replay copies, runs and copies back each time", good && filigreeEmulatedCounter("kernels") == 3);
  Session::must(cuMemFree_v2(weights)), Session::must(cuGraphLaunch(exec, s.stream));
  expect("a replay after its memory was freed", cuStreamSynchronize(s.stream), CUDA_ERROR_ILLEGAL_ADDRESS);
}

void events() {
  const Session s;
  CUevent before, after;
  Session::must(cuEventCreate(&before, 0)), Session::must(cuEventCreate(&after, 0));
  float ms = -1;
  expect("time to an event never recorded", cuEventElapsedTime(&ms, before, after), CUDA_ERROR_INVALID_HANDLE);
  Session::must(cuEventRecord(before, s.stream));
  Session::must(s.relayout(Session::allocate(16384), Session::allocate(16384)));
  Session::must(cuEventRecord(after, s.stream));
  expect("work is not done at once", cuEventQuery(after), CUDA_ERROR_NOT_READY);
  expect("time to an event not reached", cuEventElapsedTime(&ms, before, after), CUDA_ERROR_NOT_READY);
  while (cuEventQuery(after) == CUDA_ERROR_NOT_READY) {}
  expect("polling brings it on", cuEventElapsedTime(&ms, before, after) == CUDA_SUCCESS && ms >= 0 && filigreeEmulatedCounter("kernels") == 1);
  CUstream other;
  Session::must(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
  const CUdeviceptr p = Session::allocate(16);
  uint8_t got = 0;
  Session::must(cuMemsetD8Async(p, 7, 16, s.stream)), Session::must(cuEventRecord(after, s.stream));
  Session::must(cuStreamWaitEvent(other, after, 0)), Session::must(cuMemcpyDtoHAsync_v2(&got, p, 1, other));
  expect("a stream waits for another's event", got == 7);
  Session::must(cuStreamBeginCapture_v2(s.stream, CU_STREAM_CAPTURE_MODE_RELAXED)), Session::must(cuEventRecord(after, s.stream));
  expect("waiting for an event of a capture", cuEventSynchronize(after), CUDA_ERROR_CAPTURED_EVENT);
  const char* text;
  expect("an error's name", cuGetErrorName(CUDA_ERROR_CAPTURED_EVENT, &text) == CUDA_SUCCESS && std::strcmp(text, "CUDA_ERROR_CAPTURED_EVENT") == 0);
}

}  // namespace

int main() {
  contexts();
  memory();
  launches();
  faults();
  captures();
  events();
  if (failures > 0) return std::printf("FAILED: %d rules\n", failures), 1;
  return std::puts("all rules are enforced"), 0;
}
