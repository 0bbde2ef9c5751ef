"""The protocol of the comparison on a GPU, a part at a time; see ../gpu.sh.

    python3 drive.py OUT parts [--dry]       every part's name, in order
    python3 drive.py OUT PART [--dry]        gate, kernels, steps-WIDTH-TOKENS, sweep-ARM, loss-ARM, table

Every part writes one JSON file into OUT; `table` reads them all. --dry takes tiny shapes and the CPU: it shows that the script runs, and its figures mean nothing.
"""
import json
import pathlib
import subprocess
import sys

import arm_server
import end_to_end
import gate
import tables
from plan import DEVICE, HARNESS, Plan


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
    """Every kernel's bytes a second, in the shapes of both families."""
    texts, codes = [], []
    for family in ("gpt2", "llama"):
        done = subprocess.run(HARNESS + ["bench", "kernels", "--device", plan.device, "--family", family], capture_output=True, text=True, check=False)
        texts.append(f"{family}\n{done.stdout}{done.stderr}")
        codes.append(done.returncode)
    (out / "kernels.txt").write_text("\n".join(texts))
    return {"exit": max(codes), "gemm_flops": None if plan.dry else gemm_peak()}


def measure(plan, out, part):
    kind, _, which = part.partition("-")
    if kind == "steps":
        return arm_server.steps(plan, out, *(int(number) for number in which.split("-")))
    if kind in ("sweep", "loss"):
        return getattr(end_to_end, kind)(plan, out, which)
    return {"gate": gate.gate, "kernels": kernels}[part](plan, out)


def main():
    out, part, plan = pathlib.Path(sys.argv[1]), sys.argv[2], Plan("--dry" in sys.argv)
    if part == "parts":
        print(*plan.parts())
        return 0
    if part not in plan.parts():
        raise SystemExit(f"{part}: no such part; there are {' '.join(plan.parts())}")
    out.mkdir(parents=True, exist_ok=True)
    if part == "table":
        tables.write(out)
        return 0
    result = measure(plan, out, part)
    (out / f"{part}.json").write_text(json.dumps(result, indent=1))
    if part == "gate" and not all(entry["good"] for entry in result):
        print(json.dumps(result, indent=1))
        print("the gate is shut: the two sides don't compute the same; nothing is timed", file=sys.stderr)
        return 1
    if part == "kernels" and result["exit"] != 0 and not plan.dry:
        print(f"harness bench kernels failed; see {out / 'kernels.txt'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
