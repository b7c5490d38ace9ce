"""The peer: the same encoders in PyTorch, fp16, SDPA, one CUDA graph per shape; dense, compiled, and with 2:4 sparse linears.

Usage: peer_pytorch.py results.json bench kernels.fatbin [--quick] [--few]
--quick leaves out the compiled variants; --few takes the sizes of FEW alone.

Ours and PyTorch's take turns: a process of its own (bench --turns) times ours when it is told to, and each has the GPU to itself then.
In every round each engine has one turn, in an order that moves on by one from round to round: some warm replays of its CUDA graph, then
timed ones, by events round one replay, of which the median is the turn's time. An engine's time is the median of its turns; how much
faster one is than another is the median over the rounds of the ratio of their turns.

Query, key and value share one linear (as a tuned PyTorch model has them). Variants:
  eager     cuBLAS linears, SDPA, separate GELU, residual and LayerNorm kernels
  compiled  torch.compile of the layer (fuses GELU, residual, LayerNorm); autotuned as well at two small sizes
  sparse24  torch.sparse.to_sparse_semi_structured weights (cuSPARSELt), the six linears of each layer
The dense peer that ratios are taken against is the fastest of the dense variants.
"""
import json
import statistics
import subprocess
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
OURS = ["filigree-dense", "filigree-sparse", "filigree-int8-dense", "filigree-int8-sparse"]
ROUNDS = 9
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


def captured(work):
    """`work` as a CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph


def median_ms(graph, times):
    """Of so many replays, after three more."""
    for _ in range(3):
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


class Bench:
    """Ours, in a process of its own that waits for its turns."""

    def __init__(self, program, kernels):
        self.process = subprocess.Popen([program, kernels, "-", "--turns"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, name, engine, batch, length, times):
        self.process.stdin.write(f"{name} {engine} {batch} {length} {times}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args[0]} ended with {self.process.wait()} at {name} {engine} {batch} x {length}")
        return float(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def take_turns(engines, rounds):
    """`engines`: name -> what takes a turn and gives its milliseconds. Returns name -> milliseconds of each round."""
    names = list(engines)
    turns = {name: [] for name in names}
    for first in range(rounds):
        for i in range(len(names)):
            name = names[(i + first) % len(names)]
            turns[name].append(engines[name]())
    return turns


def faster(turns, name, than):
    """How much faster, the median of the rounds' ratios."""
    return statistics.median(b / a for a, b in zip(turns[name], turns[than]))


def matmul_peak():
    a, b = parameter(8192, 8192, scale=1.0), parameter(8192, 8192, scale=1.0)
    return 2 * 8192**3 / median_ms(captured(lambda: a @ b), 11) / 1e9


def main():
    quick, few = "--quick" in sys.argv, "--few" in sys.argv
    torch.manual_seed(7)
    results, ratios, notes = [], [], []
    peak = matmul_peak()
    print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}, 8192^3 fp16 {peak:.0f} TFLOP/s", flush=True)
    print(f"{ROUNDS} rounds of turns; times in ms, then how much faster ours is than the best dense peer", flush=True)
    bench = Bench(sys.argv[2], sys.argv[3])

    def prepare(graphs, name, engine, batch, length, work):
        try:
            graphs[engine] = captured(work)
        except Exception as e:  # a variant that cannot run is reported, and the others still count
            notes.append(f"{name} {engine} {batch}x{length}: {type(e).__name__}: {str(e)[:200]}")
            print("not measured:", notes[-1], flush=True)

    with torch.inference_mode():
        for name, shape in SHAPES.items():
            dense, sparse = Model(**shape), None
            for batch, length in SIZES:
                if few and (name, batch, length) not in FEW:
                    continue
                begin, graphs = time.time(), {}
                ids = torch.randint(0, VOCAB, (batch, length), device="cuda")
                types, positions = torch.zeros_like(ids), torch.arange(length, device="cuda").expand(batch, length)
                prepare(graphs, name, "pytorch-eager", batch, length, lambda: dense.forward(ids, types, positions))
                if not quick:
                    torch._dynamo.reset()
                    layer = torch.compile(dense.layer, dynamic=False)
                    prepare(graphs, name, "pytorch-compiled", batch, length, lambda: dense.forward(ids, types, positions, layer))
                if not quick and (name, batch, length) in AUTOTUNED:
                    torch._dynamo.reset()
                    tuned = torch.compile(dense.layer, dynamic=False, mode="max-autotune-no-cudagraphs")
                    prepare(graphs, name, "pytorch-autotuned", batch, length, lambda: dense.forward(ids, types, positions, tuned))
                try:
                    sparse = sparse or Model(**shape, sparse=True)
                    prepare(graphs, name, "pytorch-sparse24", batch, length, lambda: sparse.forward(ids, types, positions))
                except Exception as e:
                    notes.append(f"{name} sparse24: {type(e).__name__}: {str(e)[:200]}")
                    print("not measured:", notes[-1], flush=True)
                times = 7 if batch * length > 2048 else 31
                engines = {e: (lambda g=g: median_ms(g, times)) for e, g in graphs.items()}
                engines |= {e: (lambda e=e: bench.turn(name, e, batch, length, times)) for e in OURS}
                turns = take_turns(engines, ROUNDS + 1)  # the first is not counted: in it ours builds what it needs
                turns = {e: of[1:] for e, of in turns.items()}
                ms = {e: statistics.median(of) for e, of in turns.items()}
                for e, of in turns.items():
                    results.append(dict(model=name, engine=e, batch=batch, tokens=length, median_ms=round(ms[e], 5), turns_ms=[round(t, 5) for t in of]))
                peers = [e for e in graphs if e != "pytorch-sparse24"]
                best = min(peers, key=ms.get, default=None)
                if best:
                    over = {e: round(faster(turns, e, best), 3) for e in OURS}
                    ratios.append(dict(model=name, batch=batch, tokens=length, best_peer=best, faster=over))
                print(f"{name} {batch} x {length}, {time.time() - begin:.0f} s: " + ", ".join(f"{e} {t:.4f}" for e, t in ms.items()), flush=True)
                if best:
                    print(f"  over {best}: " + ", ".join(f"{e} {x:.2f}x" for e, x in over.items()), flush=True)
    bench.close()
    with open(sys.argv[1], "w") as f:
        json.dump(dict(torch=torch.__version__, cuda=torch.version.cuda, device=torch.cuda.get_device_name(),
                       matmul_tflops=round(peak), rounds=ROUNDS, results=results, ratios=ratios, notes=notes), f, indent=1)


if __name__ == "__main__":
    main()
