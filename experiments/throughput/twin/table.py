"""Makes the tables and the plot of what compare.py measured.

    python3 table.py OUT        reads blocks.csv, memory.csv, knobs.csv, parity.csv, sweep.csv; writes steps.csv, throughput.md, throughput.png and .svg
"""
import csv
import datetime
import pathlib
import statistics
import subprocess
import sys

import torch


def rows(path):
    if not path.exists():
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def tokens_of(size):
    batch, context = size.split()[2:]
    return int(batch[1:]) * int(context[1:])


def steps(folder):
    """One line a size and number of threads: medians over all steps' blocks, and the ratio of each ABBA cycle's sums."""
    measured, memory = rows(folder / "blocks.csv"), rows(folder / "memory.csv")
    for size, threads in dict.fromkeys((r["size"], r["threads"]) for r in measured):
        mine = [r for r in measured if (r["size"], r["threads"]) == (size, threads)]
        line = {"size": size, "threads": threads}
        for who in ("harness", "python"):
            speeds = [tokens_of(size) * int(r["steps"]) / float(r["seconds"]) for r in mine if r["who"] == who]
            line |= {f"{who}_tokens_per_second": statistics.median(speeds), f"{who}_least": min(speeds), f"{who}_most": max(speeds)}
            line[f"{who}_peak_bytes"] = next(int(r["peak_bytes"]) for r in memory if (r["size"], r["threads"], r["who"]) == (size, threads, who))

        def taken(cycle, who):
            return sum(float(r["seconds"]) for r in mine if r["cycle"] == cycle and r["who"] == who)

        ratios = [taken(c, "python") / taken(c, "harness") for c in dict.fromkeys(r["cycle"] for r in mine)]
        line |= {"ratio": statistics.median(ratios), "ratio_least": min(ratios), "ratio_most": max(ratios), "cycles": len(ratios)}
        yield line


def sweep(folder):
    """One line a way of doing the sweep: the seconds of both orders."""
    measured = rows(folder / "sweep.csv")
    for arm in dict.fromkeys(r["arm"] for r in measured):
        mine = [r for r in measured if r["arm"] == arm]
        seconds = [float(r["seconds"]) for r in mine]
        yield {"arm": arm, "seconds": statistics.mean(seconds), "least": min(seconds), "most": max(seconds), "runs": mine[0]["runs"],
               "mean_loss": statistics.mean(float(r["mean_loss"]) for r in mine)}


def machine():
    with open("/proc/cpuinfo") as file:
        lines = file.read().splitlines()
    model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    vectors = "AVX-512" if any("avx512f" in line for line in lines) else "no AVX-512"
    return f"{sum(line.startswith('processor') for line in lines)} cores of {model} with {vectors}, libtorch {torch.__version__}, {datetime.date.today()}"


def markdown(folder, lines, ways):
    yield f"Measured on {machine()} by `experiments/throughput/run.sh`. tokens/s: median of the blocks, range in brackets; ratio: of each ABBA cycle's sums, median and range."
    yield ""
    yield "| model | threads | harness, tokens/s | PyTorch, tokens/s | harness / PyTorch | peak memory, MiB |"
    yield "|---|---|---|---|---|---|"
    for r in lines:
        def speed(who):
            return f"{r[f'{who}_tokens_per_second']:,.0f} ({r[f'{who}_least']:,.0f} to {r[f'{who}_most']:,.0f})"

        yield (f"| {r['size']} | {r['threads']} | {speed('harness')} | {speed('python')} | **{r['ratio']:.2f}** ({r['ratio_least']:.2f} to {r['ratio_most']:.2f}) "
               f"| {r['harness_peak_bytes'] / 2**20:.0f} against {r['python_peak_bytes'] / 2**20:.0f} |")
    if ways:
        yield ""
        yield "| 24 runs of `sweep.yaml`, end to end | seconds (both orders) | runs an hour | against the harness | mean held-out loss |"
        yield "|---|---|---|---|---|"
        for w in ways:
            yield f"| {w['arm']} | {w['seconds']:.1f} ({w['least']:.1f}, {w['most']:.1f}) | {3600 * int(w['runs']) / w['seconds']:.0f} | {w['seconds'] / ways[0]['seconds']:.2f} x | {w['mean_loss']:.3f} |"
    yield ""
    yield "Parity before any timing (same weights, same 50 batches): " + "; ".join(
        f"{p['size']}: gradients within {float(p['gradient_error']):.1e}, losses within {float(p['loss_error']):.1e}" for p in rows(folder / "parity.csv")) + "."
    knobs = rows(folder / "knobs.csv")
    yield "PyTorch ran with the fastest of the settings in `knobs.csv`: " + "; ".join(
        f"{size}, {threads} thread{'s' if threads != '1' else ''}: {best['attention']}, {best['surroundings']}"
        for size, threads in dict.fromkeys((k["size"], k["threads"]) for k in knobs)
        for best in [min((k for k in knobs if (k["size"], k["threads"]) == (size, threads)), key=lambda k: float(k["step_seconds"]))]) + "."


