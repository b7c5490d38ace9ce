#!/bin/sh
# Checks the GPU kernels without a GPU: compiles them with g++ for the emulator and runs the same checks as gpu-check.sh.
# Usage, from the repository root: sh tests/src/gpu/emulated-check.sh [SEED]
# Exit codes: 0 all passed, 1 failed.
set -eu
[ -f runtime/src/main/cuda/filigree.cu ] || { echo "emulated-check: run this from the repository root" >&2; exit 1; }
command -v g++ > /dev/null || { echo "emulated-check: there is no g++ on the PATH; install it" >&2; exit 1; }
out=target/gpu
mkdir -p "$out"
from=runtime/src/test/cuda
flags="-std=c++17 -O2 -fno-strict-aliasing -Wall -Wextra -Wno-unknown-pragmas -DFILIGREE_EMULATED"
g++ $flags -c -o "$out/kernels.o" $from/emulator/kernels.cpp
machine="$from/emulator/machine.cpp $from/emulator/memory.cpp $out/kernels.o"
g++ $flags -o "$out/faults-test" $from/emulator/faults_test.cpp $machine
g++ $flags -o "$out/emulated-check" $from/check.cpp $machine
"$out/faults-test"
"$out/emulated-check" - "${1:-1}" quick
