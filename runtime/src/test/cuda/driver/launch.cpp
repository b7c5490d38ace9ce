// Modules, functions and kernel launches.
#include <cstring>

#include "state.h"

using namespace filigree::driver;
namespace emulator = filigree::emulator;

namespace {

constexpr uint32_t kFatbinMagic = 0xba55ed50;

int architecture(Driver& d) { return int(d.settings["architecture"]); }

struct Shape {
  emulator::Place grid, cluster;
  unsigned threads, shared;
};

Shape shape_of(Driver& d, const CUlaunchConfig& c) {
  Shape s{{c.gridDimX, c.gridDimY, c.gridDimZ}, {1, 1, 1}, c.blockDimX, c.sharedMemBytes};
  if (c.blockDimY != 1 || c.blockDimZ != 1) refuse(CUDA_ERROR_NOT_SUPPORTED, "blocks of more than one dimension are not emulated");
  if (c.gridDimX == 0 || c.gridDimY == 0 || c.gridDimZ == 0 || c.gridDimX > 0x7fffffffu || c.gridDimY > 65535 || c.gridDimZ > 65535)
    refuse(CUDA_ERROR_INVALID_VALUE, "a grid of " + std::to_string(c.gridDimX) + " x " + std::to_string(c.gridDimY) + " x " + std::to_string(c.gridDimZ) + " blocks");
  if (c.blockDimX == 0 || c.blockDimX > 1024) refuse(CUDA_ERROR_INVALID_VALUE, "a block of " + std::to_string(c.blockDimX) + " threads");
  for (unsigned i = 0; i < c.numAttrs; ++i) {
    const CUlaunchAttribute& a = c.attrs[i];
    if (a.id == CU_LAUNCH_ATTRIBUTE_IGNORE) continue;
    if (a.id != CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION && a.id != CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION)
      refuse(CUDA_ERROR_NOT_SUPPORTED, "launch attribute " + std::to_string(a.id) + " is not emulated");
    if (architecture(d) < 90) refuse(CUDA_ERROR_NOT_SUPPORTED, "launch attribute " + std::to_string(a.id) + " needs sm_90");
    if (a.id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) s.cluster = {a.value.clusterDim.x, a.value.clusterDim.y, a.value.clusterDim.z};
  }
  const auto divides = [](unsigned part, unsigned whole) { return part != 0 && whole % part == 0; };
  if (!divides(s.cluster.x, s.grid.x) || !divides(s.cluster.y, s.grid.y) || !divides(s.cluster.z, s.grid.z) || s.cluster.x * s.cluster.y * s.cluster.z > 8)
    refuse(CUDA_ERROR_INVALID_CLUSTER_SIZE, "a cluster that does not divide the grid, or of more than 8 blocks");
  return s;
}

/** The kernel with copies of its parameters, to run any number of times. */
Work bind(Driver& d, const Function& f, const Shape& shape, void** parameters) {
  std::vector<std::vector<uint8_t>> values;
  for (size_t i = 0; i < f.kernel->sizes.size(); ++i) {
    const auto* p = static_cast<const uint8_t*>(parameters[i]);
    if (!p) refuse(CUDA_ERROR_INVALID_VALUE, "parameter " + std::to_string(i) + " of " + f.name + " has no address");
    values.emplace_back(p, p + f.kernel->sizes[i]);
  }
  const bool trap = f.kernel->hopper && architecture(d) != 90;
  return [&d, name = f.name, kernel = f.kernel, shape, values, trap]() mutable {
    if (trap) refuse(CUDA_ERROR_ILLEGAL_INSTRUCTION, name + " runs on sm_90 alone");
    std::vector<void*> pointers;
    for (auto& v : values) pointers.push_back(v.data());
    ++d.counters["kernels"];
    emulator::machine().run(name, shape.grid, shape.cluster, shape.threads, shape.shared, [&] { kernel->run(pointers.data()); });
  };
}

}  // namespace

/** Takes a fatbin, of which only the start is looked at; the kernels are those compiled into this library. */
FILIGREE_EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return call("cuModuleLoadData", kNotInCapture, [&](Driver& d) {
    uint32_t magic;
    std::memcpy(&magic, image, sizeof magic);
    if (magic != kFatbinMagic) refuse(CUDA_ERROR_INVALID_IMAGE, "the image does not begin like a fatbin");
    if (architecture(d) < 80) refuse(CUDA_ERROR_NO_BINARY_FOR_GPU, "there are no kernels for sm_" + std::to_string(architecture(d)));
    *module = d.add<CUmodule>(std::make_shared<Module>());
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuModuleUnload(CUmodule module) {
  return call("cuModuleUnload", kNotInCapture, [&](Driver& d) {
    d.find<Module>(module, "module");
    d.drain_all();
    d.remove<Module>(module, "module");
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  return call("cuModuleGetFunction", kInContext, [&](Driver& d) {
    const auto m = d.find<Module>(module, "module");
    const auto found = emulator::kernels().find(name);
    if (found == emulator::kernels().end()) refuse(CUDA_ERROR_NOT_FOUND, std::string("there is no kernel ") + name);
    const auto f = std::make_shared<Function>();
    f->name = name, f->kernel = &found->second, f->module = m;
    *function = d.add<CUfunction>(f);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
  return call("cuFuncSetAttribute", kInContext, [&](Driver& d) {
    const auto f = d.find<Function>(function, "function");
    if (f->module.expired()) refuse(CUDA_ERROR_INVALID_HANDLE, "the module of " + f->name + " was unloaded");
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) refuse(CUDA_ERROR_INVALID_VALUE, "that attribute is not emulated");
    if (value < 0 || value > most_shared_bytes(architecture(d)))
      refuse(CUDA_ERROR_INVALID_VALUE, std::to_string(value) + " bytes of shared memory for " + f->name + "; a block can have " + std::to_string(most_shared_bytes(architecture(d))));
    f->most_shared = unsigned(value);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** parameters, void** extra) {
  return call("cuLaunchKernelEx", kInContext, [&](Driver& d) {
    const auto f = d.find<Function>(function, "function");
    const auto s = d.stream(config->hStream);
    if (f->module.expired()) refuse(CUDA_ERROR_INVALID_HANDLE, "the module of " + f->name + " was unloaded");
    if (extra || (!parameters && !f->kernel->sizes.empty())) refuse(CUDA_ERROR_INVALID_VALUE, "parameters must be given by an array of pointers");
    const Shape shape = shape_of(d, *config);
    if (shape.shared > std::max(f->most_shared, 48u * 1024))
      refuse(CUDA_ERROR_INVALID_VALUE, std::to_string(shape.shared) + " bytes of shared memory for " + f->name + ", which was allowed " + std::to_string(f->most_shared));
    d.submit(*s, bind(d, *f, shape, parameters));
    ++d.counters["launches"];
    return CUDA_SUCCESS;
  });
}
