"""Times steps on demand, so that two programs can take turns on one machine.

    python3 steps.py LAYERS WIDTH HEADS BATCH CONTEXT THREADS ATTENTION

Prints "ready", then for each line "N" on standard input one JSON list with the seconds of N steps, and for "memory" the process's peak in bytes.
"""
import gc
import json
import sys
import time

import torch

from gpt import Shape, Trainer, initial


def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def main(layers, width, heads, batch, context, threads, attention):
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    shape = Shape(int(layers), int(width), int(heads), int(batch), int(context))
    trainer = Trainer(shape, initial(shape, 1), attention)
    windows = torch.randint(shape.vocabulary, (shape.batch, shape.context + 1), generator=torch.Generator().manual_seed(1))
    inputs, targets = windows[:, :-1].contiguous(), windows[:, 1:].contiguous()
    gc.freeze()
    gc.disable()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "memory":
            print(peak_memory(), flush=True)
            continue
        seconds = []
        for _ in range(int(line)):
            start = time.perf_counter()
            trainer.step(inputs, targets)
            seconds.append(time.perf_counter() - start)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
