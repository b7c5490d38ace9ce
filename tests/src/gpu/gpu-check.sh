#!/bin/sh
# Builds the GPU kernels, checks them on this machine's GPU, and times them beside PyTorch.
# Usage, from the repository root: sh tests/src/gpu/gpu-check.sh [--json FILE]
# Needs nvcc (CUDA 13) on the PATH and an NVIDIA GPU, sm_80 or later. Uses compute-sanitizer and PyTorch where they are.
# Everything it makes goes to target/gpu. Exit codes: 0 all passed, 1 failed or no GPU, 2 wrong usage.
set -eu

json=target/gpu/gpu-check.json
while [ $# -gt 0 ]; do
  case $1 in
    --json) [ $# -ge 2 ] || { echo "gpu-check: --json needs a file name" >&2; exit 2; }; json=$2; shift 2 ;;
    *) echo "gpu-check: unknown option $1; usage: gpu-check [--json FILE]" >&2; exit 2 ;;
  esac
done
fail() { echo "gpu-check: $1" >&2; exit 1; }

[ -f runtime/src/main/cuda/filigree.cu ] || fail "run this from the repository root"
command -v nvcc > /dev/null || fail "there is no nvcc on the PATH; install the CUDA 13 toolkit or add its bin folder to the PATH"
command -v nvidia-smi > /dev/null && nvidia-smi -L 2> /dev/null | grep -q '^GPU' || fail "there is no NVIDIA GPU on this machine; run it on one that has a GPU and its driver"

out=target/gpu
mkdir -p "$out"
echo "building for sm_80, sm_86, sm_89, sm_90a and PTX"
nvcc -std=c++17 -t 0 -split-compile 0 -Xptxas -v \
  -gencode arch=compute_80,code=sm_80 -gencode arch=compute_86,code=sm_86 -gencode arch=compute_89,code=sm_89 \
  -gencode arch=compute_90a,code=sm_90a -gencode arch=compute_90,code=compute_90 \
  -fatbin -o "$out/filigree.fatbin" runtime/src/main/cuda/filigree.cu > "$out/ptxas.log" 2>&1 || { cat "$out/ptxas.log" >&2; fail "nvcc could not build the kernels"; }
# One line a kernel and architecture: name, architecture, registers, spilled bytes.
awk '/Compiling entry function/ { split($0, q, "\047"); name = q[2]; arch = q[4] }
     /bytes spill stores/ { for (i = 1; i <= NF; i++) if ($i == "spill") { spill += $(i - 2) } }
     /Used [0-9]+ registers/ { for (i = 1; i <= NF; i++) if ($i == "Used") print name, arch, $(i + 1), spill + 0; spill = 0 }' \
  "$out/ptxas.log" | sort > "$out/resources.txt"
[ -s "$out/resources.txt" ] || fail "ptxas reported no kernels; see $out/ptxas.log"
spills=$(awk '$4 > 0 { printf "%s (%s) ", $1, $2 }' "$out/resources.txt")
[ -z "$spills" ] || fail "these kernels spill registers: $spills"
if grep -q 'C75[0-9][0-9]' "$out/ptxas.log"; then fail "ptxas serialises wgmma in a kernel; see $out/ptxas.log"; fi
echo "$(wc -l < "$out/resources.txt") kernels, none spills"

nvcc -std=c++17 -O2 -o "$out/check" runtime/src/test/cuda/check.cpp -ldl
nvcc -std=c++17 -O2 -o "$out/bench" tests/src/gpu/bench.cpp -ldl
"$out/check" "$out/filigree.fatbin" || fail "a kernel is wrong; see above"
if command -v compute-sanitizer > /dev/null; then
  compute-sanitizer --error-exitcode 1 "$out/check" "$out/filigree.fatbin" 1 quick > "$out/sanitizer.log" 2>&1 ||
    { tail -30 "$out/sanitizer.log" >&2; fail "compute-sanitizer found an error; see $out/sanitizer.log"; }
  tail -1 "$out/sanitizer.log"
else
  echo "compute-sanitizer is not on the PATH: memory accesses are not checked"
fi

"$out/bench" "$out/filigree.fatbin" "$out/bench.json"
if command -v python3 > /dev/null && python3 -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null; then
  python3 tests/src/gpu/peer_pytorch.py "$out/peer.json" --ours "$out/bench.json" 2> "$out/peer.log" || { tail -20 "$out/peer.log" >&2; fail "the PyTorch peer failed"; }
else
  echo "PyTorch with CUDA is not installed: no peer was measured"
  echo null > "$out/peer.json"
fi

{
  printf '{"date": "%s", "commit": "%s", "driver": "%s",\n"filigree": ' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    "$(git rev-parse --verify -q HEAD 2> /dev/null || echo unknown)" "$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -1)"
  cat "$out/bench.json"
  printf ', "pytorch": '
  cat "$out/peer.json"
  printf '}\n'
} > "$json"
echo "results are in $json"
