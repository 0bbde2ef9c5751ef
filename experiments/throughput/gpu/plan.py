"""What is measured: shapes, batches, arms, limits. --dry takes tiny shapes and the CPU."""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
HARNESS = os.environ.get("HARNESS", str(HERE.parents[2] / "harness")).split()
PYTHON = sys.executable

# layers, width, heads, context, vocabulary; the seven shapes of the comparison, and models a stack
SHAPES = {64: ("2x64x4x256x256", 8), 128: ("4x128x4x256x256", 8), 256: ("6x256x4x256x256", 4), 384: ("6x384x6x256x256", 2), 512: ("8x512x8x1024x8192", 0),
          768: ("12x768x12x1024x50304", 0), 1024: ("24x1024x16x1024x32768", 0)}
BATCHES = (4096, 32768, 131072)  # tokens a step
WARM_UP, BLOCK, CYCLES = 50, 100, 3
BLOCK_SECONDS = 4.0  # blocks of slow shapes are shorter: at least 5 steps
ARM_SECONDS = 300  # an arm that starts, or compiles and warms up, longer is left out, and its row says so; what is left of the part may allow less
PART_SECONDS = 540  # what is left of a part that takes longer is left out; gpu.sh ends it at 590
# Precision, shape, sequences, steps; the largest relative errors of a first gradient, of one parameter's part of it, of a loss. The last has more tokens than the head's logits have room for at once.
GATES = {"fp32": ("fp32", "2x64x4x256x256", 16, 200, 1e-3, 1e-3, 1e-2), "bf16": ("bf16", "2x64x4x256x256", 16, 200, 1e-2, 3e-2, 5e-2),
         "large-vocabulary": ("bf16", "2x256x4x256x50304", 12, 40, 1e-2, 3e-2, 5e-2)}
DRY_GATES = {"fp32": ("fp32", "1x16x2x16x32", 16, 20, 1e-3, 1e-3, 1e-2), "bf16": ("bf16", "1x16x2x16x32", 16, 20, 1e-2, 3e-2, 5e-2)}
DEVICE = "cuda:0"
ARMS = ("eager", "compile", "compile-graph")

DRY_SHAPES = {16: ("1x16x2x16x32", 2), 32: ("2x32x4x16x64", 0)}
DRY_BATCHES = (64, 128)


class Plan:
    def __init__(self, dry):
        self.dry = dry
        self.shapes, self.batches = (DRY_SHAPES, DRY_BATCHES) if dry else (SHAPES, BATCHES)
        self.warm_up, self.block, self.cycles = (2, 4, 1) if dry else (WARM_UP, BLOCK, CYCLES)
        self.device = "cpu" if dry else DEVICE
        self.gates = DRY_GATES if dry else GATES
        self.half = not dry
        self.arms = ("eager",) if dry else ARMS

    def parts(self):
        """Every part, in the order in which they should run; each takes less than ten minutes."""
        yield from ("gate", "kernels")
        for width in self.shapes:
            for tokens in self.batches:
                yield f"steps-{width}-{tokens}"
        yield from ("sweep-harness", "sweep-fast", "sweep-one-by-one")
        for arm in self.arms:
            if arm != "compile":
                yield from (f"sweep-{arm}-each", f"sweep-{arm}-all")
        yield "loss-harness"
        yield from (f"loss-{arm}" for arm in self.arms)
        yield "table"


def micro_batch(shape, batch, members=1):
    """The same for every arm, and less for each model of a stack: the largest divisor of the batch whose activations stay in about 8 GB at 34 bytes a unit and layer (Korthikanti et al. 2022, 2205.05198): the arms of a
    shape are in memory together."""
    layers, width, _, context, vocabulary = (int(part) for part in shape.split("x"))
    most = max(1, int(8e9 / (members * context * (34 * width * layers + 8 * vocabulary))))
    return max(rows for rows in range(1, batch + 1) if batch % rows == 0 and rows <= most)
