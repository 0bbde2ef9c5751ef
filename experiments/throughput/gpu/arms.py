"""The same GPT-2-style model and step as the harness's, in PyTorch written for speed: the arms that the harness is compared with on a GPU.

    python3 arms.py serve SHAPE BATCH ARM [--micro N] [--bf16] [--device cuda:0]     times steps on demand
    python3 arms.py train RUNS.csv FILE [--only N] [--device cuda:0] ...             trains the runs of a table, one after another

SHAPE is LAYERSxWIDTHxHEADSxCONTEXTxVOCABULARY. Arms: eager; compile (torch.compile, max-autotune); compile-graph (the same with the whole step, batch to optimizer, in one CUDA
graph). All: one matrix for queries, keys and values; scaled_dot_product_attention; autocast to bf16 with fp32 weights; fused AdamW; foreach clipping; TF32; a corpus on the device;
nothing read by the host in a step. What this PyTorch or device lacks is left out and named on the "ready" line.

Letters: B rows, T context, D width, H heads, E units a head.
"""
import argparse
import contextlib
import csv
import json
import math
import sys
import time
from dataclasses import dataclass, replace

import torch
from torch.nn import functional as F

EPSILON = 1e-5  # of the norms, PyTorch's default
HAS_SDPA = hasattr(F, "scaled_dot_product_attention")
VERSION = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    context: int
    vocabulary: int
    batch: int = 1
    micro: int = 1

    @staticmethod
    def parse(text, batch, micro=None):
        return Shape(*(int(part) for part in text.split("x")), batch=batch, micro=micro or batch)


def names_and_shapes(s):
    """(name, shape) of every parameter, as y = x W^T, by the harness's names."""
    d, f = s.width, 4 * s.width
    yield "token_embedding.weight", (s.vocabulary, d)
    yield "position_embedding.weight", (s.context, d)
    for i in range(s.layers):
        block = f"blocks.{i}"
        for part, rows, columns in (("attention.qkv", 3 * d, d), ("attention.output", d, d), ("feed_forward.hidden", f, d), ("feed_forward.output", d, f)):
            yield f"{block}.{part}.weight", (rows, columns)
            yield f"{block}.{part}.bias", (rows,)
        for norm in ("attention_norm", "feed_forward_norm"):
            yield f"{block}.{norm}.gain", (d,)
            yield f"{block}.{norm}.bias", (d,)
    yield "final_norm.gain", (d,)
    yield "final_norm.bias", (d,)


def initial(s, seed):
    """Initial weights of the harness's distribution (not its bits)."""
    generator = torch.Generator().manual_seed(seed)
    std = 0.02 * math.sqrt(768 / s.width)
    weights = {}
    for name, shape in names_and_shapes(s):
        if name.endswith("gain"):
            weights[name] = torch.ones(shape)
        elif name.endswith("bias"):
            weights[name] = torch.zeros(shape)
        else:
            weights[name] = torch.randn(shape, generator=generator) * (std / math.sqrt(2 * s.layers) if name.endswith("output.weight") else std)
    return weights


def attention(q, k, v):
    if HAS_SDPA:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    t = q.shape[-2]
    scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-1, -2)
    return scores.masked_fill(torch.ones(t, t, dtype=torch.bool, device=q.device).triu(1), -math.inf).softmax(-1) @ v


def loss_of(w, s, inputs, targets):
    """Mean cross-entropy, nats a token. The head is tied to the token embedding."""
    b, t = inputs.shape
    x = F.embedding(inputs, w["token_embedding.weight"]) + w["position_embedding.weight"][:t]
    for i in range(s.layers):
        p = lambda name: w[f"blocks.{i}.{name}"]
        y = F.layer_norm(x, (s.width,), p("attention_norm.gain"), p("attention_norm.bias"), EPSILON)
        q, k, v = F.linear(y, p("attention.qkv.weight"), p("attention.qkv.bias")).view(b, t, 3, s.heads, -1).permute(2, 0, 3, 1, 4)
        x = x + F.linear(attention(q, k, v).transpose(1, 2).reshape(b, t, -1), p("attention.output.weight"), p("attention.output.bias"))
        y = F.layer_norm(x, (s.width,), p("feed_forward_norm.gain"), p("feed_forward_norm.bias"), EPSILON)
        y = F.gelu(F.linear(y, p("feed_forward.hidden.weight"), p("feed_forward.hidden.bias")))
        x = x + F.linear(y, p("feed_forward.output.weight"), p("feed_forward.output.bias"))
    x = F.layer_norm(x, (s.width,), w["final_norm.gain"], w["final_norm.bias"], EPSILON)
    logits = F.linear(x, w["token_embedding.weight"])
    logits = logits.view(b * t, -1)
    return F.cross_entropy(logits if logits.dtype == torch.float64 else logits.float(), targets.reshape(-1))


