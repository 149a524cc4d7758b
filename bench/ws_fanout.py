#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One message to many WebSocket clients: the gateway of plugins/ws beside a raw broadcaster and node's `ws`, right after
each other; what a client that does not read does to the others; what an idle client costs.

    bench/ws_fanout.py BUILD_DIR [--only fanout|stalled|live|memory]… [--rounds 5] [--seconds 3] [--markdown]

Every sender sends messages of 200 bytes with the time in them, encoded once for all, as fast as the clients take them: a
single one or a burst of 32 each turn. Told are the medians of the rounds, and of the ratios within a round. Exit code 1
when a target does not hold."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import latency
import modbus_parts as parts
import result

HERE = pathlib.Path(__file__).resolve().parent
# Of the raw broadcaster's rate of single messages to as many clients.
TARGETS = {(100, 1): 1.0, (1000, 1): 0.8, (100, 32): 20.0, (1000, 32): 20.0}
MOST_BYTES_IDLE = 24 * 1024
MOST_MS = 250
LEAST_CONNECTS = 1000  # per second
IDLE_CLIENTS = 10_000


def senders(options):
    """The command of each, by name."""
    found = {"raw": [options.build / "bench" / "fanout_raw"], "tagwire": [options.build / "bench" / "fanout_gateway"]}
    node, packages = shutil.which("node"), options.build / "node"
    if node and subprocess.run([HERE.parent / "tests" / "node" / "install", packages], check=False).returncode == 0:
        os.environ["TAGWIRE_NODE_PACKAGES"] = str(packages)
        found["node ws"] = [node, HERE / "fanout_node.mjs"]
    else:
        print("node ws: left out", file=sys.stderr)
    return found


def clients_of(options, port, count, *words):
    command = [options.build / "bench" / "fanout_clients", "--port", port, "--clients", count, *words]
    return [str(word) for word in command]


def counted(options, port, count, *words):
    """What the clients counted; one that is lost and was to read ends the measurement."""
    done = subprocess.run(clients_of(options, port, count, "--seconds", options.seconds, *words),
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"fanout_clients ended with {done.returncode}: {done.stdout}")
    return json.loads(done.stdout)


def listening(process):
    return json.loads(parts.line_with(process, "listening"))["listening"][0]


def measure(options, command, count, burst):
    with parts.running([*command, "--clients", count, "--burst", burst]) as process:
        port = listening(process)
        before = parts.cpu_seconds(process.pid)
        figures = counted(options, port, count)
        cpu = parts.cpu_seconds(process.pid) - before
    rate = figures["messages"] / figures["seconds"]
    # The sender also works during the warm-up of half a second.
    return {"rate": rate, "per_cpu": rate * (figures["seconds"] + 0.5) / cpu, "p50": figures["ms"]["p50"]}


def fanout(options):
    commands = senders(options)
    kinds = [(name, burst) for burst in (1, 32) for name in commands]
    rows, fine, verdicts = [], True, []
    for count in (100, 1000):
        rounds = [{(name, burst): measure(options, commands[name], count, burst) for name, burst in kinds}
                  for _ in range(options.rounds)]

        def median(kind, figure):
            return statistics.median(each[kind][figure] for each in rounds)

        def ratio(kind, limit, figure):
            return statistics.median(each[kind][figure] / each[limit][figure] for each in rounds)

        for kind in kinds:
            name, burst = kind
            of_single = ratio(kind, ("raw", 1), "rate")
            target = TARGETS[count, burst] if name == "tagwire" else None
            if target is not None:
                limit = ("single ones by raw sockets", median(("raw", 1), "rate"))
                peer = ("node ws, same bursts", median(("node ws", burst), "rate")) if "node ws" in commands else None
                fine = result.report(f"200-byte messages to {count:,} WebSocket clients, " +
                                     (f"bursts of {burst}" if burst > 1 else "single ones"), "messages/s",
                                     median(kind, "rate"), limit=limit, peer=peer, ratio=of_single, of="limit", at_least=target) and fine
                verdicts.append(f"{'holds' if of_single >= target else 'does not hold'}: {count} clients, bursts of "
                                f"{burst}: {of_single:.2f} x raw single messages (target >= {target})")
            rows.append((f"{name}, {burst}", count, f"{median(kind, 'rate') / 1000:,.0f}", f"{of_single:.2f}",
                         target or "", f"{ratio(kind, ('raw', burst), 'rate'):.2f}",
                         f"{ratio(kind, ('raw', burst), 'per_cpu'):.2f}"))
    heads = ("sender, burst", "clients", "1,000 messages/s", "x raw single", "target", "x raw, same burst",
             "the same per CPU s")
    return heads, rows, verdicts, fine


