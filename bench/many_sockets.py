#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What thousands of idle clients cost the others: `tagwire run` with the plugins ws and modbus, N idle WebSockets, and
beside them one HTTP client in a closed loop, then ten subscribers whose messages' age is measured.

    bench/many_sockets.py BUILD_DIR [--idle 10 --idle 5000] [--loop epoll] [--seconds 5] [--rounds 3] [--markdown]

Each round starts the program anew for each event loop (qt: Qt's own, by TAGWIRE_EVENT_LOOP=qt; epoll: ours) and each
number of clients. Told are the medians of the rounds; a ratio is the one to the first number of clients with the same loop.
Judged are the medians, of the answers and of the messages' age: requests/s on a machine with other work are what that
leaves. Exit code 1 when one of the two is, with ours, over 25 % worse than with the first number of clients."""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import latency
import modbus_parts as parts
import result

LOOPS = ("qt", "epoll")
IDLE = (10, 1000, 5000)
SUBSCRIBERS = 10
PERIOD_MS = 20
WORST = 1.25


def on_one_core():
    """For the server and the client that asks: whether the scheduler puts them on one core or on two makes an answer
    two and a half times as long, and has nothing to do with the event loop."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


@contextlib.contextmanager
def tagwire(options, loop, device, folder):
    port = parts.free_port()
    parts.write_points(folder / "points.csv", 4, [latency.STAMP_POINT])
    manifest = parts.write_manifest(folder, [
        parts.modbus_instance(1, device.ports[0], PERIOD_MS, None),
        {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{port}", "auth": {"anonymous": ["*:read"]},
            "endpoints": [{"path": "/ws/live", "protocol": "live", "limits": {"connections": 100_000}}]}}])
    with open(folder / "stderr", "w", encoding="utf-8") as errors, \
            parts.running([options.build / "tagwire", "run", manifest], cwd=folder, stderr=errors,
                          env={**os.environ, "TAGWIRE_EVENT_LOOP": loop}, preexec_fn=on_one_core) as process:
        parts.line_with(process, "ready")
        yield port, process.pid


def measure(options, loop, idle):
    bench = options.build / "bench"
    with tempfile.TemporaryDirectory(prefix="tagwire-sockets-", dir="/var/tmp") as name, \
            parts.plc(options.build, registers=4, stamp_on_read=1) as device, \
            tagwire(options, loop, device, pathlib.Path(name)) as (port, pid), \
            parts.running([bench / "idle_clients", "--port", port, "--idle", idle, "--seconds", options.seconds,
                           "--warmup-ms", 3000, "--server", pid], preexec_fn=on_one_core) as crowd:
        requests = json.loads(parts.line_with(crowd, "requests_per_s", 120))
        cpu = parts.cpu_seconds(pid)
        command = [bench / "latency_clients", "--port", port, "--clients", SUBSCRIBERS, "--path", "/ws/live",
                   "--marker", latency.MARKERS["tagwire"], "--send", latency.SUBSCRIBE, "--seconds", options.seconds]
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0 or crowd.poll() is not None:
            sys.exit(f"{loop}, {idle} idle clients: a client was lost")
        messages = json.loads(done.stdout)
        due = SUBSCRIBERS * options.seconds * 1000 / PERIOD_MS
        if messages["messages"] < 0.95 * due:
            print(f"{loop}, {idle} idle: only {messages['messages']} of {due:.0f} messages", file=sys.stderr)
        # Its warm-up of a second counts too.
        return {"rate": requests["requests_per_s"], "work": requests["cpu_ns_per_request"] / 1000,
                "answer": requests["ms"]["p50"], "slow": requests["ms"]["p99"],
                "p50": messages["ms"]["p50"], "p99": messages["ms"]["p99"],
                "cpu": 100 * (parts.cpu_seconds(pid) - cpu) / (options.seconds + 1),
                "mib": parts.resident_mib(pid)}


HEADS = ("loop", "idle", "requests/s", "ratio", "p50 ms", "ratio", "p99 ms", "CPU us each", "message p50 ms", "ratio",
         "p99 ms", "CPU %", "MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--idle", type=int, action="append", help="the first is what the others are set against")
    parser.add_argument("--loop", choices=LOOPS, action="append")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    loops, crowds = options.loop or LOOPS, options.idle or IDLE
    measured = [{(loop, idle): measure(options, loop, idle) for loop in loops for idle in crowds}
                for _ in range(options.rounds)]
    rows, verdicts, fine = [], [], True
    for loop in loops:
        for idle in crowds:
            each = {figure: statistics.median(one[loop, idle][figure] for one in measured)
                    for figure in measured[0][loop, idle]}
            rate, answer, age = (statistics.median(one[loop, idle][figure] / one[loop, crowds[0]][figure]
                                                 for one in measured) for figure in ("rate", "answer", "p50"))
            rows.append((loop, idle, f"{each['rate']:.0f}", f"{rate:.2f}", f"{each['answer']:.3f}", f"{answer:.2f}",
                         f"{each['slow']:.3f}", f"{each['work']:.1f}", f"{each['p50']:.3f}", f"{age:.2f}",
                         f"{each['p99']:.3f}", f"{each['cpu']:.1f}", f"{each['mib']:.0f}"))
            if loop == "epoll" and idle != crowds[0]:
                what = f"{idle:,} idle WebSockets beside it, p50"
                before, first = f"beside {crowds[0]}", {figure: statistics.median(one[loop, crowds[0]][figure]
                                                                                  for one in measured)
                                                        for figure in ("answer", "p50")}
                of_answer = result.report(f"answer of HTTP, {what}", "ms", each["answer"], of="limit", at_most=WORST,
                                          limit=(before, first["answer"]), ratio=answer)
                of_age = result.report(f"message to {SUBSCRIBERS} subscribers, {what}", "ms", each["p50"], of="limit",
                                       at_most=WORST, limit=(before, first["p50"]), ratio=age)
                holds = of_answer and of_age
                fine = fine and holds
                verdicts.append(f"{'holds' if holds else 'does not hold'}: {idle} idle clients: answers x "
                                f"{answer:.2f}, messages x {age:.2f} (targets <= {WORST}); requests/s x {rate:.2f}")
    print(f"{parts.machine()}; {options.rounds} rounds of {options.seconds} s\n")
    print("\n".join(parts.table(HEADS, rows, options.markdown)))
    print("\n".join(["", *verdicts]))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
