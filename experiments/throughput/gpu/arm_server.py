"""Arms in processes of their own, which work when asked and sleep otherwise, and the timings of one shape at one batch size."""
import json
import selectors
import subprocess
import time

from plan import ARM_SECONDS, BLOCK_SECONDS, HARNESS, HERE, PART_SECONDS, PYTHON, micro_batch


class Server:
    """One arm. An answer that takes longer than its deadline ends it."""

    def __init__(self, name, command, log, deadline):
        self.name, self.log, self.rest = name, open(log, "w"), b""
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.about = json.loads(self.line(deadline, "ready ")[6:])
        self.members = int(self.about.get("members", 1))

    def line(self, seconds, *beginnings):
        """The next line that begins so; what a library says in between goes to the log."""
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                while b"\n" in self.rest:
                    line, self.rest = self.rest.split(b"\n", 1)
                    text = line.decode(errors="replace")
                    if text.startswith(beginnings):
                        return text
                    print(text, file=self.log, flush=True)
                if not ready.select(max(0.0, end - time.monotonic())):
                    self.process.kill()
                    raise RuntimeError(f"{self.name} took longer than {seconds:.0f} s; see {self.log.name}")
                piece = self.process.stdout.read1(65536)
                if not piece:
                    raise RuntimeError(f"{self.name} ended; see {self.log.name}")
                self.rest += piece

    def ask(self, text, seconds=60.0):
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()
        return json.loads(self.line(seconds, "{", "null", *"0123456789"))

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(30)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()
            self.process.wait()
        self.log.close()


def commands(plan, shape, members, batch):
    """Every arm's name and command."""
    micro = micro_batch(shape, batch)
    common = ["--shape", shape, "--batch", str(batch), "--device", plan.device] + (["--bf16"] if plan.half else [])
    for arm in ("Eager", "Graph"):
        yield f"harness {arm.lower()}", HARNESS + ["bench", "serve", "--arm", arm, "--micro-batch", str(micro)] + common
    if members:
        yield f"harness stack of {members}", HARNESS + ["bench", "serve", "--arm", "Stack", "--members", str(members), "--micro-batch", str(micro_batch(shape, batch, members))] + common
    for arm in plan.arms:
        yield f"PyTorch {arm}", [PYTHON, str(HERE / "arms.py"), "serve", shape, str(batch), arm, "--micro", str(micro), "--device", plan.device] + (["--bf16"] if plan.half else [])


def steps(plan, out, width, tokens):
    """All arms of one shape at one batch size: 50 steps of warm-up, then blocks in turns, forwards and backwards (A B C C B A), so that a drift of clocks hits all."""
    begun = time.monotonic()
    shape, members = plan.shapes[width]
    context = int(shape.split("x")[3])
    batch = max(1, tokens // context)
    servers, failed = [], {}
    for name, command in commands(plan, shape, members, batch):
        log = out / "logs" / f"{width}-{tokens}-{name.replace(' ', '-')}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        server = None
        # Not so long that the arms behind it and one cycle would not fit.
        until = time.monotonic() + max(30.0, min(ARM_SECONDS, PART_SECONDS - 120 - (time.monotonic() - begun)))
        try:
            server = Server(name, command, log, until - time.monotonic())
            server.ask(plan.warm_up, until - time.monotonic())
            server.second = server.ask(5, until - time.monotonic())["seconds"] / 5
            servers.append(server)
        except (RuntimeError, BrokenPipeError, json.JSONDecodeError) as error:
            failed[name] = str(error)
            if server is not None:
                server.close()
    blocks = {server.name: [] for server in servers}
    for cycle in range(plan.cycles):
        if cycle > 0 and (time.monotonic() - begun) * (cycle + 1) / cycle > PART_SECONDS:
            break  # another cycle would not fit; a cycle is whole or not at all
        for server in servers + servers[::-1]:
            length = plan.block if plan.dry else max(5, min(plan.block, int(BLOCK_SECONDS / max(server.second, 1e-9))))
            if server.name not in failed:
                try:
                    blocks[server.name].append(server.ask(length, 120))
                except (RuntimeError, BrokenPipeError, json.JSONDecodeError) as error:
                    failed[server.name] = str(error)
    results = []
    for server in servers:
        if server.name not in failed:
            speeds = sorted(block["steps"] * batch * context * server.members / block["seconds"] for block in blocks[server.name])
            host = [1000 * block["host_seconds"] / block["steps"] for block in blocks[server.name] if "host_seconds" in block]
            results.append({
                "width": width, "shape": shape, "batch_tokens": batch * context, "arm": server.name, "about": blocks[server.name][-1].get("engine", server.about.get("engine")),
                "left_out": server.about.get("left_out", []), "bytes": float(server.about["bytes_per_step"]) if "bytes_per_step" in server.about else None, "tokens_per_second": speeds[len(speeds) // 2], "least": speeds[0], "most": speeds[-1], "blocks": len(speeds),
                "host_ms": sorted(host)[len(host) // 2] if host else None, "memory": server.ask("memory"), "kernels": server.ask("kernels", 120)})
        server.close()
    return results + [{"width": width, "shape": shape, "batch_tokens": batch * context, "arm": name, "failed": reason} for name, reason in failed.items()]
