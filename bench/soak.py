#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long run of the whole program: 20,000 values/s of four PLCs, 500 tags, 200 clients that come and go (some read
nothing, some vanish), alarms, and history in PostgreSQL; the server and the PLCs fail in turn.

    bench/soak.py BUILD_DIR [--minutes 60] [--clients 200]

Every ten seconds: memory, descriptors, threads, loop lag, what is spooled. At the end: the slope of memory and of
descriptors over the second half, the ledger of the history, the rows in the database against those that are said to be
written, and that the program ends as it should. Exit code 1 when the ledger does not add up, a row is missing, the
program ended, descriptors rose, or memory rose by more than 5 MiB an hour (a run under half an hour only prints it)."""
import argparse
import asyncio
import base64
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

import modbus_parts as parts
import postgres_parts

PLCS, POINTS, PERIOD_MS, TAGS = 4, 500, 100, 500
MOST_SLOPE = 5  # MiB an hour


def manifest(web_port, plc_ports, database):
    rules = [{"id": i + 1, "name": f"high {i}", "point": f"plc{i % PLCS + 1}/area0/p{i}", "comparison": "above",
              "alarm_threshold": 60000, "warning_threshold": 50000, "severity": "minor", "area": "plant"}
             for i in range(40)]
    square = [[0, 0], [50, 0], [50, 50], [0, 50]]
    plcs = [{"id": f"plc{i + 1}", "type": "modbus", "config": {
        "endpoint": f"tcp://127.0.0.1:{port}", "unit": 1, "poll_interval_ms": PERIOD_MS, "timeout_ms": 500,
        "points": [{"$csv": "points.csv"}]}} for i, port in enumerate(plc_ports)]
    return {"site": {"name": "soak", "timezone": "UTC"}, "data_dir": "data", "plugins": plcs + [
        {"id": "yard", "type": "rtls", "config": {
            "managers": ["Manager1"], "length_unit": "m", "timeout_ms": 10000,
            "zones": [{"id": 1, "name": "hall", "level": "building", "polygon": square}],
            "triggers": [{"id": 1, "name": "in", "zone": 1, "direction": "OnEnter", "regions": [{"polygon": square}]}]}},
        {"id": "alarms", "type": "alarms", "config": {"rules": rules}},
        {"id": "history", "type": "sql", "config": {"database": database}},
        {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{web_port}",
            "auth": {"anonymous": ["*:read", "positions:write", "ws:stats"]},
            "endpoints": [{"path": "/ws/live", "protocol": "live"}, {"path": "/ws/alarms", "protocol": "alarms"},
                          {"path": "/ws/{manager}", "protocol": "rtls-manager"}]}}]}


def frame(text):
    """A masked text frame."""
    data, mask = text.encode(), os.urandom(4)
    head = bytes([0x81, 0x80 | len(data)]) if len(data) < 126 else bytes([0x81, 0xFE]) + struct.pack(">H", len(data))
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


class Clients:
    """So many at a time; each lives some seconds, then another comes."""

    def __init__(self, port, count):
        self.port, self.count, self.came, self.failed, self.received = port, count, 0, 0, 0

    async def one(self):
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), 10)
        kind = random.choice(["reads", "reads", "reads", "vanishes", "stalls"])
        try:
            writer.write((f"GET /ws/live HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: "
                          f"Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                          f"{base64.b64encode(os.urandom(16)).decode()}\r\n\r\n").encode())
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            topic = random.choice(["points/plc1/area0/#", "points/plc2/area1/#", "tags/#", "alarms/#", "points/#"])
            writer.write(frame(json.dumps({"op": "subscribe", "id": "a", "topics": [topic], "max_rate": "1/s"})))
            self.came += 1
            end = time.monotonic() + random.uniform(5, 60)
            while time.monotonic() < end:
                if kind == "stalls":
                    await asyncio.sleep(1)
                    continue
                with contextlib.suppress(asyncio.TimeoutError):
                    data = await asyncio.wait_for(reader.read(1 << 18), 1)
                    if not data:
                        return
                    self.received += len(data)
        finally:
            if kind == "vanishes":
                writer.transport.abort()
            writer.close()

    async def keep(self, until):
        async def seat():
            while time.monotonic() < until:
                try:
                    await self.one()
                except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                    self.failed += 1
                    await asyncio.sleep(1)
        await asyncio.gather(*(seat() for _ in range(self.count)))


class Watch:
    """What the program says of itself, and what the kernel says of it."""

    def __init__(self, pid, port):
        self.pid, self.port, self.began, self.rows = pid, port, time.monotonic(), []

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            return answer.read().decode()

    @staticmethod
    def total(text, name):
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))

    def look(self, what):
        text = self.metrics()
        row = {"s": time.monotonic() - self.began, "mib": parts.resident_mib(self.pid),
               "fds": len(os.listdir(f"/proc/{self.pid}/fd")), "threads": len(os.listdir(f"/proc/{self.pid}/task")),
               "lag": self.total(text, "tagwire_loop_lag_seconds"), "spooled": self.total(text, "tagwire_sql_spooled"),
               "accepted": self.total(text, "tagwire_sql_accepted_total")}
        self.rows.append(row)
        print(f"{row['s']:6.0f} s  {row['mib']:7.1f} MiB  {row['fds']:4d} fds  {row['threads']:3d} threads  lag "
              f"{1000 * row['lag']:6.1f} ms  accepted {row['accepted']:12.0f}  spooled {row['spooled']:10.0f}  {what}",
              flush=True)
        return row


def slope(rows, key):
    """By least squares, an hour."""
    mean_x, mean_y = (sum(row[k] for row in rows) / len(rows) for k in ("s", key))
    spread = sum((row["s"] - mean_x) ** 2 for row in rows)
    return 3600 * sum((row["s"] - mean_x) * (row[key] - mean_y) for row in rows) / spread if spread else 0


class Plant:
    """Simulated PLCs that can be stopped, ended and started again."""

    def __init__(self, build, folder, ports, stack):
        self.build, self.folder, self.ports, self.stack = build, folder, ports, stack
        self.processes = [self.start(port) for port in ports]

    def start(self, port):
        process = subprocess.Popen([self.build / "tagwire", "sim", "modbus", "--points", self.folder / "sim.csv",
                                    "--listen", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def restart(self, index):
        self.processes[index].kill()
        self.processes[index].wait()
        self.processes[index] = self.start(self.ports[index])


def faults(plant, server):
    """One after the other, for ever: what it is, what begins it, what ends it."""
    while True:
        for index in range(PLCS):
            yield "PostgreSQL is frozen", server.freeze, server.thaw
            process = plant.processes[index]
            yield (f"plc{index + 1} is silent", lambda p=process: p.send_signal(signal.SIGSTOP),
                   lambda p=process: p.send_signal(signal.SIGCONT))
            yield f"plc{index + 1} is started again", lambda i=index: plant.restart(i), lambda: None


async def soak(options, process, plant, server, port):
    clients, watch = Clients(port, options.clients), Watch(process.pid, port)
    end = time.monotonic() + 60 * options.minutes
    keeping = asyncio.create_task(clients.keep(end))
    loop = asyncio.get_running_loop()
    what, finish = "", None
    failing = faults(plant, server)
    step = 0
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"the program ended with {process.returncode}")
        if step % 6 == 2:  # a minute: 20 s of it with a fault
            what, begin, finish = next(failing)
            begin()
        elif step % 6 == 4 and finish:
            finish()
            what, finish = "", None
        await loop.run_in_executor(None, watch.look, what)
        step += 1
        await asyncio.sleep(10)
    if finish:
        finish()
    await keeping
    return clients, watch


def drained(watch):
    """Nothing waits for the database any more."""
    deadline = time.monotonic() + 300
    while watch.look("at the end")["spooled"] > 50_000:
        if time.monotonic() > deadline:
            return False
        time.sleep(5)
    return True


def stored_rows(server):
    """All that is in the database, however it is packed there."""
    folder = server.url.split("host=")[1]
    query = "SELECT (SELECT count(*) FROM history) + (SELECT count(*) FROM position_history) + " \
            "(SELECT count(*) FROM event_history)"
    done = subprocess.run([postgres_parts.programs() / "psql", "-h", folder, "-U", "postgres", "-Atc", query, "postgres"],
                          stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout)


def verdict(options, clients, watch, written, rows):
    run = [row for row in watch.rows if row["s"] <= 60 * options.minutes]
    half = run[len(run) // 2:]
    memory, descriptors = slope(half, "mib"), half[-1]["fds"] - half[0]["fds"]
    rate = (run[-1]["accepted"] - run[0]["accepted"]) / (run[-1]["s"] - run[0]["s"])
    print(f"\n{clients.came} clients came ({clients.failed} could not), {clients.received / 1e6:.0f} MB read\n"
          f"{rate:.0f} records/s accepted, longest lag {1000 * max(row['lag'] for row in watch.rows):.0f} ms\n"
          f"memory {half[0]['mib']:.1f} to {half[-1]['mib']:.1f} MiB in the second half: {memory:+.1f} MiB an hour; "
          f"descriptors {half[0]['fds']} to {half[-1]['fds']}")
    text = watch.last
    difference = Watch.total(text, "tagwire_sql_ledger_difference")
    lost = Watch.total(text, "tagwire_sql_dropped_total") + Watch.total(text, "tagwire_sql_refused_total")
    print(f"ledger difference {difference:.0f}, dropped or refused {lost:.0f}; said to be written {written}, rows of "
          f"samples, positions and events {rows}")
    is_flat = memory <= MOST_SLOPE or options.minutes < 30
    fine = difference == 0 and lost == 0 and rows >= written and is_flat and descriptors <= 20
    print("holds" if fine else "does not hold")
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--clients", type=int, default=200)
    options = parser.parse_args()
    print(f"{options.minutes:g} minutes, {options.clients} clients; {parts.machine()}")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tagwire-soak-", dir="/var/tmp")))
        server = stack.enter_context(postgres_parts.server())
        web_port, plc_ports = parts.free_port(), [parts.free_port() for _ in range(PLCS)]
        names = [f"area{i // 100}/p{i},holding,{i},uint16" for i in range(POINTS)]
        (folder / "points.csv").write_text("name,table,address,type\n" + "\n".join(names) + "\n")
        (folder / "sim.csv").write_text("name,table,address,type,x-sim\n" +
                                        "\n".join(f"{name},random:0:65000" for name in names) + "\n")
        (folder / "manifest.json").write_text(json.dumps(manifest(web_port, plc_ports, server.url)))
        plant = Plant(options.build, folder, plc_ports, stack)
        errors = stack.enter_context(open(folder / "stderr", "w", encoding="utf-8"))
        process = stack.enter_context(parts.running([options.build / "tagwire", "run", folder / "manifest.json"],
                                                    cwd=folder, stderr=errors))
        parts.line_with(process, "ready")
        tags = stack.enter_context(subprocess.Popen(
            [options.build / "tagwire", "sim", "rtls", "--url", f"ws://127.0.0.1:{web_port}/ws/Manager1", "--tags",
             str(TAGS), "--rate", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        stack.callback(tags.terminate)
        clients, watch = asyncio.run(soak(options, process, plant, server, web_port))
        for each in plant.processes:
            each.send_signal(signal.SIGCONT)
            each.kill()
        tags.terminate()
        is_drained = drained(watch)
        time.sleep(3)
        watch.last = watch.metrics()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
        written = int(Watch.total(watch.last, "tagwire_sql_written_total"))
        rows = stored_rows(server)
        fine = verdict(options, clients, watch, written, rows) and is_drained and code == 0
        if code != 0:
            print(f"exit code {code}")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
