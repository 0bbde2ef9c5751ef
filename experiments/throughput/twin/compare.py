"""Measures the harness against PyTorch on this machine: parity, steps in ABBA order, a sweep end to end.

    python3 compare.py OUT PART...        parts: parity, steps (or steps-64, -128, -256), sweep (or sweep-1 to -4)

Every part writes its own CSV into OUT; table.py makes the report of them. run.sh sets the environment and runs all parts.
"""
import csv
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from gpt import ATTENTIONS

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SCRATCH = ROOT / "artifacts/throughput"
PYTHON = sys.executable
BENCHMARKS = [os.environ.get("DOTNET", "dotnet"), str(ROOT / "artifacts/bin/Harness.Benchmarks/release/Harness.Benchmarks.dll")]

# layers, width, heads, batch, context -> steps a block
SIZES = {(2, 64, 4, 16, 128): 40, (4, 128, 4, 8, 256): 10, (6, 256, 8, 8, 256): 3}
CYCLES = 5  # of A B B A
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000", "MALLOC_TOP_PAD_": "67108864"}  # what our shim does by mallopt
SURROUNDINGS = {  # of the Python process; the fastest for each size is compared
    "defaults": {},
    "keeps freed memory": KEEP_MEMORY,
    "keeps freed memory, ATen AVX-512": KEEP_MEMORY | {"ATEN_CPU_CAPABILITY": "avx512"},
    "keeps freed memory, OpenBLAS SkylakeX": KEEP_MEMORY | {"OPENBLAS_CORETYPE": "SkylakeX"},
}


WAITS = {"idle threads sleep": {}, "idle threads spin first": {"OMP_WAIT_POLICY": None}}  # OpenMP's own default spins for about a millisecond


def name_of(size):
    return f"d{size[1]} L{size[0]} B{size[3]} T{size[4]}"


def threads_of(count, **more):
    """The environment of a process with so many threads; a variable that is None is removed."""
    environment = os.environ | {"OMP_NUM_THREADS": str(count), "OPENBLAS_NUM_THREADS": str(count), "OMP_WAIT_POLICY": "PASSIVE"} | more
    return {name: value for name, value in environment.items() if value is not None}


