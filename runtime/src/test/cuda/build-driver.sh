#!/bin/sh
# Builds the stand-in for the NVIDIA driver: libcuda-emulated.so, the driver API over the emulated machine, with our kernels in it.
# Needs g++ only. Usage: sh runtime/src/test/cuda/build-driver.sh OUTDIR       Does nothing if no source changed since.
set -eu
[ $# -eq 1 ] || { echo "usage: build-driver.sh OUTDIR" >&2; exit 2; }
command -v g++ > /dev/null || { echo "build-driver: there is no g++ on the PATH; install it" >&2; exit 1; }
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
library=$1/libcuda-emulated.so
if [ -f "$library" ] && [ -z "$(find "$here" "$here/../../main/cuda" -type f -newer "$library" -print | head -n 1)" ]; then exit 0; fi
mkdir -p "$1"
work=$(mktemp -d "$1/driver.XXXXXX")
trap 'rm -rf "$work"' EXIT
touch "$work/started"
flags="-std=c++17 -O2 -fno-strict-aliasing -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unknown-pragmas -DFILIGREE_EMULATED"
# All but the kernels as one file: what they include is then read once.
for source in "$here"/driver/*.cpp "$here/emulator/machine.cpp" "$here/emulator/memory.cpp"; do echo "#include \"$source\""; done > "$work/driver.cpp"
# shellcheck disable=SC2086
g++ $flags -shared -pthread -Wl,-z,nodelete -o "$work/library" "$work/driver.cpp" "$here/emulator/kernels.cpp"
touch -r "$work/started" "$work/library"
mv "$work/library" "$library"