class Trainer:
    """Batch, forward, backward, clipping of the global norm to 1, AdamW. Nothing in `step` waits for the device."""

    def __init__(self, shape, weights, tokens, device, half, arm, rate=1e-4):
        self.shape, self.device, self.half, self.arm, self.left_out = shape, torch.device(device), half, arm, []
        on_gpu = self.device.type == "cuda"
        self.tokens = tokens.to(self.device)
        self.weights = {name: weights[name].to(self.device).clone().requires_grad_() for name, _ in names_and_shapes(shape)}
        self.parameters = list(self.weights.values())
        groups = [{"params": [p for p in self.parameters if p.dim() == 2], "weight_decay": 0.1},
                  {"params": [p for p in self.parameters if p.dim() < 2], "weight_decay": 0.0}]
        knobs = {"fused": True, "capturable": True} if on_gpu and VERSION >= (2, 1) else {"foreach": True}
        if not knobs.get("fused"):
            self.left_out.append("fused AdamW")
        if on_gpu:
            torch.backends.cuda.matmul.allow_tf32 = True
            rate = torch.tensor(rate, device=self.device) if "fused" in knobs else rate
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), eps=1e-8, **knobs)
        self.loss = lambda inputs, targets: loss_of(self.weights, shape, inputs, targets)
        if arm != "eager":
            if not hasattr(torch, "compile"):
                raise SystemExit("this PyTorch has no torch.compile")
            self.loss = torch.compile(self.loss, mode="max-autotune-no-cudagraphs", dynamic=False)
        self.places = torch.arange(shape.context + 1, device=self.device)
        self.graph, self.last = None, None

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16) if self.half else contextlib.nullcontext()

    def sample(self):
        offsets = torch.randint(len(self.tokens) - self.shape.context - 1, (self.shape.batch, 1), device=self.device)
        windows = self.tokens[offsets + self.places].long()
        return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()

    def gradients(self, inputs, targets):
        self.optimizer.zero_grad(set_to_none=self.graph is None)
        pieces = self.shape.batch // self.shape.micro
        total = 0
        for i in range(pieces):
            rows = slice(i * self.shape.micro, (i + 1) * self.shape.micro)
            with self.autocast():
                loss = self.loss(inputs[rows], targets[rows]) / pieces
            loss.backward()
            total = total + loss.detach()
        return total

    def update(self):
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0, **({"foreach": True} if VERSION >= (2, 0) else {}))
        self.optimizer.step()
        return norm

    def once(self):
        self.last = self.gradients(*self.sample())
        self.update()
        return self.last

    def step(self):
        if self.arm != "compile-graph":
            return self.once()
        if self.graph is None:
            self.capture()
        self.graph.replay()
        return self.last

    def capture(self):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(11):  # compiles, tunes, and lets the allocator settle
                self.once()
        torch.cuda.current_stream().wait_stream(stream)
        self.optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.last = self.gradients(*self.sample())
            self.update()
        self.graph = graph

    def set_rate(self, rate):
        for group in self.optimizer.param_groups:
            if torch.is_tensor(group["lr"]):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def evaluate(self, tokens, count):
        """Mean loss over the first `count` tokens of `tokens`, in windows without overlap."""
        t, total, windows = self.shape.context, 0.0, count // self.shape.context
        with torch.no_grad():
            for first in range(0, windows, self.shape.batch):
                rows = min(self.shape.batch, windows - first)
                offsets = (torch.arange(first, first + rows, device=self.device) * t).view(-1, 1)
                block = tokens[offsets + self.places].long()
                with self.autocast():
                    total += rows * loss_of(self.weights, self.shape, block[:, :-1], block[:, 1:]).item()
        return total / windows

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def timed(trainer, steps):
    """Seconds of some steps, by the device's clock where it has one, and of the host's own work."""
    trainer.wait()
    if trainer.device.type == "cuda":
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
    start = time.perf_counter()
    for _ in range(steps):
        trainer.step()
    host = time.perf_counter() - start
    if trainer.device.type == "cuda":
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) / 1000, host
    return time.perf_counter() - start, host


