#!/bin/sh
# Makes one self-contained bundle that checks and measures our kernels on any Linux machine with an NVIDIA driver, and runs it here.
# Usage, from the repository root: ./filigree gpu-check [--json FILE]      makes the bundle and runs it on this machine's GPU
#                                  ./filigree gpu-check --bundle DIR       only makes it: DIR/filigree-gpu-*.tar.gz, each under 60 MB
# On the other machine: for part in filigree-gpu-*.tar.gz; do tar -xzf $part; done; sh filigree-gpu/run.sh
# Needs JAVA_HOME (./filigree finds it), jars built where nvcc of CUDA 13 is, and g++. Exit codes: 0 done, 1 failed, 2 wrong usage.
set -eu
json=target/gpu/gpu-check.json
bundle=
while [ $# -gt 0 ]; do
  case $1 in
    --json) [ $# -ge 2 ] || { echo "gpu-check: --json needs a file name" >&2; exit 2; }; json=$2; shift 2 ;;
    --bundle) [ $# -ge 2 ] || { echo "gpu-check: --bundle needs a folder" >&2; exit 2; }; bundle=$2; shift 2 ;;
    -h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
    *) echo "gpu-check: unknown option $1; usage: gpu-check [--json FILE | --bundle DIR]" >&2; exit 2 ;;
  esac
done
fail() { echo "gpu-check: $1" >&2; exit 1; }

[ -f runtime/src/main/cuda/filigree.cu ] || fail "run this from the repository root"
command -v g++ > /dev/null || fail "there is no g++ on the PATH; install it"
kernels=runtime/natives/target/classes/META-INF/filigree/cuda
[ -f $kernels/filigree.fatbin ] || fail "this build has no GPU kernels: put nvcc of CUDA 13 on the PATH and build again"

out=target/gpu
stage=$out/filigree-gpu
rm -rf "$stage"
mkdir -p "$stage/jars"
# An old C++ library must do on the other machine.
for program in runtime/src/test/cuda/check.cpp tests/src/gpu/bench.cpp; do
  g++ -std=c++17 -O2 -static-libstdc++ -static-libgcc -o "$stage/$(basename $program .cpp)" $program -ldl
done
"$JAVA_HOME/bin/jlink" --add-modules java.base,java.logging,java.management,java.naming,java.sql,jdk.unsupported,jdk.incubator.vector \
  --strip-debug --no-header-files --no-man-pages --output "$stage/java"
# Without the trainer's and the peers' natives, which the check does not run.
for jar in tests/target/filigree-tests.jar $(tr ':' ' ' < tests/target/classpath); do
  case $jar in
    *pytorch-native* | *pytorch-jni* | *onnxruntime-* | *langchain4j*) ;;
    *) cp "$jar" "$stage/jars/" ;;
  esac
done
cp $kernels/filigree.fatbin $kernels/kernels.txt tests/src/gpu/run.sh tests/src/gpu/peer_pytorch.py "$stage/"
git rev-parse --verify -q HEAD > "$stage/commit" 2> /dev/null || echo unknown > "$stage/commit"

if [ -z "$bundle" ]; then
  exec sh "$stage/run.sh" --json "$json"
fi
mkdir -p "$bundle"
tar -C $out -c filigree-gpu/java | gzip -9 > "$bundle/filigree-gpu-1.tar.gz"
tar -C $out -c --exclude filigree-gpu/java filigree-gpu | gzip -9 > "$bundle/filigree-gpu-2.tar.gz"
for part in "$bundle"/filigree-gpu-*.tar.gz; do
  [ "$(wc -c < "$part")" -lt 60000000 ] || fail "$part is larger than 60 MB"
  echo "$part: $(($(wc -c < "$part") / 1000000)) MB"
done
