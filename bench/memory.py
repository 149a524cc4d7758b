#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Resident memory of the whole program with 10,000 Modbus points and all five plugins, against its own simulator.

    bench/memory.py BUILD_DIR [--points 10000] [--seconds 20] [--limit-mib 60] [--without web]

Writes a manifest, starts `tagwire sim modbus` and `tagwire run`, waits for `ready` and until a value of every point
stands in the history, lets it run on, and prints VmRSS and VmHWM. Exit code 1 when VmRSS is over the limit."""
import argparse
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import modbus_parts as parts
import result

REGISTERS_PER_UNIT = 50_000


def write_points(path, count):
    with open(path, "w", encoding="utf-8") as out:
        out.write("name,table,address,type,unit,x-sim\n")
        for i in range(count):
            out.write(f"area{i // 100}/p{i},holding,{i},uint16,bar,random:0:1000\n")


def manifest(folder, modbus_port, ws_port, interval_ms):
    polygon = [[0, 0], [100, 0], [100, 60], [0, 60]]
    return {
        "site": {"name": "bench", "timezone": "UTC"},
        "data_dir": str(folder / "var"),
        "plugins": [
            {"id": "plc1", "type": "modbus", "config": {
                "endpoint": f"tcp://127.0.0.1:{modbus_port}", "unit": 1, "poll_interval_ms": interval_ms,
                "points": [{"$csv": "points.csv"}]}},
            {"id": "uwb", "type": "rtls", "config": {
                "managers": ["Manager1"], "length_unit": "ft",
                "zones": [{"id": 417, "name": "Hall", "level": "building", "polygon": polygon, "z": [0, 20]}],
                "tags": [{"id": f"SIM{i}", "name": f"Badge {i}"} for i in range(1, 101)],
                "simulate": {"interval_ms": 500, "speed": 4, "seed": 1}}},
            {"id": "alarms", "type": "alarms", "config": {"rules": [
                {"id": 77, "name": "High", "point": "plc1/area0/p0", "comparison": "above",
                 "warning_threshold": 700, "alarm_threshold": 900, "severity": "critical"}]}},
            {"id": "history", "type": "sql", "config": {"database": "sqlite:history.db"}},
            {"id": "web", "type": "ws", "config": {
                "listen": f"127.0.0.1:{ws_port}", "auth": {"anonymous": ["*:read"]},
                "endpoints": [{"path": "/ws/{manager}", "protocol": "rtls-manager"},
                              {"path": "/ws/alarms", "protocol": "alarms"},
                              {"path": "/ws/live", "protocol": "live"}]}}]}


def status(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise KeyError(key)


def wait_for_line(process, word, seconds):
    """The first line of stdout with `word` in it; a program that ends or is late ends the measurement."""
    signal.alarm(seconds)
    for line in process.stdout:
        if word in line:
            signal.alarm(0)
            return line.strip()
    sys.exit(f"{process.args[1]} ended without saying {word!r}, exit code {process.wait()}")


def points_stored(database):
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            # A slice that came at once is in runs at once; docs/decisions/0021-history-layout.md.
            return connection.execute("SELECT count(*) FROM (SELECT point_id FROM recent_samples WHERE quality = 0 "
                                      "UNION SELECT point_id FROM chunks)").fetchone()[0]
    except sqlite3.Error:
        return 0


def measure(options, folder, processes):
    program = options.build / "tagwire"
    write_points(folder / "points.csv", options.points)
    simulator = subprocess.Popen([program, "sim", "modbus", "--points", "points.csv", "--listen", "127.0.0.1:0"],
                                 cwd=folder, stdout=subprocess.PIPE, text=True)
    processes.append(simulator)
    port = int(wait_for_line(simulator, "listening", 30).split(":")[-1].split(",")[0])
    document = manifest(folder, port, parts.free_port(), options.interval_ms)
    document["plugins"] = [entry for entry in document["plugins"] if entry["id"] not in options.without]
    (folder / "manifest.json").write_text(json.dumps(document))
    runtime = subprocess.Popen([program, "run", "manifest.json"], cwd=folder, stdout=subprocess.PIPE, text=True)
    processes.append(runtime)
    began = time.monotonic()
    wait_for_line(runtime, "ready", 60)
    print(f"ready after {time.monotonic() - began:.2f} s")
    deadline = time.monotonic() + 120
    while points_stored(folder / "var" / "history.db") < options.points:
        if time.monotonic() > deadline or runtime.poll() is not None:
            stored = points_stored(folder / "var" / "history.db")
            sys.exit(f"only {stored} of {options.points} points have a value in the history")
        time.sleep(0.5)
    print(f"a value of each of {options.points} points stored after {time.monotonic() - began:.2f} s")
    before = time.monotonic()
    ticks = cpu_ticks(runtime.pid)
    time.sleep(options.seconds)
    share = (cpu_ticks(runtime.pid) - ticks) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - before)
    resident, most = status(runtime.pid, "VmRSS") / 1024, status(runtime.pid, "VmHWM") / 1024
    print(f"VmRSS {resident:.1f} MiB (at most {most:.1f} MiB) after {options.seconds} s more, {share:.0%} of a core, "
          f"{status(runtime.pid, 'Threads')} threads; limit {options.limit_mib} MiB")
    fine = result.report(f"whole program, {options.points:,} points, five plugins, resident", "MiB", resident, at_most=options.limit_mib)
    return 0 if fine else 1


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--interval-ms", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--limit-mib", type=float, default=60)
    parser.add_argument("--without", action="append", default=[], choices=["uwb", "alarms", "web"],
                        help="leave out this instance, to see what it takes")
    options = parser.parse_args()
    if not 1 <= options.points <= REGISTERS_PER_UNIT:
        parser.error(f"--points: 1 to {REGISTERS_PER_UNIT}")
    processes = []
    with tempfile.TemporaryDirectory(prefix="tagwire-memory-", dir="/var/tmp") as folder:
        try:
            return measure(options, pathlib.Path(folder), processes)
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(15)


if __name__ == "__main__":
    sys.exit(main())