def kernels_a_step(trainer):
    """Kernels that the profiler counts in one step; None where there is no GPU."""
    if trainer.device.type != "cuda":
        return None
    from torch.profiler import ProfilerActivity, profile
    with profile(activities=[ProfilerActivity.CUDA]) as recorded:
        trainer.step()
        trainer.wait()
    return sum(1 for event in recorded.events() if event.device_type == torch.autograd.DeviceType.CUDA)


def peak_memory(device):
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def serve(options):
    shape = Shape.parse(options.shape, options.batch, options.micro)
    tokens = torch.randint(shape.vocabulary, (1 << 20,), generator=torch.Generator().manual_seed(1))
    trainer = Trainer(shape, initial(shape, 1), tokens, options.device, options.bf16, options.arm)
    print("ready " + json.dumps({"engine": f"PyTorch {torch.__version__} {options.arm}", "members": "1", "left_out": trainer.left_out}), flush=True)
    for line in sys.stdin:
        command = line.strip()
        if command == "memory":
            print(peak_memory(trainer.device), flush=True)
        elif command == "kernels":
            print(json.dumps(kernels_a_step(trainer)), flush=True)
        else:
            seconds, host = timed(trainer, int(command))
            print(json.dumps({"steps": int(command), "seconds": seconds, "host_seconds": host}), flush=True)


def rate_at(row, step):
    """The harness's schedules, as far as the sweeps here use them: cosine to a tenth, and constant, after a linear warm-up."""
    steps, warm, peak = int(row["steps"]), int(row["warmup_steps"]), float(row["peak_lr"])
    if step < warm:
        return peak * (step + 1) / (warm + 1)
    if row["lr_schedule"] == "constant":
        return peak
    return peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))))


def train(options):
    """Trains the runs of a table that the harness wrote (runs.csv), from the same text; prints a JSON object a run and a line at each evaluation."""
    raw = torch.frombuffer(bytearray(open(options.text, "rb").read()), dtype=torch.uint8)
    held = int(len(raw) * options.held_out)
    device = torch.device(options.device)
    corpus, validation = raw[:-held].to(device), raw[-held:].to(device)
    with open(options.table) as file:
        rows = list(csv.DictReader(file))
    for index, row in enumerate(rows):
        if options.only is not None and index != options.only:
            continue
        start = time.perf_counter()
        shape = Shape(int(row["n_layer"]), int(row["d_model"]), int(row["n_head"]), int(row["context_length"]), int(row["vocab_size"]))
        batch = int(row["batch_tokens"]) // shape.context
        shape = replace(shape, batch=batch, micro=batch)
        torch.manual_seed(int(row["data_seed"]))
        trainer = Trainer(shape, initial(shape, int(row["seed"])), corpus, options.device, options.bf16, options.arm)
        curve, steps = [], int(row["steps"])
        for step in range(steps):
            trainer.set_rate(rate_at(row, step))
            trainer.step()
            if options.every and (step + 1) % options.every == 0:
                curve.append((step + 1, time.perf_counter() - start, trainer.evaluate(validation, options.evaluation)))
        loss = trainer.evaluate(validation, options.evaluation)
        print(json.dumps({"name": row["name"], "loss": loss, "seconds": time.perf_counter() - start, "steps": steps, "curve": curve}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("serve")
    verb.add_argument("shape")
    verb.add_argument("batch", type=int)
    verb.add_argument("arm", choices=("eager", "compile", "compile-graph"))
    verb.add_argument("--micro", type=int)
    verb.set_defaults(run=serve)
    train_verb = verbs.add_parser("train")
    train_verb.add_argument("table")
    train_verb.add_argument("text")
    train_verb.add_argument("--only", type=int)
    train_verb.add_argument("--arm", default="eager", choices=("eager", "compile", "compile-graph"))
    train_verb.add_argument("--every", type=int, default=0)
    train_verb.add_argument("--evaluation", type=int, default=16384)
    train_verb.add_argument("--held-out", type=float, default=0.05)
    train_verb.set_defaults(run=train)
    for each in (verb, train_verb):
        each.add_argument("--bf16", action="store_true")
        each.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    chosen = parser.parse_args()
    chosen.run(chosen)
