#!/bin/sh
# Compiles the kernels into one fatbin, where there is an nvcc. Does nothing if no source changed since.
# Usage: sh runtime/src/main/cuda/build-fatbin.sh OUTDIR
# Makes OUTDIR/filigree.fatbin and OUTDIR/kernels.txt, one line a kernel and architecture: name, architecture, registers, bytes of
# fixed shared memory, spilled bytes. Fails if a kernel spills or ptxas serialises its wgmma.
# Without nvcc it says so, leaves no fatbin, and succeeds: the runtime then does without GPUs.
# nvcc gives the same bytes for the same sources, so both files are kept in ${XDG_CACHE_HOME:-~/.cache}/filigree as well, and neither a
# clean build nor another clone compiles them again.
set -eu
export LC_ALL=C
[ $# -eq 1 ] || { echo "usage: build-fatbin.sh OUTDIR" >&2; exit 2; }
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
fatbin=$1/filigree.fatbin
least=13

none() {
  rm -f "$fatbin" "$1/kernels.txt"
  echo "filigree: $2; this build has no GPU kernels"
  exit 0
}
fail() {
  echo "filigree: $1" >&2
  exit 1
}

command -v nvcc > /dev/null || none "$1" "there is no nvcc on the PATH"
release=$(nvcc --version | sed -n 's/.*release \([0-9]*\)\..*/\1/p')
[ "${release:-0}" -ge $least ] || none "$1" "nvcc is of CUDA ${release:-unknown}, and the kernels need $least or newer"
if [ -f "$fatbin" ] && [ -z "$(find "$here" -type f -newer "$fatbin" -print | head -n 1)" ]; then exit 0; fi

# Takes both files from a folder; each appears whole or not at all.
install() {
  mkdir -p "$2"
  for file in kernels.txt filigree.fatbin; do
    cp "$1/$file" "$2/.$file.$$"
    mv "$2/.$file.$$" "$2/$file"
  done
}
key=$({ nvcc --version; cat "$here"/*; } | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/filigree/kernels-$key
if [ -f "$cache/filigree.fatbin" ]; then
  install "$cache" "$1"
  echo "filigree: took the compiled GPU kernels from $cache"
  exit 0
fi
echo "filigree: compiling the GPU kernels for sm_80, sm_86, sm_89, sm_90a and PTX; this takes a minute or two"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# From its own folder, so that no path gets into the fatbin.
(
  cd "$here"
  nvcc -std=c++17 -t 0 -split-compile 0 -Xptxas -v \
    -gencode arch=compute_80,code=sm_80 -gencode arch=compute_86,code=sm_86 -gencode arch=compute_89,code=sm_89 \
    -gencode arch=compute_90a,code=sm_90a -gencode arch=compute_90,code=compute_90 \
    -fatbin -o "$work/filigree.fatbin" filigree.cu
) > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "nvcc could not compile the kernels"; }
awk '/Compiling entry function/ { split($0, q, "\047"); name = q[2]; arch = q[4] }
     /bytes spill stores/ { for (i = 1; i <= NF; i++) if ($i == "spill") spill += $(i - 2) }
     /Used [0-9]+ registers/ {
       for (i = 1; i <= NF; i++) { if ($i == "Used") used = $(i + 1); if ($i ~ /^smem/) shared = $(i - 2) }
       print name, arch, used, shared + 0, spill + 0; spill = 0; shared = 0
     }' "$work/log" | sort > "$work/kernels.txt"
[ -s "$work/kernels.txt" ] || fail "ptxas reported no kernels: $(head -n 5 "$work/log")"
spills=$(awk '$5 > 0 { printf "%s (%s) ", $1, $2 }' "$work/kernels.txt")
[ -z "$spills" ] || fail "these kernels spill registers: $spills"
if grep -q 'C75[0-9][0-9]' "$work/log"; then fail "ptxas serialises wgmma: $(grep -m 1 'C75[0-9][0-9]' "$work/log")"; fi
install "$work" "$1"
# A cache that cannot be written is only a pity.
install "$work" "$cache" 2> /dev/null || true
echo "filigree: $(wc -l < "$work/kernels.txt") kernels, none spills"
