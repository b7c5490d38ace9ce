#!/bin/sh
# Checks the GPU kernels without a GPU: the same check program as gpu-check.sh runs, on the stand-in for the driver.
# Usage, from the repository root: sh tests/src/gpu/emulated-check.sh [SEED]
# Exit codes: 0 all passed, 1 failed.
set -eu
[ -f runtime/src/main/cuda/filigree.cu ] || { echo "emulated-check: run this from the repository root" >&2; exit 1; }
command -v g++ > /dev/null || { echo "emulated-check: there is no g++ on the PATH; install it" >&2; exit 1; }
out=target/gpu
from=runtime/src/test/cuda
driver=$PWD/runtime/target/cuda  # where the runtime's tests have it, too
mkdir -p $out
sh $from/build-driver.sh "$driver"
flags="-std=c++17 -O2 -fno-strict-aliasing -Wall -Wextra -Wno-unknown-pragmas"
# shellcheck disable=SC2086
{
  g++ $flags -DFILIGREE_EMULATED -o $out/faults-test $from/emulator/faults_test.cpp $from/emulator/machine.cpp $from/emulator/memory.cpp
  g++ $flags -o $out/driver-test $from/driver_test.cpp "$driver/libcuda-emulated.so" -Wl,-rpath,"$driver" -pthread
  g++ $flags -o $out/check $from/check.cpp -ldl
}
# Where NVIDIA's header is, the stand-in's functions must agree with it.
if command -v nvcc > /dev/null; then
  includes=$(nvcc --dryrun -x cu /dev/null 2>&1 | sed -n 's/^#\$ INCLUDES="\(.*\)" *$/\1/p' | tr -d '"')
  # shellcheck disable=SC2086
  cat $from/driver/*.cpp | g++ -std=c++17 -fsyntax-only -DFILIGREE_REAL_HEADER -I $from/driver $includes -x c++ -
fi
$out/faults-test
$out/driver-test
FILIGREE_LIBCUDA=$driver/libcuda-emulated.so $out/check - "${1:-1}" quick
