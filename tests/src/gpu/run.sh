#!/bin/sh
# Checks the GPU kernels on this machine's GPU and measures them: what a bundle made by gpu-check runs. It needs an NVIDIA driver
# and a GPU of sm_80 or later; compute-sanitizer and PyTorch are used where they are.
# Usage: sh run.sh [--json FILE] [--quick] [--no-peer | --few-peers]
# --quick: checks only, few of them; --no-peer: without PyTorch, which compiles for minutes; --few-peers: PyTorch at four sizes
# Exit codes: 0 all passed, 1 failed or no GPU, 2 wrong usage. FILIGREE_JAVA_OPTS: more flags for the JVM. FILIGREE_LIBCUDA: another
# library in the driver's place, such as the stand-in that runtime/src/test/cuda/build-driver.sh makes.
set -eu
json=gpu-check.json
quick=
peer=all
while [ $# -gt 0 ]; do
  case $1 in
    --json) [ $# -ge 2 ] || { echo "gpu-check: --json needs a file name" >&2; exit 2; }; json=$2; shift 2 ;;
    --quick) quick=quick; shift ;;
    --no-peer) peer=; shift ;;
    --few-peers) peer=few; shift ;;
    *) echo "gpu-check: unknown option $1; usage: run.sh [--json FILE] [--quick] [--no-peer | --few-peers]" >&2; exit 2 ;;
  esac
done
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
fail() { echo "gpu-check: $1" >&2; exit 1; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
section() { echo; echo "== $1 =="; }

driver=emulated
if [ -z "${FILIGREE_LIBCUDA:-}" ]; then
  command -v nvidia-smi > /dev/null && nvidia-smi -L 2> /dev/null | grep -q '^GPU' || fail "there is no NVIDIA GPU on this machine; run it on one that has a GPU and its driver"
  driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1)
fi

section "every kernel against plain C++"
# shellcheck disable=SC2086
"$here/check" "$here/filigree.fatbin" 1 $quick || fail "a kernel is wrong; see above"
section "whole models in Java against plain Java, and from text to labels"
library=
[ -z "${FILIGREE_LIBCUDA:-}" ] || library=-Dfiligree.cuda.driver=$FILIGREE_LIBCUDA
gpu() {
  # shellcheck disable=SC2086
  "$here/java/bin/java" -Xmx4g -XX:+UseParallelGC --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow $library ${FILIGREE_JAVA_OPTS:-} -cp "$here/jars/*" dev.filigree.tests.Main gpu "$@"
}
if [ -n "$quick" ]; then
  gpu --model tiny --millis 0 --json "$out/java.json"
  gpu --provider cuda-int8 --values INT8 --model tiny --millis 0 --json "$out/java-int8.json"
else
  gpu --json "$out/java.json"
  gpu --provider cuda-int8 --values INT8 --millis 150 --json "$out/java-int8.json"
fi

echo null > "$out/bench.json"
echo null > "$out/peer.json"
if [ -z "$quick" ]; then
  section "the encoder alone, on the device"
  "$here/bench" "$here/filigree.fatbin" "$out/bench.json"
  if [ -z "$peer" ]; then
    echo "no peer was asked for"
  elif command -v python3 > /dev/null && python3 -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null; then
    section "ours and PyTorch in turns"
    few=
    [ "$peer" = all ] || few=--few
    # shellcheck disable=SC2086
    python3 "$here/peer_pytorch.py" "$out/peer.json" "$here/bench" "$here/filigree.fatbin" $few 2> "$out/peer.log" || { tail -n 20 "$out/peer.log" >&2; fail "the PyTorch peer failed; see above"; }
  else
    echo "PyTorch with CUDA is not installed: no peer was measured"
  fi
fi

sanitizer=absent
if [ -z "${FILIGREE_LIBCUDA:-}" ] && command -v compute-sanitizer > /dev/null; then
  section "compute-sanitizer"
  compute-sanitizer --error-exitcode 1 "$here/check" "$here/filigree.fatbin" 1 quick > "$out/sanitizer.log" 2>&1 ||
    { tail -n 30 "$out/sanitizer.log" >&2; fail "compute-sanitizer found an error; see above"; }
  sanitizer=$(tail -n 1 "$out/sanitizer.log" | tr -d '=' | sed 's/^ *//')
  echo "$sanitizer"
fi

{
  printf '{"date": "%s", "commit": "%s", "driver": "%s", "compute_sanitizer": "%s",\n"java": ' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    "$(cat "$here/commit")" "$driver" "$sanitizer"
  cat "$out/java.json"
  printf ',\n"java_int8": '
  cat "$out/java-int8.json"
  printf ',\n"filigree": '
  cat "$out/bench.json"
  printf ',\n"pytorch": '
  cat "$out/peer.json"
  printf '}\n'
} > "$out/all.json"
mv "$out/all.json" "$json"
echo "results are in $json"
