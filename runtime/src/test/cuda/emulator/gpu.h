// The emulated machine behind the same class as gpu.h, for check.cpp.
#pragma once
#include <functional>
#include <utility>
#include <vector>

#include "kernels.h"

using CUdeviceptr = unsigned long long;
using CUgraphExec = std::vector<std::function<void()>>*;

namespace filigree {

class Gpu {
 public:
  explicit Gpu(const std::string&) {}
  std::string name() const { return "the emulator"; }

  CUdeviceptr allocate(size_t bytes) const { return reinterpret_cast<CUdeviceptr>(emulator::allocate_guarded(bytes)); }
  void free(CUdeviceptr p) const { emulator::free_guarded(reinterpret_cast<void*>(p)); }
  template <class T>
  CUdeviceptr upload(const std::vector<T>& v) const {
    const CUdeviceptr p = allocate(v.size() * sizeof(T));
    copy_to(p, v);
    return p;
  }
  template <class T>
  void copy_to(CUdeviceptr p, const std::vector<T>& v) const {
    memcpy(reinterpret_cast<void*>(p), v.data(), v.size() * sizeof(T));
  }
  template <class T>
  std::vector<T> download(CUdeviceptr p, size_t n) const {
    std::vector<T> v(n);
    memcpy(v.data(), reinterpret_cast<const void*>(p), n * sizeof(T));
    return v;
  }
  void fill(CUdeviceptr p, int byte, size_t bytes) const { memset(reinterpret_cast<void*>(p), byte, bytes); }
  void synchronize() const {}

  struct Grid {
    unsigned x, y = 1, z = 1;
    unsigned cluster_z = 1;  // blocks in a cluster
  };

  template <class... Args>
  void launch(const std::string& kernel, Grid grid, unsigned threads, unsigned shared_bytes, Args... args) {
    auto found = emulator::kernels().find(kernel);
    if (found == emulator::kernels().end()) throw std::runtime_error("the emulator has no kernel " + kernel);
    auto work = [=, run = found->second.run]() mutable {
      void* parameters[] = {&args...};
      emulator::machine().run(kernel, {grid.x, grid.y, grid.z}, {1, 1, grid.cluster_z}, threads, shared_bytes,
                              [&] { run(parameters); });
    };
    if (recording) recording->push_back(work);
    else work();
  }

  template <class Work>
  CUgraphExec capture(Work work) {
    recording = new std::vector<std::function<void()>>;
    work();
    return std::exchange(recording, nullptr);
  }
  void replay(CUgraphExec graph) const {
    for (auto& work : *graph) work();
  }
  void destroy(CUgraphExec graph) const { delete graph; }

  static constexpr bool wgmma = true;

 private:
  CUgraphExec recording = nullptr;
};

}  // namespace filigree
