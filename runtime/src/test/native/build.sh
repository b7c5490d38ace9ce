#!/bin/sh
# Compiles the AVX-512, VNNI and AMX kernels for a processor that has none of them. Usage: sh build.sh LIBRARY
set -eu
from=$(CDPATH= cd -- "$(dirname "$0")" && pwd -P)
# -w: gcc would say that vectors wider than the machine's are passed through memory.
"${CC:-gcc}" -std=gnu17 -O1 -ffp-contract=off -fPIC -shared -w -Wno-psabi -mavx2 -mfma -mf16c -I "$from/../../main/native" -o "$1" "$from"/emulated_*.c -lm
