"""End to end: 24 runs from the command to the tables, and the time to a loss that every arm reaches. Each arm is a part of its own."""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import time

from plan import HARNESS, HERE, PART_SECONDS, PYTHON


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


def harness_run(plan, out, name, folder, *options):
    """Runs the harness from the command to the written tables; the seconds, and the table of the runs."""
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    with open(out / f"{folder.name}.txt", "w") as log:
        subprocess.run(HARNESS + ["run", str(definition(plan, out, name, corpus(out))), "--results", str(folder), "--device", plan.device, *options], check=True, stdout=log)
    return time.perf_counter() - start, next(folder.glob("*/runs.csv"))


def table_of(plan, out, name):
    """The runs that both sides train, as the harness lists them; it must have had its turn."""
    found = sorted((out / f"{name}-harness").glob("*/runs.csv"))
    if not found:
        raise SystemExit(f"run the part {name}-harness first: it makes the table of runs")
    return found[0]


def pytorch_runs(plan, out, table, arm, extra, processes):
    """Trains runs of the table in PyTorch until PART_SECONDS have passed: what each process printed, and the seconds of all."""
    command = [PYTHON, str(HERE / "arms.py"), "train", str(table), str(corpus(out)), "--device", plan.device, "--arm", arm,
               "--evaluation", "256" if plan.dry else "65536"] + extra + (["--bf16"] if plan.half else [])
    start, found = time.perf_counter(), []
    for part in processes:
        left = PART_SECONDS - (time.perf_counter() - start)
        if left <= 0:
            break
        with open(out / "logs.txt", "a") as log:
            process = subprocess.Popen(command + part, stdout=subprocess.PIPE, stderr=log, text=True)
            try:
                printed, _ = process.communicate(timeout=left)
                if process.returncode != 0:
                    raise RuntimeError(f"{' '.join(command + part)} ended with {process.returncode}; see {out / 'logs.txt'}")
            except subprocess.TimeoutExpired:
                process.kill()
                printed, _ = process.communicate()  # what it had finished by then
        found += [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return found, time.perf_counter() - start


def sweep(plan, out, arm):
    """24 runs end to end by one arm. At equal mean loss, or it doesn't count."""
    # As it is started without options, deterministic; as PyTorch's arms compute; and without stacks and runs at the same time, which shows what those bring.
    own = {"harness": ("harness", []), "fast": ("harness, not deterministic", ["--set", "execution.deterministic=false"]),
           "one-by-one": ("harness, one run at a time", ["--runs-per-worker", "1", "--set", "execution.stack=off"])}
    if arm in own:
        name, options = own[arm]
        seconds, table = harness_run(plan, out, "sweep", out / f"sweep-{arm}", *options)
        with open(table) as file:
            rows = list(csv.DictReader(file))
        losses = [float(row["val_loss_nats_per_token"]) for row in rows if row["status"] == "completed"]
        return {"arm": name, "seconds": seconds, "runs": len(losses), "of": len(rows), "mean_loss": sum(losses) / len(losses),
                "mean_loss_of_harness": sum(losses) / len(losses), "joules": sum(float(row["joules"] or 0) for row in rows) or None}
    arm, how = arm.rsplit("-", 1)
    table = table_of(plan, out, "sweep")
    with open(table) as file:
        rows = list(csv.DictReader(file))
    from arms import spread
    processes = [["--only", str(index)] for index, _ in spread(rows)] if how == "each" else [[]]
    found, seconds = pytorch_runs(plan, out, table, arm, [], processes)
    if not found:
        raise RuntimeError(f"no run ended within {PART_SECONDS} s")
    theirs = {row["name"]: float(row["val_loss_nats_per_token"]) for row in rows}
    return {"arm": f"PyTorch {arm}, {'one process a run' if how == 'each' else 'one process'}", "seconds": seconds, "runs": len(found), "of": len(rows),
            "mean_loss": sum(f["loss"] for f in found) / len(found), "mean_loss_of_harness": sum(theirs[f["name"]] for f in found) / len(found)}


def loss(plan, out, arm):
    """Curves of held-out loss over seconds from process start, of three seeds, by one arm."""
    if arm == "harness":
        wall, table = harness_run(plan, out, "loss", out / "loss-harness", "--workers", "1", "--runs-per-worker", "1", "--set", "execution.stack=off")
        with open(table.parent / "curves.csv") as file:
            points = [row for row in csv.DictReader(file) if row["val_loss_nats_per_token"]]
        with open(table) as file:
            trained = sum(float(row["train_seconds"]) for row in csv.DictReader(file))
        curves = {}
        for row in points:
            curves.setdefault(row["name"], []).append((float(row["seconds"]), float(row["val_loss_nats_per_token"])))
        overhead = max(0.0, wall - trained) / len(curves)  # start, evaluation, tables: a run's share
        return {"arm": "harness", "curves": [[(seconds + overhead, value) for seconds, value in curve] for curve in curves.values()]}
    found, wall = pytorch_runs(plan, out, table_of(plan, out, "loss"), arm, ["--every", "4" if plan.dry else "200"], [[]])
    if not found:
        raise RuntimeError(f"no run ended within {PART_SECONDS} s")
    share = max(0.0, wall - sum(f["seconds"] for f in found)) / len(found)
    return {"arm": f"PyTorch {arm}", "curves": [[(seconds + share, value) for _, seconds, value in f["curve"]] for f in found]}


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
