"""Parity before anything is timed: every way in which the harness computes a step, against float64 and against PyTorch on the same weights and batches."""
import json
import math
import shutil
import subprocess

from plan import HARNESS


def read(folder):
    """What the harness wrote, and a function that cuts a parameter out of a flat array."""
    import numpy
    import torch
    about = json.loads((folder / "shape.json").read_text())

    def parameters(name):
        flat = numpy.fromfile(folder / f"{name}.f32", numpy.float32)
        return {slot["name"]: torch.from_numpy(flat[slot["offset"]:slot["offset"] + int(numpy.prod(slot["shape"]))].reshape(slot["shape"]).copy()) for slot in about["slots"]}

    batches = torch.from_numpy(numpy.fromfile(folder / "batches.i64", numpy.int64)).view(-1, about["batch"], about["context"] + 1)
    return about, parameters("weights"), parameters("gradients"), batches, numpy.fromfile(folder / "losses.f64", numpy.float64)


def errors(found, exact):
    """Relative errors (L2): of the whole gradient, and of the parameter where it is largest."""
    off = {name: float((found[name].double().cpu() - exact[name]).norm()) for name in exact}
    size = {name: float(exact[name].norm()) for name in exact}
    worst = max(exact, key=lambda name: off[name] / max(size[name], 1e-30))
    return math.hypot(*off.values()) / math.hypot(*size.values()), off[worst] / max(size[worst], 1e-30), worst


def repeated(plan, s, weights, batches, half):
    """PyTorch's half: the gradient of the first batch in float64 and in its own eager step, and the losses of all."""
    import torch
    from arms import Trainer, loss_of

    def halves(batch):
        return batch[:, :-1].contiguous(), batch[:, 1:].contiguous()

    value, leaves = loss_of({name: w.double() for name, w in weights.items()}, s, *halves(batches[0]))
    value.backward()
    exact = {name: leaf.grad for name, leaf in leaves.items()}
    trainer = Trainer(s, weights, batches.reshape(-1), plan.device, half, "eager", rate=1e-3)
    own, losses = None, []
    for batch in batches:
        losses.append(trainer.gradients(*halves(batch.to(trainer.device))).item())
        own = own or {name: w.grad.detach().clone() for name, w in trainer.model.weights.items()}
        trainer.update()
    del trainer
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return exact, errors(own, exact)[0], losses


def gate(plan, out):
    """A row each precision, shape and arm of the harness."""
    import numpy
    from arms import shape_of
    found = []
    for name, (precision, shape, batch, steps, gradient_limit, parameter_limit, loss_limit) in plan.gates.items():
        theirs = None
        for arm in ("Graph", "Stack", "Eager"):
            folder = out / "parity" / f"{name}-{arm.lower()}"
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run(HARNESS + ["bench", "parity", str(folder), "--shape", shape, "--batch", str(batch), "--steps", str(steps), "--device", plan.device, "--rate", "1e-3", "--arm", arm, "--members", "2"]
                           + (["--bf16"] if precision == "bf16" else []), check=True)
            about, weights, gradients, batches, losses = read(folder)
            # Weights and batches come from the same seeds for every arm.
            theirs = theirs or repeated(plan, shape_of(shape, batch), weights, batches, precision == "bf16")
            exact, own_error, their_losses = theirs
            whole, of_worst, worst = errors(gradients, exact)
            limit = max(gradient_limit, 1.25 * own_error) if precision == "bf16" else gradient_limit  # bf16 has no exact answer: PyTorch's own will do
            loss_error = float(numpy.max(numpy.abs(losses / numpy.array(their_losses) - 1)))
            found.append({"precision": precision, "shape": shape, "arm": arm.lower(), "engine": about["engine"], "gradient_error": whole, "gradient_limit": limit,
                          "worst": worst, "worst_error": of_worst, "worst_limit": parameter_limit, "pytorch_gradient_error": own_error, "loss_error": loss_error, "loss_limit": loss_limit,
                          "first_loss": float(losses[0]), "last_loss": float(losses[-1]), "steps": len(losses),
                          # A network that learns nothing would pass any comparison of losses.
                          "good": bool(whole < limit and of_worst < parameter_limit and loss_error < loss_limit and losses[-1] < losses[0])})
    return found
