"""The gate: with the harness's weights and batches, PyTorch must find the same first gradients and the same 50 losses.

    python3 parity.py FOLDER

Reads what `harness benchmarks parity` wrote: shape.json, weights.f32, batches.i64, gradients.f32, losses.f64. Exit 1 if the two differ.
"""
import json
import pathlib
import sys

import numpy
import torch

from gpt import Shape, Trainer

GRADIENTS = 1e-4  # relative, L2, of every parameter
LOSSES = 1e-3  # relative, of each of the 50 losses: rounding grows along a trajectory


def main(folder):
    about = json.loads((folder / "shape.json").read_text())
    shape = Shape(**about["shape"])
    flat = {name: numpy.fromfile(folder / f"{name}.f32", numpy.float32) for name in ("weights", "gradients")}

    def view(which, slot):
        size = int(numpy.prod(slot["shape"]))
        return torch.from_numpy(flat[which][slot["offset"]:slot["offset"] + size].reshape(slot["shape"]))

    weights = {slot["name"]: view("weights", slot) for slot in about["slots"]}
    batches = torch.from_numpy(numpy.fromfile(folder / "batches.i64", numpy.int64)).view(-1, shape.batch, shape.context + 1)
    losses = numpy.fromfile(folder / "losses.f64", numpy.float64)

    trainer = Trainer(shape, weights, rate=about["learning_rate"])
    found, gradient_error = [], 0.0
    for step, batch in enumerate(batches):
        inputs, targets = batch[:, :-1].contiguous(), batch[:, 1:].contiguous()
        found.append(trainer.gradients(inputs, targets).item())
        if step == 0:
            for slot in about["slots"]:
                mine, other = trainer.model.weights[slot["name"]].grad, view("gradients", slot)
                gradient_error = max(gradient_error, ((mine - other).norm() / mine.norm()).item())
        trainer.clip()
        trainer.optimizer.step()
    loss_error = float(numpy.max(numpy.abs(numpy.array(found) / losses - 1)))
    good = gradient_error < GRADIENTS and loss_error < LOSSES and found[-1] < 0.9 * found[0]
    print(json.dumps({
        "good": good, "gradient_error": gradient_error, "loss_error": loss_error, "steps": len(found), "first_loss": found[0], "last_loss": found[-1]}))
    return 0 if good else 1


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main(pathlib.Path(sys.argv[1])))
