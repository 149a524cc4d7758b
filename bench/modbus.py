#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading registers by Modbus TCP: `tagwire run` with only the modbus plugin beside a plain socket client (the limit),
QModbusTcpClient and pymodbus. One after the other in one run, each against a fresh device that does the counting.

    bench/modbus.py BUILD_DIR [--seconds 20] [--case 10k] [--client tagwire] [--change-ms N] [--markdown]
    bench/modbus.py BUILD_DIR --memory

By default every register changes three times in each period, so that every read brings a new value, however the two
clocks stand to each other: nothing is spared by reporting only what changed. Exit code 1 when a target does not hold.
--memory: VmRSS at 1,000, 10,000 and 100,000 points instead."""
import argparse
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import modbus_parts as parts
import result

SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's python3-pymodbus belongs to this one
WRONG_CONFIGURATION = 78


@dataclasses.dataclass(frozen=True)
class Target:
    what: str
    unit: str
    figure: str  # of a Row
    at_most: float | None = None
    at_least: float | None = None
    of: str | None = None  # as of result.report


@dataclasses.dataclass(frozen=True)
class Case:
    key: str
    title: str
    plcs: int
    registers: int  # of one PLC
    period_ms: int
    targets: tuple


@dataclasses.dataclass(frozen=True)
class Client:
    key: str
    title: str
    outstanding: int | None = None


@dataclasses.dataclass
class Row:
    client: Client
    scans: float
    cycle_p99: float
    cpu_percent: float
    rss_mib: float
    registers_per_cpu_s: float
    exceptions: int
    ratio: float = 0
    complaint: str = ""


CASES = (
    Case("10k", "10,000 registers at 100 ms from one PLC", 1, 10_000, 100,
         (Target("full scans", "scans/s", "scans", at_least=9.95), Target("cycle p99", "ms", "cycle_p99", at_most=105),
          Target("CPU", "% of a core", "cpu_percent", at_most=6), Target("memory", "MiB", "rss_mib", at_most=40))),
    Case("1k", "1,000 registers at 100 ms from one PLC", 1, 1_000, 100, (Target("CPU", "% of a core", "cpu_percent", at_most=1),)),
    Case("100k", "100,000 registers at 1 s from ten PLCs", 10, 10_000, 1000,
         (Target("CPU", "% of a core", "cpu_percent", at_most=7), Target("memory", "MiB", "rss_mib", at_most=80))),
)
PIPELINED = Target("registers per CPU second", "registers", "registers_per_cpu_s", at_least=0.03, of="limit")
CLIENTS = (
    Client("raw", "raw sockets, all pipelined"),
    Client("raw1", "raw sockets, one at a time", 1),
    Client("qt", "QModbusTcpClient"),
    Client("pymodbus", "pymodbus"),
    Client("tagwire", "tagwire"),
    Client("tagwire16", "tagwire, max_outstanding 16", 16),
)


class NotThere(Exception):
    """This client can't be measured here; the text says why."""


def has_pymodbus():
    return os.path.exists(SYSTEM_PYTHON) and subprocess.run(
        [SYSTEM_PYTHON, "-c", "from pymodbus.client import AsyncModbusTcpClient"], stderr=subprocess.DEVNULL,
        check=False).returncode == 0


def command(options, case, client, ports, folder):
    """What to start, and the word on stdout that says that it reads; None: it does so at once."""
    words = ["--ports", ",".join(map(str, ports)), "--registers", case.registers, "--period-ms", case.period_ms]
    programs = options.build / "bench"
    if client.key.startswith("raw"):
        return [programs / "modbus_raw", *words, "--outstanding", client.outstanding or 0], None
    if client.key == "qt":
        if not (programs / "modbus_qt").exists():
            raise NotThere("not built: Qt SerialBus is missing")
        return [programs / "modbus_qt", *words], None
    if client.key == "pymodbus":
        if not has_pymodbus():
            raise NotThere(f"{SYSTEM_PYTHON} has no pymodbus")
        return [SYSTEM_PYTHON, pathlib.Path(__file__).with_name("modbus_pymodbus.py"), *words], None
    parts.write_points(folder / "points.csv", case.registers)
    instances = [parts.modbus_instance(i + 1, port, case.period_ms, client.outstanding)
                 for i, port in enumerate(ports)]
    return [options.build / "tagwire", "run", parts.write_manifest(folder, instances)], "ready"


def watch(options, client, process, plc):
    """Figures of a window that begins once the client is warm."""
    time.sleep(options.warmup)
    plc.reset()
    cpu, began = parts.cpu_seconds(process.pid), time.monotonic()
    time.sleep(options.seconds)
    counted = plc.figures()
    cpu, seconds = parts.cpu_seconds(process.pid) - cpu, time.monotonic() - began
    return Row(client, counted["full_scans_per_s"], counted["cycle_ms"]["p99"], 100 * cpu / seconds,
               parts.resident_mib(process.pid), counted["registers"] / cpu, counted["exceptions"])


def complaint(case, row, said, seconds):
    """A client that left reads out used little of the CPU for the wrong reason. A short window may cut one scan off."""
    due = 1000 / case.period_ms
    if row.scans >= 0.95 * due - 1 / seconds and row.exceptions == 0:
        return ""
    return (f"{row.client.title}: DID NOT KEEP UP ({row.scans:.2f} of {due:g} full scans/s, {row.exceptions} exceptions): "
            f"its other figures compare with nothing. Last on stderr: {said.strip()[-300:] or 'nothing'}")


