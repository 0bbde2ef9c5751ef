"""Tables and plots of what drive.py measured: steps.md, ratios.md, summary.md, steps.svg and loss.svg, without any package."""
import json
import math

COLOURS = {"harness eager": "#9ecae1", "harness graph": "#08519c", "PyTorch eager": "#fdae6b", "PyTorch compile": "#e6550d", "PyTorch compile-graph": "#a63603"}


def flops_a_token(shape):
    """6 N + 12 L d T, N without embeddings and head: the count of performance comparisons (PaLM, 2204.02311, appendix B)."""
    layers, width, _, context, _ = (int(part) for part in shape.split("x"))
    return 6 * 12 * layers * width * width + 12 * layers * width * context


def short(value):
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def read(out, name):
    file = out / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def every(out, kind):
    return [json.loads(file.read_text()) for file in sorted(out.glob(f"{kind}-*.json"), key=lambda f: ("harness" not in f.stem, f.stem))]


def write(out):
    peak = (read(out, "kernels") or {}).get("gemm_flops")
    rows = [row for file in sorted(out.glob("steps-*.json"), key=lambda f: [int(n) for n in f.stem[6:].split("-")]) for row in json.loads(file.read_text())]
    text = ["# Steps", "", "Median of the blocks, their range, and shares of 989 TFLOP/s (H100, bf16 dense) and of the bf16 product measured here"
            + (f" ({peak / 1e12:.0f} TFLOP/s)." if peak else " (not measured)."), "",
            "| width | tokens a step | arm | tokens/s | range | MFU of 989 | MFU of measured | GB/s | host ms a step | kernels a step | memory | how |", "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        if "failed" in row:
            text.append(f"| {row['width']} | {row['batch_tokens']} | {row['arm']} | failed: {row['failed']} | | | | | | | | |")
            continue
        flops = row["tokens_per_second"] * flops_a_token(row["shape"])
        text.append(f"| {row['width']} | {row['batch_tokens']} | {row['arm']} | {short(row['tokens_per_second'])} | {short(row['least'])} to {short(row['most'])} | {100 * flops / 989e12:.2g} % | "
                    + (f"{100 * flops / peak:.2g} %" if peak else "") + f" | {format(row['bytes'] * row['tokens_per_second'] / row['batch_tokens'] / 1e9, '.0f') if row['bytes'] else ''}"
                    + f" | {'' if row['host_ms'] is None else format(row['host_ms'], '.2f')} | {row['kernels'] or ''} | "
                    f"{short(row['memory']) if row['memory'] else ''} | {row['about'] or ''}{'; without ' + ', '.join(row['left_out']) if row['left_out'] else ''} |")
    (out / "steps.md").write_text("\n".join(text) + "\n")
    (out / "ratios.md").write_text(ratios(rows))
    (out / "summary.md").write_text(summary(out))
    (out / "steps.svg").write_text(plot(rows))
    (out / "loss.svg").write_text(loss_plot({row["arm"]: row["curves"] for row in every(out, "loss")}))


def ratios(rows):
    text = ["# Ratios", "", "The harness's best arm over torch.compile, and over PyTorch's best arm.", "", "| width | tokens a step | harness's best | over compile | over PyTorch's best |", "|---|---|---|---|---|"]
    for width, tokens in sorted({(row["width"], row["batch_tokens"]) for row in rows}):
        here = {row["arm"]: row["tokens_per_second"] for row in rows if (row["width"], row["batch_tokens"]) == (width, tokens) and "failed" not in row}
        ours = max(((speed, arm) for arm, speed in here.items() if arm.startswith("harness")), default=None)
        theirs = [speed for arm, speed in here.items() if arm.startswith("PyTorch")]
        if ours:
            compiled = here.get("PyTorch compile")
            text.append(f"| {width} | {tokens} | {ours[1]} | {f'{ours[0] / compiled:.2f}' if compiled else ''} | {f'{ours[0] / max(theirs):.2f}' if theirs else ''} |")
    return "\n".join(text) + "\n"


def summary(out):
    text = ["# Summary", ""]
    for entry in read(out, "gate") or []:
        text.append(f"- Gate, {entry['precision']}, {entry['shape']}, {entry['arm']}: {'open' if entry['good'] else 'SHUT'}; first gradient within {entry['gradient_error']:.1e} of float64 "
                    f"(PyTorch's own {entry['pytorch_gradient_error']:.1e}; worst part {entry['worst']}, {entry['worst_error']:.1e}), {entry['steps']} losses within {entry['loss_error']:.1e} of PyTorch's; loss {entry['first_loss']:.3f} to {entry['last_loss']:.3f}.")
    for row in every(out, "sweep"):
        text.append(f"- Sweep, {row['arm']}: {row['runs']}{'' if row['runs'] == row['of'] else ' of ' + str(row['of'])} runs in {row['seconds']:.1f} s, {3600 * row['runs'] / row['seconds']:.0f} an hour, "
                    f"mean held-out loss {row['mean_loss']:.4f} (the harness's of the same runs: {row['mean_loss_of_harness']:.4f}).")
    curves = {row["arm"]: row["curves"] for row in every(out, "loss")}
    if curves:
        target = max(min(value for _, value in curve) for each in curves.values() for curve in each)  # what the worst arm's worst seed reached
        for arm, each in curves.items():
            reached = [next((seconds for seconds, value in curve if value <= target), None) for curve in each]
            text.append(f"- To a held-out loss of {target:.4f}, {arm}: {', '.join('never' if s is None else f'{s:.1f}' for s in reached)} s.")
    return "\n".join(text) + "\n"


def plot(rows):
    """Tokens a second over the width at each batch size, both on log axes."""
    good = [row for row in rows if "failed" not in row]
    batches = sorted({row["batch_tokens"] for row in good})
    if not good:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>\n'
    widths, speeds = [row["width"] for row in good], [row["tokens_per_second"] for row in good]
    x0, x1, y0, y1 = math.log(min(widths) * 0.9), math.log(max(widths) * 1.1), math.log(min(speeds) * 0.8), math.log(max(speeds) * 1.25)
    panel, high, pad = 320, 260, 50
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{panel * len(batches) + 180}" height="{high + 2 * pad}" font-family="sans-serif" font-size="11">',
             '<rect width="100%" height="100%" fill="white"/>']
    at = lambda p, width, speed: (p * panel + pad + (math.log(width) - x0) / (x1 - x0) * (panel - pad - 20), pad + high - (math.log(speed) - y0) / (y1 - y0) * high)
    arms = sorted({row["arm"] for row in good})
    for p, batch in enumerate(batches):
        parts.append(f'<text x="{p * panel + pad}" y="{pad - 15}">{batch} tokens a step</text><rect x="{p * panel + pad}" y="{pad}" width="{panel - pad - 20}" height="{high}" fill="none" stroke="#999"/>')
        for decade in range(math.ceil(y0 / math.log(10)), math.floor(y1 / math.log(10)) + 1):
            _, y = at(p, min(widths), 10.0 ** decade)
            parts.append(f'<line x1="{p * panel + pad}" x2="{(p + 1) * panel - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/><text x="{p * panel + pad - 5}" y="{y + 4:.1f}" text-anchor="end">{short(10.0 ** decade)}</text>')
        for width in sorted(set(widths)):
            x, _ = at(p, width, min(speeds))
            parts.append(f'<text x="{x:.1f}" y="{pad + high + 15}" text-anchor="middle">{width}</text>')
        for arm in arms:
            points = [at(p, row["width"], row["tokens_per_second"]) for row in sorted(good, key=lambda r: r["width"]) if row["arm"] == arm and row["batch_tokens"] == batch]
            colour = COLOURS.get(arm, "#3182bd")
            parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    for i, arm in enumerate(arms):
        parts.append(f'<text x="{panel * len(batches) + 5}" y="{pad + 15 + 16 * i}" fill="{COLOURS.get(arm, "#3182bd")}">{arm}</text>')
    parts.append(f'<text x="{panel * len(batches) / 2:.0f}" y="{high + 2 * pad - 10}" text-anchor="middle">width of the model; vertical: tokens a second</text></svg>')
    return "\n".join(parts) + "\n"


