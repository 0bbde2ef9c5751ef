"""Why our bootstrap deviation of B is not the published one: the same resamples, fitted by BFGS from several starts, and at the minimum.

    python3 early_stop.py FOLDER/epoch-research+analyzing-chinchilla/svg_extracted_data.csv [RESAMPLES]        needs numpy and scipy; 400 resamples take a few minutes

Sum of absolute residuals of log L over resampled rows of the 240 points, E + A/N^alpha + B/D^beta (Besiroglu et al. 2024, 2404.10102), with exact gradients and SciPy's own tolerances. The minimum is
followed through Huber penalties whose corner narrows, from three starts.
"""
import csv
import sys

import numpy as np
from scipy.optimize import minimize

# log A, log B, log E, alpha, beta
OPTIMUM = np.array([np.log(482.0057), np.log(2085.4342), np.log(1.816864), 0.347813, 0.365854])
STARTS = {
    "the optimum of all points": OPTIMUM,
    "Hoffmann et al.'s fit": np.array([6.0073404, 6.0179186, 0.5267228, 0.33917084, 0.2849083]),
    "5, 5, 0.5, 0.5, 0.5": np.array([5, 5, 0.5, 0.5, 0.5]),
}


def points(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    n, flops, loss = (np.array([float(r[c]) for r in rows]) for c in ("Model Size", "Training FLOP", "loss"))
    kept = np.sort(np.argsort(loss)[:-5])
    return np.log(n[kept]), np.log(flops[kept] / (6 * n[kept])), np.log(loss[kept])


def objective(p, n, d, loss, corner):
    """Sum of |residual| (corner 0) or of Huber's penalty over its corner, and its gradient."""
    terms = np.stack([p[0] - p[3] * n, p[1] - p[4] * d, np.full(len(n), p[2])])
    predicted = np.logaddexp.reduce(terms)
    residual = predicted - loss
    size = np.abs(residual)
    value, slope = (size, np.sign(residual)) if corner == 0 else (np.where(size < corner, 0.5 * residual**2 / corner, size - 0.5 * corner), np.clip(residual / corner, -1, 1))
    share = np.exp(terms - predicted) * slope
    return value.sum(), np.array([share[0].sum(), share[1].sum(), share[2].sum(), -(share[0] * n).sum(), -(share[1] * d).sum()])


def minimum(n, d, loss):
    best = None
    for p in STARTS.values():
        for corner in 10.0 ** np.arange(-2, -7.5, -0.5):
            p = minimize(objective, p, args=(n, d, loss, corner), jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000}).x
        value = objective(p, n, d, loss, 0)[0]
        best = (value, p) if best is None or value < best[0] else best
    return best


def main(path, resamples):
    n, d, loss = points(path)
    generator = np.random.default_rng(1)
    found = {name: [] for name in [*STARTS, "the minimum"]}
    for _ in range(resamples):
        rows = generator.integers(0, len(n), len(n))
        sample = n[rows], d[rows], loss[rows]
        for name, start in STARTS.items():
            end = minimize(objective, start, args=(*sample, 0), jac=True, method="BFGS")
            found[name].append((end.fun, *end.x))
        value, p = minimum(*sample)
        found["the minimum"].append((value, *p))
    least = np.min([np.array(ends)[:, 0] for ends in found.values()], axis=0)
    print(f"{resamples} resamples; standard deviations of A, B, E, alpha, beta; share that stopped more than 1e-4 above the lowest value found")
    for name, ends in found.items():
        ends = np.array(ends)
        a, b, e = (np.exp(ends[:, k]).std(ddof=1) for k in (1, 2, 3))
        print(f"{name:26} {a:6.1f} {b:6.0f} {e:8.5f} {ends[:, 4].std(ddof=1):8.5f} {ends[:, 5].std(ddof=1):8.5f}   {100 * (ends[:, 0] - least > 1e-4).mean():3.0f} %")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400)
