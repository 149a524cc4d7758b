#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a device's push to a dashboard that watches it: 500 devices at 1 Hz through `tagwire run` with the plugins ws and
sql, first with a database that is well, then with one that takes nothing: an SQLite file that another program holds
locked, or a PostgreSQL server whose processes are all stopped (SIGSTOP).

    bench/device_push.py BUILD_DIR [--devices 500] [--watchers 100] [--seconds 20] [--database sqlite|postgresql]

Exit code 1 when p99 is over 100 ms."""
import argparse
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

import modbus_parts as parts
import postgres_parts
import result

TARGET_MS = 100
IN_ONE_TOKEN = 100
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
FIELDS = {"battery.soc": {"type": "float", "min": 0, "max": 1, "required": True}, "battery.voltage": "float",
          "battery.current": "float", "battery.faults": "string",
          "grid.status": {"type": "enum", "values": ["connected", "island"]}, "grid.power": "float"}


def write_manifest(folder, port, devices, database):
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"data_dir": "data", "plugins": [
        {"id": "history", "type": "sql", "config": {"database": database}},
        {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{port}",
            "endpoints": [{"path": "/ws/device/{device_id}", "protocol": "device"}],
            "models": {"ems": {"fields": FIELDS}},
            "devices": [{"id": f"dev_{i}", "model": "ems"} for i in range(devices)]}}]}), encoding="utf-8")
    return manifest


def make_tokens(options, manifest, folder):
    """A file with the token of the watchers and one line for each device; a token serves up to a hundred of them."""
    lines = [parts.token_text(options.build, manifest, "watchers", ["device:*:watch"])]
    for first in range(0, options.devices, IN_ONE_TOKEN):
        ids = range(first, min(first + IN_ONE_TOKEN, options.devices))
        permissions = [f"device:dev_{i}:publish" for i in ids]
        lines += [parts.token_text(options.build, manifest, f"devices-{first}", permissions)] * len(ids)
    return parts.token_file(folder / "tokens", lines)


@contextlib.contextmanager
def database_of(options, folder):
    """Its URL, and what makes it take nothing any more."""
    if options.database == "postgresql":
        with postgres_parts.server() as server:
            yield server.url, server.freeze
        return
    with contextlib.ExitStack() as closing:
        def lock():
            database = sqlite3.connect(folder / "data" / "history.db", timeout=30, isolation_level=None)
            closing.callback(database.close)
            database.execute("BEGIN EXCLUSIVE")
        yield "sqlite:history.db", lock


def measure(options, port, tokens, process, what):
    cpu = parts.cpu_seconds(process.pid)
    command = [options.build / "bench" / "device_clients", "--port", port, "--tokens", tokens, "--devices",
               options.devices, "--watchers", options.watchers, "--seconds", options.seconds]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
    cpu = parts.cpu_seconds(process.pid) - cpu
    if done.returncode != 0:
        sys.exit(f"device_clients ended with {done.returncode}")
    figures = json.loads(done.stdout)
    ages = figures["ms"]
    due = options.watchers * options.seconds
    print(f"{options.database} {what}: {figures['messages']} messages (due {due}), p50 {ages['p50']:.2f} ms, "
          f"p99 {ages['p99']:.2f} ms, max {ages['max']:.2f} ms, {100 * cpu / (options.seconds + 2):.0f} % of a core")
    return result.report(f"device push to {options.watchers} watchers, {options.devices} devices at 1 Hz, "
                         f"{NAMES[options.database]} {what}, p99", "ms", ages["p99"], at_most=TARGET_MS,
                         also=("95 % of what is due", figures["messages"] >= 0.95 * due))


def says(log, words, seconds):
    """Whether the program has logged `words` by then."""
    deadline = time.monotonic() + seconds
    while words not in log.read_text(encoding="utf-8"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--watchers", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    print(f"{options.devices} devices at 1 Hz, {options.watchers} watchers; {parts.machine()}")
    with tempfile.TemporaryDirectory(prefix="tagwire-devices-", dir="/var/tmp") as name:
        folder, port = pathlib.Path(name), parts.free_port()
        log = folder / "stderr"
        with database_of(options, folder) as (url, hold):
            manifest = write_manifest(folder, port, options.devices, url)
            tokens = make_tokens(options, manifest, folder)
            with open(log, "w", encoding="utf-8") as errors, \
                    parts.running([options.build / "tagwire", "run", manifest], cwd=folder, stderr=errors) as process:
                parts.line_with(process, "ready")
                fine = measure(options, port, tokens, process, "well")
                hold()
                fine = measure(options, port, tokens, process, "that takes nothing") and fine
                if not says(log, "can't store the history", 30):
                    sys.exit("the database was not held: the program did not notice\n" + log.read_text()[-2000:])
    print(f"{'holds' if fine else 'does not hold'}: p99 <= {TARGET_MS} ms, at least 95 % of what is due")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
