#!/usr/bin/env python3
"""Compares dot products of the golden model with the package mmasim 2.1.1.

    python3 -m venv oracle && . oracle/bin/activate && pip install mmasim==2.1.1 numpy
    cargo run --release -p gpnpu-golden --example dot_vectors -- 200000 \\
        | python3 golden/oracle/mmasim_compare.py

Reads what the example `dot_vectors` prints. Every case of a float format is computed by both of
mmasim's Blackwell models, the tensor-memory and the warp-level instruction, and the results are
compared bit for bit. Integer formats are skipped: mmasim does not have them. Exit status 1 if
anything differs or nothing was compared.
"""

import itertools
import json
import sys
from collections import Counter

import numpy as np
import torch
from mmasim.nv_ptx import MMA, MMABlockScale, TCGen05MMA, TCGen05MMABlockScale

BATCH = 20_000  # cases computed at once
SHOWN = 5  # mismatches printed of each format

ELEMENTS = {
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "e4m3": torch.float8_e4m3fn,
    "e5m2": torch.float8_e5m2,
    "e3m2": torch.uint8,
    "e2m3": torch.uint8,
    "e2m1": torch.uint8,
}
SCALES = {"ue8m0": torch.float8_e8m0fnu, "ue4m3": torch.float8_e4m3fn}


def plain(kind, ptx, k, warp_kind=""):
    """Both models of an instruction without scales."""
    tensor = TCGen05MMA("Blackwell", f"m64n8k{k}.kind::{kind}.f32.{ptx}.{ptx}")
    warp = MMA("RTX Blackwell", f"m16n8k{k}.{warp_kind}f32.{ptx}.{ptx}.f32")
    return [tensor, warp]


def scaled(kind, block, ptx, k, scale):
    """Both models of an instruction with block scales."""
    middle = f"kind::{kind}.block{block}.f32.{ptx}.{ptx}"
    tensor = TCGen05MMABlockScale("Blackwell", f"m128n8k{k}.{middle}.{scale}")
    warp = MMABlockScale("RTX Blackwell", f"m16n8k{k}.{middle}.f32.{scale}")
    return [tensor, warp]


def f8f6f4(ptx):
    return plain("f8f6f4", ptx, 32, "kind::f8f6f4.")


# Vector format: element, scale bytes, scale format, models.
FORMATS = {
    "fp16": ("fp16", 0, None, plain("f16", "f16", 16)),
    "bf16": ("bf16", 0, None, plain("f16", "bf16", 16)),
    "fp8e4m3": ("e4m3", 0, None, f8f6f4("e4m3")),
    "fp8e5m2": ("e5m2", 0, None, f8f6f4("e5m2")),
    "mxfp8e4m3": ("e4m3", 1, "ue8m0", scaled("mxf8f6f4", 32, "e4m3", 32, "ue8m0")),
    "mxfp8e5m2": ("e5m2", 1, "ue8m0", scaled("mxf8f6f4", 32, "e5m2", 32, "ue8m0")),
    "mxfp6e3m2": ("e3m2", 1, "ue8m0", scaled("mxf8f6f4", 32, "e3m2", 32, "ue8m0")),
    "mxfp6e2m3": ("e2m3", 1, "ue8m0", scaled("mxf8f6f4", 32, "e2m3", 32, "ue8m0")),
    "mxfp4": ("e2m1", 2, "ue8m0", scaled("mxf4", 32, "e2m1", 64, "ue8m0")),
    "nvfp4": ("e2m1", 4, "ue4m3", scaled("mxf4nvf4", 16, "e2m1", 64, "ue4m3")),
}


def little_endian(cases, field, size):
    """One row of bytes for each case, lowest byte first."""
    rows = b"".join(int(case[field], 16).to_bytes(size, "little") for case in cases)
    return torch.from_numpy(np.frombuffer(rows, dtype=np.uint8).reshape(-1, size).copy())


def elements(cases, field, element):
    octets = little_endian(cases, field, 32)
    if element == "e2m1":  # mmasim has the first element of a byte in the high nibble
        octets = (octets >> 4) | (octets << 4)
    return octets.view(ELEMENTS[element])


def compute(name, cases):
    """The patterns of each model's results, as [(model, patterns)]."""
    element, scale_bytes, scale, models = FORMATS[name]
    a, b = elements(cases, "a", element), elements(cases, "b", element)
    c = little_endian(cases, "c", 4).view(torch.float32).squeeze(-1)
    arguments = [a, b, c]
    for field in ("scale_a", "scale_b"):
        if scale_bytes:
            used = little_endian(cases, field, 4)[:, :scale_bytes].contiguous()
            arguments.append(used.view(SCALES[scale]))
    for model in models:
        # The models may write to their arguments.
        result = model.dpa(*(argument.clone() for argument in arguments))
        patterns = result.contiguous().view(torch.int32).numpy().view(np.uint32)
        yield type(model).__name__, patterns


def main():
    counts, differing, skipped = Counter(), Counter(), Counter()
    lines = (json.loads(line) for line in sys.stdin)
    for name, group in itertools.groupby(lines, key=lambda case: case["format"]):
        if name not in FORMATS:
            skipped[name] += sum(1 for _ in group)
            continue
        while cases := list(itertools.islice(group, BATCH)):
            golden = np.array([int(case["d"], 16) for case in cases], dtype=np.uint32)
            counts[name] += len(cases)
            for model, patterns in compute(name, cases):
                for index in np.nonzero(patterns != golden)[0]:
                    differing[name] += 1
                    if differing[name] <= SHOWN:
                        case, found = cases[index], patterns[index]
                        print(f"{name}: {model} has d = {found:#010x} for {json.dumps(case)}")
    for name, count in counts.items():
        print(f"{name:<10} {count:>9} cases {differing[name]:>9} differ")
    for name, count in skipped.items():
        print(f"{name:<10} {count:>9} cases skipped, not a float format")
    if not counts:
        print("nothing was compared", file=sys.stderr)
    return 1 if differing or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