class Server:
    """A program that times steps on demand; it sleeps while the other works."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen([str(c) for c in command], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._line() != "ready":
            raise SystemExit(f"{command}: did not start")

    def steps(self, count):
        return json.loads(self._ask(count))

    def peak_memory(self):
        return int(self._ask("memory"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def _ask(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self):
        return self.process.stdout.readline().strip()


def python_steps(size, threads, attention, surroundings, wait="idle threads sleep"):
    environment = threads_of(threads, **SURROUNDINGS[surroundings], **WAITS[wait])
    return Server([PYTHON, HERE / "steps.py", *size, threads, attention], environment)


def harness_steps(size, threads):
    return Server([*BENCHMARKS, "serve", *size, threads], threads_of(threads))


def best_knobs(size, block, out):
    """PyTorch's best knobs at this size: attention first, then the surroundings, then how two threads wait for each other. Each is tried twice, there and
    back, and judged by its quickest step: a neighbour's noise must not choose for PyTorch."""

    def best(threads, choices):
        quickest = {}
        for knobs in [*choices, *reversed(choices)]:
            with python_steps(size, threads, *knobs) as server:
                server.steps(2)
                quickest[knobs] = min(quickest.get(knobs, math.inf), *server.steps(max(2, block // 2)))
        for knobs, seconds in quickest.items():
            append(out / "knobs.csv", size=name_of(size), threads=threads, attention=knobs[0], surroundings="; ".join(knobs[1:]), step_seconds=seconds)
        return min(quickest, key=quickest.get)

    attention, _ = best(1, [(a, "keeps freed memory") for a in ATTENTIONS])
    one = best(1, [(attention, s) for s in SURROUNDINGS])
    return {1: one, 2: best(2, [(*one, w) for w in WAITS])}


def steps(out, widths):
    for size, block in SIZES.items():
        if size[1] not in widths:
            continue
        knobs = best_knobs(size, block, out)
        for threads in (1, 2):
            with harness_steps(size, threads) as ours, python_steps(size, threads, *knobs[threads]) as theirs:
                for server in (ours, theirs):
                    server.steps(3)
                for cycle in range(CYCLES):
                    for place, server in enumerate((ours, theirs, theirs, ours)):
                        taken = server.steps(block)
                        append(out / "blocks.csv", size=name_of(size), threads=threads, cycle=cycle, place=place, who="harness" if server is ours else "python",
                               seconds=sum(taken), steps=block, median=statistics.median(taken), least=min(taken), most=max(taken))
                for who, server in (("harness", ours), ("python", theirs)):
                    append(out / "memory.csv", size=name_of(size), threads=threads, who=who, peak_bytes=server.peak_memory())


def parity(out):
    for size in SIZES:
        folder = SCRATCH / name_of(size).replace(" ", "-")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([*BENCHMARKS, "parity", str(folder), *map(str, size)], env=threads_of(1), check=True)
        checked = subprocess.run([PYTHON, HERE / "parity.py", folder], env=threads_of(1), stdout=subprocess.PIPE, text=True)
        found = json.loads(checked.stdout or "{}")
        append(out / "parity.csv", size=name_of(size), **found)
        print(f"parity {name_of(size)}: {found}")
        if checked.returncode:
            raise SystemExit("parity: the two compute different things; nothing was timed")
        shutil.rmtree(folder)


def sweep(out, places):
    """The 24 runs of sweep.yaml four ways, forwards and then backwards; `places` are those of the eight to do now."""
    data = SCRATCH / "data"
    if not (data / "train.u16").exists():
        subprocess.run([*BENCHMARKS, "tokens", str(data)], check=True)
    results = ROOT / "results" / "throughput"

    def ours(_):
        shutil.rmtree(results, ignore_errors=True)
        subprocess.run([ROOT / "harness", "run", HERE.parent / "sweep.yaml"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return [float(r["val_loss_nats_per_token"]) for r in table()]

    def table():
        with open(results / "runs.csv", newline="") as file:
            return list(csv.DictReader(file))

    def train(names, losses, threads):
        return [PYTHON, HERE / "train.py", results / "runs.csv", data, losses, str(threads), *names]

    def processes(jobs, threads, at_once):
        """Runs jobs, so many at once, the next as soon as one ends."""
        waiting, running = list(jobs), []
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(subprocess.Popen(waiting.pop(0), env=threads_of(threads, **KEEP_MEMORY)))
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            for process in running:
                if process.poll() not in (None, 0):
                    raise SystemExit("a PyTorch run failed")
            running = [p for p in running if p.poll() is None]

    def runs():
        return sorted(table(), key=lambda r: -float(r["train_flops"]))  # the longest first, as the harness takes them

    def one_process_a_run(losses):
        processes([train([r["name"]], losses, 1) for r in runs()], 1, 2)

    def one_process_for_all(losses):
        processes([train([], losses, 2)], 2, 1)

    def two_processes_for_all(losses):
        halves = [[], []]
        for run in runs():
            min(halves, key=lambda half: sum(float(r["train_flops"]) for r in half)).append(run)
        processes([train([r["name"] for r in half], losses, 1) for half in halves], 1, 2)

    arms = [("harness run", ours), ("PyTorch, one process a run, two at once", one_process_a_run), ("PyTorch, one process for all, two threads", one_process_for_all),
            ("PyTorch, two processes, half of the runs each", two_processes_for_all)]
    if not (results / "runs.csv").exists():
        ours(None)  # what the other arms read; it also fills the disk's cache
    for number, (arm, work) in enumerate([*arms, *reversed(arms)]):
        if number in places:
            losses = SCRATCH / "losses.csv"
            losses.unlink(missing_ok=True)
            start = time.perf_counter()
            found = work(losses)
            seconds = time.perf_counter() - start
            if found is None:
                with open(losses, newline="") as file:
                    found = [float(row[1]) for row in csv.reader(file)]
            append(out / "sweep.csv", arm=arm, place=number, seconds=seconds, runs=len(found), mean_loss=statistics.mean(found))
            print(f"sweep: {arm}: {seconds:.1f} s, {len(found)} runs, mean loss {statistics.mean(found):.3f}")


def append(path, **row):
    new = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


PARTS = {"parity": parity, "steps": lambda out: steps(out, {64, 128, 256})}
PARTS |= {f"steps-{width}": lambda out, width=width: steps(out, {width}) for width in (64, 128, 256)}
PARTS |= {"sweep": lambda out: sweep(out, range(8))}
PARTS |= {f"sweep-{number}": lambda out, number=number: sweep(out, range(2 * number - 2, 2 * number)) for number in (1, 2, 3, 4)}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[2:]:
        PARTS[part](folder)