def measure(options, case, client):
    change = case.period_ms // 3 if options.change_ms is None else options.change_ms
    with tempfile.TemporaryDirectory(prefix="tagwire-modbus-", dir="/var/tmp") as name, \
            parts.plc(options.build, ports=case.plcs, registers=case.registers, change_ms=change) as plc:
        folder = pathlib.Path(name)
        words, ready = command(options, case, client, plc.ports, folder)
        with open(folder / "stderr", "w+", encoding="utf-8") as errors, \
                parts.running(words, cwd=folder, stderr=errors) as process:
            try:
                if ready:
                    parts.line_with(process, ready)
                row = watch(options, client, process, plc)
                errors.seek(0)
                row.complaint = complaint(case, row, errors.read(), options.seconds)
                return row
            except parts.Ended as ended:
                errors.seek(0)
                said = errors.read()
                if ended.code == WRONG_CONFIGURATION and "max_outstanding" in said:
                    raise NotThere("this build's modbus plugin has no max_outstanding") from ended
                sys.exit(f"{ended}\n{said}")


def measure_case(options, case):
    rows, notes = [], []
    for client in CLIENTS:
        if options.client and client.key not in options.client:
            continue
        try:
            rows.append(measure(options, case, client))
        except NotThere as why:
            notes.append(f"{client.title}: left out, {why}")
    notes += [row.complaint for row in rows if row.complaint]
    limit = next((row for row in rows if row.client.key == "raw"), None)
    for row in rows:
        row.ratio = row.registers_per_cpu_s / limit.registers_per_cpu_s if limit else 0
    return rows, notes


def cells(row):
    return (row.client.title, f"{row.scans:.2f}", f"{row.cycle_p99:.1f}", f"{row.cpu_percent:.2f}",
            f"{row.rss_mib:.1f}", f"{row.registers_per_cpu_s / 1e6:.2f}", f"{row.ratio:.3f}", row.exceptions)


HEADS = ("", "full scans/s", "cycle p99 ms", "CPU %", "MiB", "M registers per CPU s", "of the raw client's",
         "exceptions")


def judge(case, rows):
    """A line for each target and each of our rows, and whether all hold."""
    fine = True
    raw = next((row for row in rows if row.client.key == "raw"), None)
    peer = next((row for row in rows if row.client.key == "qt"), None)
    for row in rows:
        if not row.client.key.startswith("tagwire"):
            continue
        pipelined = row.client.key == "tagwire16" and case.key == "10k" and raw
        for target in case.targets + ((PIPELINED,) if pipelined else ()):
            value = getattr(row, target.figure)
            beside = {name: (other.client.title, getattr(other, target.figure))
                      for name, other in (("limit", raw), ("peer", peer)) if other}
            held = result.report(f"{case.title}, {row.client.title}: {target.what}", target.unit, value, **beside, of=target.of,
                                 at_most=target.at_most, at_least=target.at_least,
                                 also=("every scan there", False) if row.complaint else None)
            fine = fine and held
            bound = f"<= {target.at_most}" if target.at_least is None else f">= {target.at_least}"
            print(f"{'holds' if held else 'does not hold'}: {row.client.title}: {target.what} {value:.4g} {target.unit} "
                  f"(target {bound}{' of the limit' if target.of else ''})")
    return fine


def compare(options):
    fine = True
    for case in CASES:
        if options.case and case.key not in options.case:
            continue
        rows, notes = measure_case(options, case)
        print(f"{case.title} (full scans due each second: {1000 / case.period_ms:g})\n")
        print("\n".join([*parts.table(HEADS, [cells(row) for row in rows], options.markdown), *notes, ""]))
        fine = judge(case, rows) and fine
        print(flush=True)
    return fine


def memory(options):
    """VmRSS and what a point takes of it, for plants of three sizes."""
    client = next(client for client in CLIENTS if client.key == "tagwire")
    cases = [Case("", f"{plcs * registers:,}", plcs, registers, 1000, ())
             for plcs, registers in ((1, 10), (1, 1_000), (1, 10_000), (10, 10_000))]
    rows = [(case, measure(options, case, client)) for case in cases]
    base = rows[0][1].rss_mib
    lines = [(case.title, f"{row.rss_mib:.1f}",
              f"{(row.rss_mib - base) * 2**20 / (case.plcs * case.registers - 10):.0f}" if row.rss_mib > base else "",
              f"{row.scans:.2f}") for case, row in rows]
    print("\n".join(parts.table(("points", "MiB", "bytes per point", "full scans/s"), lines, options.markdown)))
    return rows[-1][1].rss_mib < 80


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--warmup", type=float, default=3)
    parser.add_argument("--case", action="append", choices=[case.key for case in CASES])
    parser.add_argument("--client", action="append", choices=[client.key for client in CLIENTS])
    parser.add_argument("--change-ms", type=int, help="how often all registers change; 0: never")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    print(f"{parts.machine()}; windows of {options.seconds} s\n")
    return 0 if (memory if options.memory else compare)(options) else 1


if __name__ == "__main__":
    sys.exit(main())