PLOT = """
set terminal {terminal}
set output '{output}'
set datafile separator ','
set border 3 lc rgb '#444444'
set tics nomirror out scale 0.5
set style fill solid 0.9 border lc rgb '#333333'
set bmargin 4.5
set grid ytics lc rgb '#dddddd' lw 1
set multiplot layout 1,2
set style data histogram
set style histogram clustered gap 1 errorbars linewidth 1.5
set bars 0.5
set key top right samplen 1.5
set title 'Training step: tokens/s of the harness / of PyTorch, same libtorch'
set ylabel 'ratio (median and range of ABBA cycles)'
set yrange [0:*]
set label 1 'PyTorch = 1' at graph 0.01,first 1 offset 0,0.6 tc rgb '#666666' font ',9'
plot '{ratios}' using 2:3:4:xtic(1) title '1 thread' lc rgb '#1f5c99', '' using 5:6:7 title '2 threads' lc rgb '#e08a2e', 1 title '' lc rgb '#666666' dt 2
unset label 1
unset key
set title '24 runs end to end on two cores'
set ylabel 'seconds from the command to the last loss'
set boxwidth 0.62
set xrange [-0.6:{last}.6]
set xtics ({names}) font ',9'
plot '{ways}' using 0:1:(column(0)==0 ? 0x1f5c99 : 0x9aa5b1) with boxes lc rgb variable notitle, '' using 0:2:(0):(column(3)-column(2)) with vectors nohead lc rgb '#222222' lw 1.5 notitle, \\
     '' using 0:3:(sprintf('%.0f s', column(1))) with labels offset 0,0.8 font ',10' notitle
"""


def plot(folder, lines, ways):
    if not ways:
        return
    ratios, bars = folder / "plot-ratios.csv", folder / "plot-ways.csv"
    with open(ratios, "w") as file:
        for size in dict.fromkeys(r["size"] for r in lines):
            mine = sorted((r for r in lines if r["size"] == size), key=lambda r: r["threads"])
            file.write(",".join([" ".join(size.split()[:2])] + [f"{r[k]:.4f}" for r in mine for k in ("ratio", "ratio_least", "ratio_most")]) + "\n")
    with open(bars, "w") as file:
        for w in ways:
            file.write(f"{w['seconds']:.2f},{w['least']:.2f},{w['most']:.2f}\n")
    names = ", ".join('"{}" {}'.format(w["arm"].replace(", ", "\\n"), i) for i, w in enumerate(ways))
    for terminal, name in (("pngcairo size 1300,520 font 'sans,11'", "throughput.png"), ("svg size 1300,520 font 'sans,11' background '#ffffff'", "throughput.svg")):
        script = PLOT.format(terminal=terminal, output=folder / name, ratios=ratios, ways=bars, names=names, last=len(ways) - 1)
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
    ratios.unlink()
    bars.unlink()


def main(folder):
    lines, ways = list(steps(folder)), list(sweep(folder))
    with open(folder / "steps.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    text = "\n".join(markdown(folder, lines, ways)) + "\n"
    (folder / "throughput.md").write_text(text)
    plot(folder, lines, ways)
    print(text)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
