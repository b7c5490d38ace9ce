// The kernels compiled for the emulated machine, by name, and device memory for them.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "machine.h"

namespace filigree::emulator {

struct Kernel {
  std::function<void(void**)> run;  // for one thread; reads its parameters as the driver does, one pointer to each
  std::vector<size_t> sizes;        // of the parameters, in bytes
  bool hopper;                      // uses what only sm_90a has
};

const std::map<std::string, Kernel>& kernels();

/** Memory full of 0xff, NaN in every format, that ends at an inaccessible page: a kernel that runs past it is found out. */
void* allocate_guarded(size_t bytes);
/** The address stays inaccessible for a while, so that a use after this is found out too. Throws if it is not allocated. */
void free_guarded(void* p);

}  // namespace filigree::emulator
