#!/usr/bin/env python3
"""Predicts the cycles of the native kernels' inner loops with llvm-mca, for processors that are not at hand.

Usage: python3 tests/src/cpu/predict.py [LEVEL [INSTRUCTION]]

LEVEL is avx2, avx512, vnni (the default) or amx; loops with INSTRUCTION in them are listed (vpdpbusd by default, vpmaddwd for avx2 and avx512).
Needs gcc and llvm-mca (LLVM 15 or newer; environment: LLVM_MCA, the command, and MCPU, a processor that it knows).

Cycles are for caches that never miss. llvm-mca's sapphirerapids has the single 512-bit port of a client for products, hence icelake-server; on
zen3 give MCPU=znver3.
"""

import os
import pathlib
import re
import subprocess
import sys

ITERATIONS = 400
SOURCES = pathlib.Path(__file__).resolve().parents[3] / "runtime/src/main/native"


def flags(level):
    """Those that build.sh gives to a level."""
    script = (SOURCES / "build.sh").read_text()
    shared = re.search(r'avx512="([^"]*)"', script).group(1)
    line = re.search(rf"compile kernels_{level} (.*)", script)
    if not line:
        sys.exit(f"There is no level '{level}': write avx2, avx512, vnni or amx.")
    return line.group(1).replace("$avx512", shared).split()


def inner_loops(assembly):
    """Of each loop without another one in it: the number of its first line, and its instructions without labels and jumps."""
    labels = {match.group(1): i for i, line in enumerate(assembly) if (match := re.match(r"(\.L\w+):", line))}
    loops = []
    for i, line in enumerate(assembly):
        jump = re.match(r"\tj\w+\t(\.L\w+)", line)
        if jump and labels.get(jump.group(1), i) < i:
            loops.append((labels[jump.group(1)], i))
    for first, last in loops:
        if not any(first <= a and b <= last and (a, b) != (first, last) for a, b in loops):
            yield first + 1, [line for line in assembly[first:last] if re.match(r"\t[a-z]", line) and not line.startswith("\tj")]


def cycles(body):
    """Of one pass."""
    command = [os.environ.get("LLVM_MCA", "llvm-mca"), "-march=x86-64", "-mcpu=" + os.environ.get("MCPU", "icelake-server"),
               f"-iterations={ITERATIONS}"]
    result = subprocess.run(command, input="\n".join(body), capture_output=True, text=True, check=False)
    total = re.search(r"Total Cycles:\s+(\d+)", result.stdout)
    return int(total.group(1)) / ITERATIONS if total else sys.exit(result.stderr)


def main():
    level = sys.argv[1] if len(sys.argv) > 1 else "vnni"
    counted = sys.argv[2] if len(sys.argv) > 2 else "vpmaddwd" if level in ("avx2", "avx512") else "vpdpbusd"
    compiled = subprocess.run(["gcc", "-std=c17", "-O3", "-fPIC", "-w", *flags(level), "-S", "-o", "-", SOURCES / f"kernels_{level}.c"],
                              capture_output=True, text=True, check=True)
    print(f"line    {counted}  vpshufb  stores  copies  instructions  cycles  each")
    for first, body in inner_loops(compiled.stdout.split("\n")):
        count = sum(counted in line for line in body)
        if count:
            stores = sum(bool(re.search(r"\tvmov\w+\s+%[yz]mm\d+, [-\d]*\(", line)) for line in body)
            copies = sum(bool(re.search(r"\tvmov\w+\s+%[yz]mm\d+, %[yz]mm\d+", line)) for line in body)
            time = cycles(body)
            print(f"{first:5} {count:10} {sum('vpshufb' in line for line in body):8} {stores:7} {copies:7} {len(body):13} {time:7.2f} {time / count:5.3f}")


if __name__ == "__main__":
    main()
