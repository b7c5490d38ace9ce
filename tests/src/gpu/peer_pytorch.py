"""The peer: the same encoders in PyTorch, fp16, SDPA, one CUDA graph per shape; dense, compiled, and with 2:4 sparse linears.

Usage: peer_pytorch.py results.json [--quick] [--ours bench.json] [--few]
--quick leaves out the compiled variants; --few takes the sizes of FEW alone; --ours prints the ratios to what bench wrote.

Query, key and value share one linear (as a tuned PyTorch model has them). Variants, all replayed as a CUDA graph and timed
by events round one replay, median:
  eager     cuBLAS linears, SDPA, separate GELU, residual and LayerNorm kernels
  compiled  torch.compile of the layer (fuses GELU, residual, LayerNorm); autotuned as well at two small sizes
  sparse24  torch.sparse.to_sparse_semi_structured weights (cuSPARSELt), the six linears of each layer
The dense peer that ratios are taken against is the fastest of the dense variants.
"""
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch.sparse import to_sparse_semi_structured

SHAPES = {
    "bert-base": dict(layers=12, hidden=768, heads=12, ffn=3072, first_token_pooler=True),
    "minilm-l6": dict(layers=6, hidden=384, heads=12, ffn=1536, first_token_pooler=False),
}
VOCAB, POSITIONS, LABELS, EPS = 30522, 512, 2, 1e-12
SIZES = [(1, 16), (1, 32), (1, 128), (8, 16), (8, 32), (8, 128), (32, 16), (32, 32), (32, 128), (128, 128)]
FEW = {("bert-base", 1, 128), ("bert-base", 8, 128), ("bert-base", 128, 128), ("minilm-l6", 1, 32)}
AUTOTUNED = {("bert-base", 1, 128), ("minilm-l6", 1, 32)}


def parameter(*size, scale=0.03, offset=0.0):
    return (torch.randn(*size, device="cuda") * scale + offset).half()


def pruned(weight):
    """Keeps the two largest of every four inputs."""
    fours = weight.view(-1, 4)
    keep = torch.zeros_like(fours, dtype=torch.bool).scatter_(1, fours.abs().topk(2, dim=1).indices, True)
    return (fours * keep).view_as(weight)


