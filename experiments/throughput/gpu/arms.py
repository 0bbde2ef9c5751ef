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
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "twin"))
from gpt import Gpt, Shape, initial  # noqa: E402: the model of both comparisons

FUSED = "fused" if hasattr(torch.nn.functional, "scaled_dot_product_attention") else "masked"
VERSION = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])


def shape_of(text, batch):
    layers, width, heads, context, vocabulary = (int(part) for part in text.split("x"))
    return Shape(layers, width, heads, batch, context, vocabulary)


def loss_of(weights, shape, inputs, targets):
    """Mean cross-entropy by given weights (of any type), and those weights as the leaves of its graph."""
    model = Gpt(shape, weights, FUSED, next(iter(weights.values())).device)
    return model.loss(inputs, targets), model.weights


class Trainer:
    """Batch, forward, backward, clipping of the global norm to 1, AdamW. Nothing in `step` waits for the device."""

    def __init__(self, shape, weights, tokens, device, half, arm, rate=1e-4, micro=None):
        self.shape, self.micro, self.device, self.half, self.arm, self.left_out = shape, micro or shape.batch, torch.device(device), half, arm, []
        on_gpu = self.device.type == "cuda"
        self.tokens = tokens.to(self.device)
        self.model = Gpt(shape, weights, FUSED, self.device)
        self.parameters = list(self.model.weights.values())
        groups = [{"params": [p for p in self.parameters if p.dim() == 2], "weight_decay": 0.1},
                  {"params": [p for p in self.parameters if p.dim() < 2], "weight_decay": 0.0}]
        knobs = {"fused": True, "capturable": True} if on_gpu and VERSION >= (2, 1) else {"foreach": True}
        if not knobs.get("fused"):
            self.left_out.append("fused AdamW")
        if on_gpu:
            torch.backends.cuda.matmul.allow_tf32 = True
            rate = torch.tensor(rate, device=self.device) if "fused" in knobs else rate
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), eps=1e-8, **knobs)
        if FUSED != "fused":
            self.left_out.append("fused attention")
        self.loss = self.model.loss
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
        pieces = self.shape.batch // self.micro
        total = 0
        for i in range(pieces):
            rows = slice(i * self.micro, (i + 1) * self.micro)
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
                    total += rows * self.model.loss(block[:, :-1], block[:, 1:].contiguous()).item()
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
    shape = shape_of(options.shape, options.batch)
    tokens = torch.randint(shape.vocabulary, (1 << 20,), generator=torch.Generator().manual_seed(1))
    trainer = Trainer(shape, initial(shape, 1), tokens, options.device, options.bf16, options.arm, micro=options.micro)
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


def spread(rows):
    """The rows with their numbers in an order whose every beginning is a fair sample: a part that runs out of time has trained small and large ones."""
    stride = next(k for k in range(max(1, int(0.4 * len(rows))), len(rows) + 2) if math.gcd(k, len(rows)) == 1)
    return [(i * stride % len(rows), rows[i * stride % len(rows)]) for i in range(len(rows))]


def train(options):
    """Trains the runs of a table that the harness wrote (runs.csv), from the same text, spread evenly over it; prints a JSON object as soon as a run has ended."""
    raw = torch.frombuffer(bytearray(open(options.text, "rb").read()), dtype=torch.uint8)
    held = int(len(raw) * options.held_out)
    device = torch.device(options.device)
    corpus, validation = raw[:-held].to(device), raw[-held:].to(device)
    with open(options.table) as file:
        rows = list(csv.DictReader(file))
    for index, row in spread(rows):
        if options.only is not None and index != options.only:
            continue
        start = time.perf_counter()
        layers, width, heads, context, vocabulary = (int(row[name]) for name in ("n_layer", "d_model", "n_head", "context_length", "vocab_size"))
        shape = Shape(layers, width, heads, int(row["batch_tokens"]) // context, context, vocabulary)
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
