// A small host for the kernels over the CUDA driver API alone, opened at run time: what any other host must do as well.
#pragma once
#include <cuda.h>
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

#define FILIGREE_DRIVER_CALLS(X)                                                                                          \
  X(cuInit) X(cuDriverGetVersion) X(cuDeviceGet) X(cuDeviceGetName) X(cuDeviceGetAttribute) X(cuDevicePrimaryCtxRetain)   \
  X(cuCtxSetCurrent) X(cuModuleLoadData) X(cuModuleGetFunction) X(cuFuncSetAttribute) X(cuLaunchKernelEx) X(cuMemAlloc)   \
  X(cuMemFree) X(cuMemcpyHtoDAsync) X(cuMemcpyDtoHAsync)                                                                \
  X(cuMemcpyDtoDAsync) X(cuMemsetD8Async) X(cuStreamCreate) X(cuStreamSynchronize) X(cuStreamBeginCapture)                     \
  X(cuStreamEndCapture) X(cuGraphInstantiateWithFlags) X(cuGraphLaunch) X(cuGraphExecDestroy) X(cuGraphDestroy)           \
  X(cuEventCreate) X(cuEventRecord) X(cuEventSynchronize) X(cuEventElapsedTime) X(cuGetErrorString)
#define FILIGREE_TEXT(x) FILIGREE_TEXT_(x)
#define FILIGREE_TEXT_(x) #x

namespace filigree {

/** The driver's functions, by the names cuda.h gives them after its version macros. */
struct Driver {
#define FILIGREE_FIELD(f) decltype(&::f) f##_;
  FILIGREE_DRIVER_CALLS(FILIGREE_FIELD)
#undef FILIGREE_FIELD

  Driver() {
    void* library = dlopen("libcuda.so.1", RTLD_NOW);
    if (!library) throw std::runtime_error("no NVIDIA driver: libcuda.so.1 cannot be opened; install the driver or use another provider");
#define FILIGREE_LOAD(f)                                                                                \
  f##_ = reinterpret_cast<decltype(f##_)>(dlsym(library, FILIGREE_TEXT(f)));                              \
  if (!f##_) throw std::runtime_error("the NVIDIA driver is too old: it lacks " FILIGREE_TEXT(f));
    FILIGREE_DRIVER_CALLS(FILIGREE_LOAD)
#undef FILIGREE_LOAD
  }
};

class Gpu {
 public:
  explicit Gpu(const std::string& fatbin) {
    check(d.cuInit_(0), "cuInit");
    check(d.cuDeviceGet_(&device, 0), "cuDeviceGet");
    CUcontext context;
    check(d.cuDevicePrimaryCtxRetain_(&context, device), "cuDevicePrimaryCtxRetain");
    check(d.cuCtxSetCurrent_(context), "cuCtxSetCurrent");
    check(d.cuStreamCreate_(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
    std::ifstream file(fatbin, std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
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
    const char* text = "unknown error";
    d.cuGetErrorString_(r, &text);
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