class Model:
    def __init__(self, layers, hidden, heads, ffn, first_token_pooler, sparse=False):
        self.hidden, self.heads, self.first = hidden, heads, first_token_pooler
        make = (lambda o, i: to_sparse_semi_structured(pruned(parameter(o, i)))) if sparse else parameter
        self.layers = [
            dict(
                qkv=make(3 * hidden, hidden), qkv_b=parameter(3 * hidden), out=make(hidden, hidden), out_b=parameter(hidden),
                up=make(ffn, hidden), up_b=parameter(ffn), down=make(hidden, ffn), down_b=parameter(hidden),
                g1=parameter(hidden, offset=1.0), b1=parameter(hidden), g2=parameter(hidden, offset=1.0), b2=parameter(hidden),
            )
            for _ in range(layers)
        ]
        self.words, self.places, self.kinds = parameter(VOCAB, hidden), parameter(POSITIONS, hidden), parameter(2, hidden)
        self.g, self.b = parameter(hidden, offset=1.0), parameter(hidden)
        self.pool, self.pool_b = parameter(hidden, hidden), parameter(hidden)
        self.cls, self.cls_b = parameter(LABELS, hidden), parameter(LABELS)

    def layer(self, x, p, batch, length):
        qkv = F.linear(x, p["qkv"], p["qkv_b"]).view(batch, length, 3, self.heads, self.hidden // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        c = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch * length, self.hidden)
        x = F.layer_norm(x + F.linear(c, p["out"], p["out_b"]), (self.hidden,), p["g1"], p["b1"], EPS)
        inner = F.gelu(F.linear(x, p["up"], p["up_b"]))
        return F.layer_norm(x + F.linear(inner, p["down"], p["down_b"]), (self.hidden,), p["g2"], p["b2"], EPS)

    def forward(self, ids, types, positions, layer=None):
        batch, length = ids.shape
        x = F.embedding(ids, self.words) + F.embedding(positions, self.places) + F.embedding(types, self.kinds)
        x = F.layer_norm(x, (self.hidden,), self.g, self.b, EPS).view(batch * length, self.hidden)
        for p in self.layers:
            x = (layer or self.layer)(x, p, batch, length)
        x = x.view(batch, length, self.hidden)
        pooled = torch.tanh(F.linear(x[:, 0], self.pool, self.pool_b)) if self.first else x.mean(1)
        return F.linear(pooled, self.cls, self.cls_b)


def median_ms(work, times):
    """Captures `work` as a CUDA graph and times replays."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    for _ in range(10):
        graph.replay()
    taken = []
    for _ in range(times):
        before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        before.record()
        graph.replay()
        after.record()
        after.synchronize()
        taken.append(before.elapsed_time(after))
    return statistics.median(taken)


def matmul_peak():
    a, b = parameter(8192, 8192, scale=1.0), parameter(8192, 8192, scale=1.0)
    return 2 * 8192**3 / median_ms(lambda: a @ b, 11) / 1e9


def compare(results, path):
    """Prints, for every size, the fastest dense peer, the sparse peer, and how much faster ours is."""
    with open(path) as f:
        ours = {(r["model"], r["batch"], r["tokens"], r["engine"]): r["median_ms"] for r in json.load(f)["results"]}
    print(f"{'model':10} {'size':>10} {'dense peer':>22} {'sparse peer':>12} {'ours dense':>11} {'ours sparse':>12} {'ours sparse is faster':>22}")
    for name in SHAPES:
        for batch, length in SIZES:
            of_size = [r for r in results if (r["model"], r["batch"], r["tokens"]) == (name, batch, length)]
            best = min((r for r in of_size if r["engine"] != "pytorch-sparse24"), key=lambda r: r["median_ms"], default=None)
            sparse = next((r["median_ms"] for r in of_size if r["engine"] == "pytorch-sparse24"), float("nan"))
            mine = ours.get((name, batch, length, "filigree-sparse"))
            if best is None or mine is None:
                continue
            print(f"{name:10} {batch:4} x {length:3} {best['median_ms']:9.4f} {best['engine'][8:]:>12} {sparse:12.4f} "
                  f"{ours[name, batch, length, 'filigree-dense']:11.4f} {mine:12.4f} {best['median_ms'] / mine:21.2f}x")


def main():
    quick, few = "--quick" in sys.argv, "--few" in sys.argv
    torch.manual_seed(7)
    results, notes = [], []
    peak = matmul_peak()
    print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}, 8192^3 fp16 {peak:.0f} TFLOP/s", flush=True)

    def record(name, engine, batch, length, work):
        begin = time.time()
        try:
            ms = median_ms(work, 21 if batch * length > 2048 else 201)
        except Exception as e:  # a variant that cannot run is reported, and the others still count
            notes.append(f"{name} {engine} {batch}x{length}: {type(e).__name__}: {str(e)[:200]}")
            print("not measured:", notes[-1], flush=True)
            return
        results.append(dict(model=name, engine=engine, batch=batch, tokens=length, median_ms=round(ms, 5)))
        print(f"{name:10} {engine:22} {batch:4} x {length:4} {ms:9.4f} ms  ({time.time() - begin:.0f} s)", flush=True)

    with torch.inference_mode():
        for name, shape in SHAPES.items():
            dense, sparse = Model(**shape), None
            for batch, length in SIZES:
                if few and (name, batch, length) not in FEW:
                    continue
                ids = torch.randint(0, VOCAB, (batch, length), device="cuda")
                types, positions = torch.zeros_like(ids), torch.arange(length, device="cuda").expand(batch, length)
                record(name, "pytorch-eager", batch, length, lambda: dense.forward(ids, types, positions))
                if not quick:
                    torch._dynamo.reset()
                    layer = torch.compile(dense.layer, dynamic=False)
                    record(name, "pytorch-compiled", batch, length, lambda: dense.forward(ids, types, positions, layer))
                if not quick and (name, batch, length) in AUTOTUNED:
                    torch._dynamo.reset()
                    tuned = torch.compile(dense.layer, dynamic=False, mode="max-autotune-no-cudagraphs")
                    record(name, "pytorch-autotuned", batch, length, lambda: dense.forward(ids, types, positions, tuned))
                try:
                    sparse = sparse or Model(**shape, sparse=True)
                except Exception as e:
                    notes.append(f"{name} sparse24: {type(e).__name__}: {str(e)[:200]}")
                    print("not measured:", notes[-1], flush=True)
                    continue
                record(name, "pytorch-sparse24", batch, length, lambda: sparse.forward(ids, types, positions))
    with open(sys.argv[1], "w") as f:
        json.dump(dict(torch=torch.__version__, cuda=torch.version.cuda, device=torch.cuda.get_device_name(),
                       matmul_tflops=round(peak), results=results, notes=notes), f, indent=1)
    if "--ours" in sys.argv:
        compare(results, sys.argv[sys.argv.index("--ours") + 1])


if __name__ == "__main__":
    main()