def loss_plot(arms):
    """Held-out loss over seconds from process start (log), a line a seed."""
    points = [point for curves in arms.values() for curve in curves for point in curve if point[0] > 0]
    if not points:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>\n'
    x0, x1 = math.log(min(t for t, _ in points) * 0.9), math.log(max(t for t, _ in points) * 1.1)
    low, most = min(v for _, v in points), max(v for _, v in points)
    y0, y1 = low - 0.05 * (most - low or 1), most + 0.05 * (most - low or 1)
    wide, high, pad = 560, 320, 50
    at = lambda t, v: (pad + (math.log(t) - x0) / (x1 - x0) * wide, pad + high - (v - y0) / (y1 - y0) * high)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide + 2 * pad + 160}" height="{high + 2 * pad}" font-family="sans-serif" font-size="11">',
             f'<rect width="100%" height="100%" fill="white"/><rect x="{pad}" y="{pad}" width="{wide}" height="{high}" fill="none" stroke="#999"/>']
    ticks = [factor * 10.0 ** decade for decade in range(-2, 6) for factor in (1, 2, 5) if x0 <= math.log(factor * 10.0 ** decade) <= x1]
    parts += [f'<text x="{at(tick, y0)[0]:.1f}" y="{pad + high + 15}" text-anchor="middle">{short(tick)}</text>' for tick in ticks]
    for i in range(5):
        value = y0 + (i + 0.5) * (y1 - y0) / 5
        y = at(math.exp(x0), value)[1]
        parts.append(f'<line x1="{pad}" x2="{pad + wide}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/><text x="{pad - 5}" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>')
    for i, (arm, curves) in enumerate(arms.items()):
        colour = COLOURS.get(arm, "#08519c" if arm.startswith("harness") else "#636363")
        for curve in curves:
            line = " ".join("{:.1f},{:.1f}".format(*at(t, v)) for t, v in curve if t > 0)
            parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{line}"/>')
        parts.append(f'<text x="{pad + wide + 10}" y="{pad + 15 + 16 * i}" fill="{colour}">{arm}</text>')
    parts.append(f'<text x="{pad + wide / 2:.0f}" y="{high + 2 * pad - 10}" text-anchor="middle">seconds from process start; vertical: held-out loss, nats a token</text></svg>')
    return "\n".join(parts) + "\n"
