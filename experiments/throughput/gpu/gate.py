"""Parity before anything is timed."""
import json
import shutil
import subprocess

from plan import DRY_SHAPES, GATE, HARNESS


def gate(plan, out):
    """Parity before anything is timed: the harness's first gradient against float64, and its losses against PyTorch's on the same weights and batches."""
    import numpy
    import torch
    from arms import Trainer, loss_of, shape_of
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
        s = shape_of(shape, about["batch"])
        batches = torch.from_numpy(numpy.fromfile(folder / "batches.i64", numpy.int64)).view(-1, s.batch, s.context + 1)
        value, exact = loss_of({name: w.double() for name, w in weights.items()}, s, batches[0][:, :-1], batches[0][:, 1:].contiguous())
        value.backward()
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