def stalled(options):
    """100 bursts of 10 a second; the clients that read must not notice those that do not."""
    rows, fine, verdicts = [], True, []
    for lame in (0, 1, 50):
        count = 100 + (lame if lame > 1 else 0)
        with parts.running([options.build / "bench" / "fanout_gateway", "--clients", count, "--burst", 10, "--rate",
                            100]) as process:
            figures = counted(options, listening(process), count, "--stalled", lame)
            memory = parts.resident_mib(process.pid)
        due = 1000 * figures["seconds"]
        holds = figures["least"] >= 0.95 * due and figures["ms"]["p99"] <= MOST_MS
        fine = fine and holds
        if lame > 1:
            result.report(f"100 clients that read, 1,000 messages/s, beside {lame} that do not, p99", "ms",
                          figures["ms"]["p99"], at_most=MOST_MS,
                          also=("95 % of what is due", figures["least"] >= 0.95 * due))
        rows.append((lame, count - lame, f"{figures['least'] / due:.3f}", f"{figures['ms']['p50']:.2f}",
                     f"{figures['ms']['p99']:.2f}", f"{memory:.1f}"))
    verdicts.append(f"{'holds' if fine else 'does not hold'}: those that read get at least 95 % of what is due, p99 at most "
                    f"{MOST_MS} ms")
    return ("clients that do not read", "that read", "of what is due", "p50 ms", "p99 ms", "MiB"), rows, verdicts, fine


def live(options):
    """The whole program: one point from a device every 10 ms, told to every client in the protocol live."""
    rows = []
    for count in (100, 1000):
        options.registers, options.period_ms, options.max_outstanding = 4, 10, None
        with tempfile.TemporaryDirectory(prefix="tagwire-fanout-", dir="/var/tmp") as name, \
                parts.plc(options.build, registers=4, stamp_on_read=1) as plc, \
                latency.tagwire(options, plc, pathlib.Path(name)) as (port, pid, words):
            before = parts.cpu_seconds(pid)
            figures = counted(options, port, count, *words, "--marker", latency.MARKERS["tagwire"])
            cpu = parts.cpu_seconds(pid) - before
        due = 100 * figures["seconds"]
        rows.append((count, f"{figures['messages'] / figures['seconds'] / 1000:,.0f}", f"{figures['least'] / due:.3f}",
                     f"{figures['bytes'] / figures['messages']:.0f}",
                     f"{1e6 * cpu / (figures['messages'] * (1 + 0.5 / figures['seconds'])):.2f}",
                     f"{figures['ms']['p50']:.2f}", f"{figures['ms']['p99']:.2f}"))
    heads = ("clients", "1,000 messages/s", "of what is due", "bytes", "CPU µs a message", "p50 ms", "p99 ms")
    return heads, rows, [], True


def idle_cost(options, process, port, path):
    """Bytes of resident memory for each idle client, and how long it took all to connect."""
    before = parts.resident_mib(process.pid)
    with parts.running(clients_of(options, port, IDLE_CLIENTS, "--hold", 1, "--path", path)) as clients:
        connected = json.loads(parts.line_with(clients, "connected"))
        return (parts.resident_mib(process.pid) - before) * 1024 * 1024 / IDLE_CLIENTS, connected["seconds"]


def memory(options):
    rows = []
    with parts.running([options.build / "bench" / "fanout_gateway", "--clients", 100_000]) as process:
        rows.append(("gateway, a protocol that holds nothing", *idle_cost(options, process, listening(process), "/")))
    with tempfile.TemporaryDirectory(prefix="tagwire-fanout-", dir="/var/tmp") as name:
        folder, port = pathlib.Path(name), parts.free_port()
        manifest = parts.write_manifest(folder, [{"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{port}", "endpoints": [
                {"path": "/ws/live", "protocol": "live", "limits": {"connections": 100_000}}]}}])
        with parts.tagwire(options.build, manifest) as process:
            rows.append(("whole program, live", *idle_cost(options, process, port, "/ws/live")))
    # Memory that the start left free hides what clients take of it: the larger figure counts.
    idle, seconds = max(row[1] for row in rows), rows[-1][2]
    result.report(f"an idle WebSocket client, {IDLE_CLIENTS:,} of them", "bytes", idle, at_most=MOST_BYTES_IDLE)
    connects = result.report(f"{IDLE_CLIENTS:,} clients connect at once, whole program", "clients/s", IDLE_CLIENTS / seconds,
                             at_least=LEAST_CONNECTS)
    fine = idle <= MOST_BYTES_IDLE and connects
    verdicts = [f"{'holds' if fine else 'does not hold'}: an idle client costs at most {MOST_BYTES_IDLE} bytes"]
    return ((f"{IDLE_CLIENTS:,} idle clients", "bytes a client", "all connected after s"),
            [(name, f"{bytes:.0f}", f"{seconds:.2f}") for name, bytes, seconds in rows], verdicts, fine)


PARTS = {"fanout": fanout, "stalled": stalled, "live": live, "memory": memory}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    all_fine = True
    print(f"{parts.machine()}; {options.rounds} rounds of {options.seconds} s")
    for name in options.only or PARTS:
        heads, rows, verdicts, fine = PARTS[name](options)
        print("\n".join(["", *parts.table(heads, rows, options.markdown), "", *verdicts]), flush=True)
        all_fine = all_fine and fine
    return 0 if all_fine else 1


if __name__ == "__main__":
    sys.exit(main())
