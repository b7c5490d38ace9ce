#!/bin/sh
# Compiles the measures of this machine's peak rates into OUTDIR/PLATFORM/libfiligree-peak.so, when they are newer than that.
# Usage: sh build.sh OUTDIR
# Where there is no gcc or clang, or the processor is another than x86-64, it says so and leaves the library out.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUTDIR" >&2; exit 2; }
from=$(CDPATH= cd -- "$(dirname "$0")" && pwd -P)
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-amd64 ;;
  *) echo "peak measures: none for $(uname -s) on $(uname -m)"; exit 0 ;;
esac
cc=
for candidate in ${CC:-} gcc clang; do
  if command -v "$candidate" > /dev/null; then cc=$candidate; break; fi
done
[ -n "$cc" ] || { echo "peak measures: there is no gcc or clang on the PATH"; exit 0; }

library=$1/$platform/libfiligree-peak.so
if [ -f "$library" ] && [ -z "$(find "$from" -newer "$library" -type f)" ]; then exit 0; fi
mkdir -p "$1/$platform"
"$cc" -std=gnu17 -O2 -fPIC -Wall -Wextra -shared -Wl,--build-id=none -o "$library.part" "$from/peak.c"
mv "$library.part" "$library"
echo "peak measures: $library"
