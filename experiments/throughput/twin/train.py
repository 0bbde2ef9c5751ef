"""Trains the runs of a table one after another: what a lab writes around PyTorch when it has no harness.

    python3 train.py RUNS.csv DATA RESULTS.csv THREADS [NAME ...]

RUNS.csv is a harness's runs.csv (only what was asked for is read); DATA holds train.u16 and validation.u16. Appends name and held-out loss of each run to
RESULTS.csv. Without names, every run.
"""
import csv
import fcntl
import math
import pathlib
import sys

import numpy
import torch

from gpt import Shape, Trainer, initial

EVALUATION_TOKENS = 16 * 1024  # as in sweep.yaml
FINAL_FRACTION = 0.1  # of the cosine, as in sweep.yaml


def rate(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return peak * (FINAL_FRACTION + (1 - FINAL_FRACTION) * 0.5 * (1 + math.cos(math.pi * done)))


def windows(tokens, starts, context):
    rows = torch.from_numpy(numpy.stack([tokens[s:s + context + 1] for s in starts]).astype(numpy.int64))
    return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()


def train(run, train_tokens, held_out):
    context, batch_tokens, steps = (int(run[k]) for k in ("context_length", "batch_tokens", "steps"))
    shape = Shape(int(run["n_layer"]), int(run["d_model"]), int(run["n_head"]), batch_tokens // context, context)
    trainer = Trainer(shape, initial(shape, int(run["seed"])))
    random = numpy.random.default_rng(int(run["data_seed"]))
    order = random.permutation((len(train_tokens) - 1) // context)  # each window once an epoch, as the harness draws them
    peak, warmup = float(run["peak_lr"]), int(run["warmup_steps"])
    for step in range(steps):
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate(step, steps, warmup, peak)
        trainer.step(*windows(train_tokens, order[numpy.arange(step * shape.batch, (step + 1) * shape.batch) % len(order)] * context, context))
    with torch.no_grad():
        count = min(EVALUATION_TOKENS, len(held_out) - 1) // context
        losses = []
        for first in range(0, count, shape.batch):
            rows = numpy.arange(first, min(first + shape.batch, count)) * context
            losses += [trainer.model.loss(*windows(held_out, rows, context)).item()] * len(rows)
    return sum(losses) / len(losses)


def main(table, data, results, threads, *names):
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    tokens = {which: numpy.memmap(pathlib.Path(data) / f"{which}.u16", numpy.uint16, "r") for which in ("train", "validation")}
    with open(table, newline="") as file:
        runs = [r for r in csv.DictReader(file) if not names or r["name"] in names]
    for run in runs:
        loss = train(run, tokens["train"], tokens["validation"])
        with open(results, "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(f"{run['name']},{loss!r}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
