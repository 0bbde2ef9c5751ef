"""The protocol of the comparison on a GPU, a part at a time; see ../gpu.sh.

    python3 drive.py OUT PART [--dry]        PART: gate, steps-D, kernels, sweep, loss, table

Every part writes one JSON file into OUT; `table` reads them all. --dry takes tiny shapes and the CPU: it shows that the script runs, and its figures mean nothing.
"""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
HARNESS = os.environ.get("HARNESS", str(HERE.parents[2] / "harness")).split()
PYTHON = sys.executable
H100_BF16 = 989e12  # dense, NVIDIA's data sheet

# layers, width, heads, context, vocabulary; the seven shapes of the comparison, and models a stack
SHAPES = {64: ("2x64x4x256x256", 8), 128: ("4x128x4x256x256", 8), 256: ("6x256x4x256x256", 4), 384: ("6x384x6x256x256", 2), 512: ("8x512x8x1024x8192", 0),
          768: ("12x768x12x1024x50304", 0), 1024: ("24x1024x16x1024x32768", 0)}
BATCHES = (4096, 32768, 131072)  # tokens a step
WARM_UP, BLOCK, CYCLES = 50, 100, 3
BLOCK_SECONDS = 4.0  # blocks of slow shapes are shorter: at least 5 steps
GATE = {"fp32": ("2x64x4x256x256", 1e-3, 1e-2), "bf16": ("2x64x4x256x256", 2e-2, 5e-2)}  # shape, largest error of a first gradient, of a loss over 200 steps
GATE_STEPS, DEVICE = 200, "cuda:0"

DRY_SHAPES = {16: ("1x16x2x16x32", 2), 32: ("2x32x4x16x64", 0)}
DRY_BATCHES = (64, 128)


class Plan:
    def __init__(self, dry):
        self.dry = dry
        self.shapes, self.batches = (DRY_SHAPES, DRY_BATCHES) if dry else (SHAPES, BATCHES)
        self.warm_up, self.block, self.cycles = (2, 4, 1) if dry else (WARM_UP, BLOCK, CYCLES)
        self.device = "cpu" if dry else DEVICE
        self.gate_steps = 20 if dry else GATE_STEPS
        self.half = not dry
        self.arms = ("eager",) if dry else ("eager", "compile", "compile-graph")


def micro_batch(shape, batch):
    """The same for every arm: the largest divisor of the batch whose activations stay in about 8 GB at 34 bytes a unit and layer (Korthikanti et al. 2022, 2205.05198): the arms of a
    shape are in memory together."""
    layers, width, _, context, vocabulary = (int(part) for part in shape.split("x"))
    most = max(1, int(8e9 / (context * (34 * width * layers + 8 * vocabulary))))
    return max(rows for rows in range(1, batch + 1) if batch % rows == 0 and rows <= most)


class Server:
    """One arm in a process of its own, which works when asked and sleeps otherwise."""

    def __init__(self, name, command, log):
        self.name, self.log = name, open(log, "w")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            self.process.kill()
            raise RuntimeError(f"{name} did not start; see {log}")
        self.about = json.loads(line[6:])
        self.members = int(self.about.get("members", 1))

    def ask(self, text):
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended; see {self.log.name}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def commands(plan, width, shape, members, batch):
    """Every arm's name and command."""
    micro = micro_batch(shape, batch)
    common = ["--shape", shape, "--batch", str(batch), "--micro-batch", str(micro), "--device", plan.device] + (["--bf16"] if plan.half else [])
    for arm in ("Eager", "Graph"):
        yield f"harness {arm.lower()}", HARNESS + ["bench", "serve", "--arm", arm] + common
    if members:
        yield f"harness stack of {members}", HARNESS + ["bench", "serve", "--arm", "Stack", "--members", str(members)] + common
    for arm in plan.arms:
        yield f"PyTorch {arm}", [PYTHON, str(HERE / "arms.py"), "serve", shape, str(batch), arm, "--micro", str(micro), "--device", plan.device] + (["--bf16"] if plan.half else [])


