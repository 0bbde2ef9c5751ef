"""The 4,500-start Chinchilla fit and its bootstrap by SciPy's L-BFGS-B, as notebooks in the field write it, on the points that `./harness benchmarks fits` wrote.

Prints one CSV line a measurement: what, seconds, objective, starts at the optimum. Needs numpy and scipy (Debian: python3-scipy)."""
import csv
import itertools
import sys
import time

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

DELTA = 1e-3


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[name]) for row in rows]) for name in ("n", "d", "loss")]


def objective(theta, log_n, log_d, log_loss):
    """Sum of Huber penalties on log residuals (2203.15556, eq. 3) with its gradient, times 1e3: the sum itself is below L-BFGS-B's default tolerances."""
    a, b, e, alpha, beta = theta
    terms = np.stack([a - alpha * log_n, b - beta * log_d, np.full_like(log_n, e)])
    predicted = logsumexp(terms, axis=0)
    residual = predicted - log_loss
    size = np.abs(residual)
    value = np.where(size <= DELTA, 0.5 * residual**2, DELTA * (size - 0.5 * DELTA)).sum()
    slope = np.clip(residual, -DELTA, DELTA)
    share = slope * np.exp(terms - predicted)
    gradient = np.array([share[0].sum(), share[1].sum(), share[2].sum(), -(share[0] * log_n).sum(), -(share[1] * log_d).sum()])
    return 1e3 * value, 1e3 * gradient


def fit(start, data):
    return minimize(objective, start, args=data, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-9})


def main(path, starts, resamples):
    n, d, loss = read(path)
    data = (np.log(n), np.log(d), np.log(loss))
    grid = list(itertools.product(np.arange(0, 26, 5), np.arange(0, 26, 5), np.arange(-1, 1.01, 0.5), np.arange(0, 2.01, 0.5), np.arange(0, 2.01, 0.5)))
    chosen = [grid[int((i + 0.5) * len(grid) / starts)] for i in range(starts)]
    begin = time.perf_counter()
    ends = [fit(start, data) for start in chosen]
    seconds = time.perf_counter() - begin
    best = min(ends, key=lambda end: end.fun)
    reached = sum(end.fun <= best.fun * (1 + 1e-6) for end in ends)
    print(f"grid of {starts} starts,{seconds:.3f},{best.fun / 1e3:.12g},{reached}")
    random = np.random.default_rng(1)
    begin = time.perf_counter()
    for _ in range(resamples):
        rows = random.integers(0, len(n), len(n))
        fit(best.x, tuple(column[rows] for column in data))
    print(f"{resamples} bootstraps from the optimum alone,{time.perf_counter() - begin:.3f},,")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4500, int(sys.argv[3]) if len(sys.argv) > 3 else 4000)
