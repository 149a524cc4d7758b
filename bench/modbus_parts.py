# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: starting programs, asking /proc, writing manifests."""
import contextlib
import json
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import sys
import time

REGISTERS_IN_ONE_PLC = 10_000


class Ended(Exception):
    """A program ended before it said what was waited for."""

    def __init__(self, process, word):
        self.code = process.wait()
        super().__init__(f"{' '.join(map(str, process.args[:3]))} ended without saying {word!r}, exit code {self.code}")


def line_with(process, word, seconds=60):
    """The next line of stdout with `word` in it."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while ready.select(max(deadline - time.monotonic(), 0)):
            line = process.stdout.readline()
            if not line:
                raise Ended(process, word)
            if word in line:
                return line.strip()
    sys.exit(f"{process.args[0]} did not say {word!r} within {seconds} s")


@contextlib.contextmanager
def running(command, **how):
    """A program while it is needed. Unbuffered text, so that a line can be waited for."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, bufsize=1,
                          **how) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.communicate(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def tagwire(build, manifest):
    """`tagwire run` from when it is ready; what it logs stands in `stderr` beside the manifest."""
    log = manifest.parent / "stderr"
    with open(log, "w", encoding="utf-8") as errors, \
            running([build / "tagwire", "run", manifest], cwd=manifest.parent, stderr=errors) as process:
        try:
            line_with(process, "ready")
        except Ended as reason:
            sys.exit(f"{reason}\n{log.read_text(encoding='utf-8')[-2000:]}")
        yield process


def token_text(build, manifest, name, permissions):
    command = [build / "tagwire", "token", "create", name, "--manifest", manifest]
    command += [word for each in permissions for word in ("--allow", each)]
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.strip()


def token_file(path, tokens):
    """One on each line, for the eyes of the owner."""
    path.touch(mode=0o600)
    path.write_text("\n".join(tokens) + "\n", encoding="utf-8")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Plc:
    """modbus_plc: counts what is read of it."""

    def __init__(self, process):
        self.process = process
        self.ports = json.loads(line_with(process, "listening"))["listening"]

    def reset(self):
        self.process.send_signal(signal.SIGUSR1)

    def figures(self):
        self.process.send_signal(signal.SIGUSR2)
        return json.loads(line_with(self.process, "full_scans_per_s"))


@contextlib.contextmanager
def plc(build, **options):
    words = [str(word) for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    with running([build / "bench" / "modbus_plc", *words]) as process:
        yield Plc(process)


def cpu_seconds(pid):
    """What the process used of the CPU: its own clock, far finer than the ticks of /proc/PID/stat."""
    # clock_getcpuclockid(3): the complement of the pid, three bits up, and 2 for the scheduler's clock.
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise KeyError("VmRSS")


def write_manifest(folder, plugins):
    (folder / "manifest.json").write_text(json.dumps(
        {"site": {"name": "bench", "timezone": "UTC"}, "data_dir": str(folder / "var"), "plugins": plugins}))
    return folder / "manifest.json"


def write_points(path, count, first=()):
    """`first`, and uint16 holding registers up to `count`."""
    rows = ["name,table,address,type", *first]
    taken = 4 * len(first)
    rows += [f"area{i // 100}/p{i},holding,{i},uint16" for i in range(taken, count)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def modbus_instance(number, port, period_ms, outstanding):
    """`outstanding` None: as the plugin does without being told."""
    config = {"endpoint": f"tcp://127.0.0.1:{port}", "unit": 1, "poll_interval_ms": period_ms,
              "points": [{"$csv": "points.csv"}]}
    if outstanding is not None:
        config["max_outstanding"] = outstanding
    return {"id": f"plc{number}", "type": "modbus", "config": config}


def table(heads, rows, markdown):
    """Lines of a table: the first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    joined = []
    for row in cells:
        texts = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        joined.append(f"| {' | '.join(texts)} |" if markdown else "  ".join(texts))
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    joined.insert(1, f"| {' | '.join(rule)} |" if markdown else "  ".join("-" * width for width in widths))
    return joined


def machine():
    """One line on what it ran on, for a figure without it says little."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "unknown processor")
    return f"{os.cpu_count()} x {model}, load {os.getloadavg()[0]:.1f}"