def steps(plan, out, width):
    """All arms of one shape at each batch size: 50 steps of warm-up, then blocks in turns, forwards and backwards (A B C C B A), so that a drift of clocks hits all."""
    shape, members = plan.shapes[width]
    context = int(shape.split("x")[3])
    results = []
    for tokens in plan.batches:
        batch = max(1, tokens // context)
        servers, failed = [], {}
        for name, command in commands(plan, width, shape, members, batch):
            log = out / "logs" / f"{width}-{tokens}-{name.replace(' ', '-')}.txt"
            log.parent.mkdir(parents=True, exist_ok=True)
            try:
                server = Server(name, command, log)
                server.ask(plan.warm_up)
                servers.append(server)
            except (RuntimeError, BrokenPipeError, json.JSONDecodeError) as error:
                failed[name] = str(error)
        blocks = {server.name: [] for server in servers}
        length = {}
        for server in servers:
            seconds = server.ask(5)["seconds"] / 5
            length[server.name] = plan.block if plan.dry else max(5, min(plan.block, int(BLOCK_SECONDS / max(seconds, 1e-9))))
        for _ in range(plan.cycles):
            for server in servers + servers[::-1]:
                blocks[server.name].append(server.ask(length[server.name]))
        for server in servers:
            speeds = sorted(block["steps"] * batch * context * server.members / block["seconds"] for block in blocks[server.name])
            host = [1000 * block["host_seconds"] / block["steps"] for block in blocks[server.name] if "host_seconds" in block]
            results.append({
                "width": width, "shape": shape, "batch_tokens": batch * context, "arm": server.name, "about": blocks[server.name][-1].get("engine", server.about.get("engine")),
                "left_out": server.about.get("left_out", []), "tokens_per_second": speeds[len(speeds) // 2], "least": speeds[0], "most": speeds[-1],
                "host_ms": sorted(host)[len(host) // 2] if host else None, "memory": server.ask("memory"),
                "kernels": server.ask("kernels") if server.name.startswith("PyTorch") else None})
        for server in servers:
            server.close()
        results += [{"width": width, "shape": shape, "batch_tokens": batch * context, "arm": name, "failed": reason} for name, reason in failed.items()]
        (out / f"steps-{width}.json").write_text(json.dumps(results, indent=1))  # what there is, should the next batch size take too long
    return results


def gate(plan, out):
    """Parity before anything is timed: the harness's first gradient against float64, and its losses against PyTorch's on the same weights and batches."""
    import numpy
    import torch
    sys.path.insert(0, str(HERE))
    from arms import Shape, Trainer, loss_of
    found = []
    for precision, (shape, gradient_limit, loss_limit) in GATE.items():
        if plan.dry:
            shape = DRY_SHAPES[16][0]
        folder = out / "parity" / precision
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(HARNESS + ["bench", "parity", str(folder), "--shape", shape, "--batch", "16", "--steps", str(plan.gate_steps), "--device", plan.device, "--rate", "1e-3"]
                       + (["--bf16"] if precision == "bf16" else []), check=True)
        about = json.loads((folder / "shape.json").read_text())
        flat = {name: numpy.fromfile(folder / f"{name}.f32", numpy.float32) for name in ("weights", "gradients")}

        def view(which, slot):
            size = int(numpy.prod(slot["shape"]))
            return torch.from_numpy(flat[which][slot["offset"]:slot["offset"] + size].reshape(slot["shape"]).copy())

        weights = {slot["name"]: view("weights", slot) for slot in about["slots"]}
        s = Shape.parse(shape, about["batch"])
        batches = torch.from_numpy(numpy.fromfile(folder / "batches.i64", numpy.int64)).view(-1, s.batch, s.context + 1)
        exact = {name: w.double().requires_grad_() for name, w in weights.items()}
        loss_of(exact, s, batches[0][:, :-1], batches[0][:, 1:]).backward()
        errors = {slot["name"]: float((view("gradients", slot).double() - exact[slot["name"]].grad).norm() / exact[slot["name"]].grad.norm().clamp(min=1e-30)) for slot in about["slots"]}
        trainer = Trainer(s, weights, batches.reshape(-1), plan.device, precision == "bf16" and plan.device != "cpu", "eager", rate=1e-3)
        losses = []
        for batch in batches:
            batch = batch.to(trainer.device)
            losses.append(trainer.gradients(batch[:, :-1].contiguous(), batch[:, 1:].contiguous()).item())
            trainer.update()
        ours = numpy.fromfile(folder / "losses.f64", numpy.float64)
        loss_error = float(numpy.max(numpy.abs(ours / numpy.array(losses) - 1)))
        worst = max(errors, key=errors.get)
        found.append({"precision": precision, "engine": about["engine"], "gradient_error": errors[worst], "worst": worst, "gradient_limit": gradient_limit, "loss_error": loss_error,
                      "loss_limit": loss_limit, "first_loss": losses[0], "last_loss": losses[-1], "steps": len(losses),
                      "good": bool(errors[worst] < gradient_limit and loss_error < loss_limit and losses[-1] < 0.98 * losses[0])})
    return found


def definition(plan, out, name, text):
    """The sweep as the harness reads it; both sides train the runs that come of it."""
    if plan.dry:
        models, tokens, batch, seeds, every, evaluation, context = {"n_layer": [1, 1], "d_model": [16, 32]}, ["2048"], 256, [1], 4, 256, 16
    elif name == "sweep":
        models, tokens, batch, seeds, every, evaluation, context = {"n_layer": [2, 2, 3, 4, 5, 6], "d_model": [64, 96, 128, 160, 192, 256]}, ["4M", "8M", "16M", "32M"], 8192, [1], None, 65536, 256
    else:
        models, tokens, batch, seeds, every, evaluation, context = {"n_layer": [4], "d_model": [128]}, ["32M"], 8192, [1, 2, 3], 200, 65536, 256
    evaluate = f", every_steps: {every}" if every and (name == "loss") else ""
    file = out / f"{name}.yaml"
    file.write_text(f"""name: gpu-{name}
question: How long does this take end to end?
model:
  family: gpt2
  context_length: {context}
  head_dim: {8 if plan.dry else 32}
data:
  source: text
  paths: [{json.dumps(str(text))}]
  tokenizer: bytes
  validation_fraction: 0.05
training:
  batch_tokens: {batch}
  peak_lr: 0.004 * (d_model / 64)^-0.5
  lr_schedule: {{kind: cosine, warmup_fraction: 0.03, final_fraction: 0.1}}
  precision: {'bf16' if plan.half else 'fp32'}
evaluation: {{tokens: {evaluation}{evaluate}}}
sweep:
  zip:
    model.n_layer: {models['n_layer']}
    model.d_model: {models['d_model']}
  product:
    training.tokens: [{', '.join(tokens)}]
  seeds: {seeds}
""")
    return file


def sweep(plan, out):
    """24 runs end to end: the harness from the command to the written tables; one Python process a run; one Python process for all, warm. At equal mean loss, or it doesn't count."""
    text, folder = corpus(out), out / "sweep"
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    subprocess.run(HARNESS + ["run", str(definition(plan, out, "sweep", text)), "--results", str(folder), "--device", plan.device], check=True, stdout=open(out / "sweep.txt", "w"))
    results = [{"arm": "harness", "seconds": time.perf_counter() - start}]
    table = next(folder.glob("*/runs.csv"))
    with open(table) as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["val_loss_nats_per_token"]) for row in rows if row["status"] == "completed"]
    results[0].update({"runs": len(losses), "mean_loss": sum(losses) / len(losses), "joules": sum(float(row["joules"] or 0) for row in rows) or None})
    common = [PYTHON, str(HERE / "arms.py"), "train", str(table), str(text), "--device", plan.device, "--evaluation", "256" if plan.dry else "65536"] + (["--bf16"] if plan.half else [])
    best = [] if plan.dry else ["--arm", "compile-graph"]
    for name, parts in (("PyTorch, one process a run", [["--only", str(i)] for i in range(len(rows))]), ("PyTorch, one process", [[]])):
        for arm, extra in (("eager", []),) + ((("compile-graph", best),) if best else ()):
            start, found = time.perf_counter(), []
            for part in parts:
                done = subprocess.run(common + part + extra, check=True, capture_output=True, text=True)
                found += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            results.append({"arm": f"{name}, {arm}", "seconds": time.perf_counter() - start, "runs": len(found), "mean_loss": sum(f["loss"] for f in found) / len(found)})
    return results


def loss(plan, out):
    """Seconds from process start to a held-out loss that all arms reach, over three seeds: the loss is the worst arm's last."""
    text, folder = corpus(out), out / "loss"
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    subprocess.run(HARNESS + ["run", str(definition(plan, out, "loss", text)), "--results", str(folder), "--device", plan.device, "--workers", "1"], check=True, stdout=open(out / "loss.txt", "w"))
    wall = time.perf_counter() - start
    table = next(folder.glob("*/runs.csv"))
    with open(table.parent / "curves.csv") as file:
        points = [row for row in csv.DictReader(file) if row["val_loss_nats_per_token"]]
    trained = sum(float(row["train_seconds"]) for row in csv.DictReader(open(table)))
    curves = {}
    for row in points:
        curves.setdefault(row["name"], []).append((float(row["seconds"]), float(row["val_loss_nats_per_token"])))
    overhead = max(0.0, wall - trained) / len(curves)  # start, evaluation, tables: a run's share
    arms = {"harness": [[(seconds + overhead, value) for seconds, value in curve] for curve in curves.values()]}
    for arm in plan.arms:
        start = time.perf_counter()
        every = "4" if plan.dry else "200"
        done = subprocess.run([PYTHON, str(HERE / "arms.py"), "train", str(table), str(text), "--device", plan.device, "--arm", arm, "--every", every,
                               "--evaluation", "256" if plan.dry else "65536"] + (["--bf16"] if plan.half else []), check=True, capture_output=True, text=True)
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        share = max(0.0, time.perf_counter() - start - sum(f["seconds"] for f in found)) / len(found)
        arms[f"PyTorch {arm}"] = [[(seconds + share, value) for _, seconds, value in f["curve"]] for f in found]
    target = max(min(value for _, value in curve) for each in arms.values() for curve in each)
    return [{"arm": arm, "target": target, "seconds": [next((s for s, value in curve if value <= target), None) for curve in each]} for arm, each in arms.items()]


def corpus(out):
    """The text that both sides train on: HARNESS_TEXT, or the built-in documentation where the .NET SDK is."""
    named = os.environ.get("HARNESS_TEXT")
    if named:
        return pathlib.Path(named).resolve()
    made = out / "text.txt"
    if not made.exists():
        files = sorted(pathlib.Path("/usr/share").glob("dotnet/packs/Microsoft.NETCore.App.Ref/*/ref/net*/System.Runtime.xml"))
        if not files:
            raise SystemExit("HARNESS_TEXT must name a text file of some megabytes; gpu.sh pack brings one.")
        made.write_bytes(files[-1].read_bytes())
    return made.resolve()


def gemm_peak():
    """FLOP/s of a large bf16 product on this GPU, random data, the best of several."""
    import torch
    n = 8192
    a, b = (torch.randn(n, n, device=DEVICE, dtype=torch.bfloat16) for _ in range(2))
    best = 0.0
    for _ in range(10):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(5):
            a @ b
        end.record()
        end.synchronize()
        best = max(best, 5 * 2 * n ** 3 / (begin.elapsed_time(end) / 1000))
    return best


def kernels(plan, out):
    done = subprocess.run(HARNESS + ["bench", "kernels", "--device", plan.device], capture_output=True, text=True, check=False)
    (out / "kernels.txt").write_text(done.stdout + done.stderr)
    return {"exit": done.returncode, "gemm_flops": None if plan.dry else gemm_peak()}


def main():
    out, part, plan = pathlib.Path(sys.argv[1]), sys.argv[2], Plan("--dry" in sys.argv)
    out.mkdir(parents=True, exist_ok=True)
    if part == "table":
        sys.path.insert(0, str(HERE))
        import tables
        tables.write(out)
        return 0
    result = steps(plan, out, int(part[6:])) if part.startswith("steps-") else {"gate": gate, "sweep": sweep, "loss": loss, "kernels": kernels}[part](plan, out)
    (out / f"{part}.json").write_text(json.dumps(result, indent=1))
    if part == "gate" and not all(entry["good"] for entry in result):
        print(json.dumps(result, indent=1))
        print("the gate is shut: the two sides don't compute the same; nothing is timed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
