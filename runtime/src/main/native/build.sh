#!/bin/sh
# Compiles the native kernels into OUTDIR/PLATFORM/libfiligree.so, when they are newer than that. Usage: sh build.sh OUTDIR
# Where there is no gcc or clang, or the processor is another than x86-64, it says so and leaves the library out.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUTDIR" >&2; exit 2; }
from=$(CDPATH= cd -- "$(dirname "$0")" && pwd -P)
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x86_64 ;;
  *) echo "native kernels: none for $(uname -s) on $(uname -m); the runtime will use the Vector API"; exit 0 ;;
esac
cc=
for candidate in ${CC:-} gcc clang; do
  if command -v "$candidate" > /dev/null; then cc=$candidate; break; fi
done
[ -n "$cc" ] || { echo "native kernels: there is no gcc or clang on the PATH; the runtime will use the Vector API"; exit 0; }

library=$1/$platform/libfiligree.so
if [ -f "$library" ] && [ -z "$(find "$from" -newer "$library" -type f)" ]; then exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# No multiplications and additions fused but those that are written so: all levels with 8-bit codes give the same bits.
compile() {
  name=$1
  shift
  "$cc" -std=c17 -O3 -ffp-contract=off -fPIC -Wall -Wextra -Wno-unknown-pragmas "$@" -c -o "$work/$name.o" "$from/$name.c"
}
compile level
compile java
compile lay_pairs
compile lay_bytes
compile unpack
compile kernels_avx2 -mavx2 -mfma -mf16c
avx512="-mavx512f -mavx512bw -mfma -mf16c"
compile kernels_avx512 $avx512
compile kernels_vnni $avx512 -mavx512vnni
compile kernels_vnni_half $avx512 -mavx512vnni -mavx512vl
compile kernels_amx $avx512 -mavx512vnni -mavx512vbmi2 -mamx-tile -mamx-int8
mkdir -p "$1/$platform"
# No build id and no debugging information: the same sources and compiler give the same bytes.
"$cc" -shared -Wl,--build-id=none -o "$work/libfiligree.so" "$work"/*.o -lm
mv "$work/libfiligree.so" "$library"
echo "native kernels: $library"
