#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the read of a register to a WebSocket client: `tagwire run` with the plugins modbus and ws beside the least
gateway there can be (latency_raw), right after each other, with the same device and the same clients.

    bench/latency.py BUILD_DIR [--clients 1] [--registers 100] [--seconds 6] [--rounds 5] [--markdown]

The device puts the monotonic time of the read itself into registers 0 to 3 (one int64 point), so the age of a message is
the time through the gateway without the wait for the next poll. Every other register is a uint16 point and changes with
each read, so both gateways send the same number of values in one message per scan. Each round measures the raw gateway
and right after it ours; told are the medians of the rounds, and of the ratios within a round. Exit code 1 when a target
does not hold."""
import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import modbus_parts as parts
import result

TARGETS = {1: 2.0, 10: 1.7, 100: 1.5}  # p50 of the raw gateway's
SUBSCRIBE = json.dumps({"op": "subscribe", "id": "a", "topics": ["points/plc1/*", "points/plc1/*/*"]})
STAMP_POINT = "stamp,holding,0,int64"
MARKERS = {"raw": '"stamp":', "tagwire": '"p":"plc1/stamp","v":'}


@contextlib.contextmanager
def raw_gateway(options, plc, _folder):
    with parts.running([options.build / "bench" / "latency_raw", "--plc", plc.ports[0], "--registers",
                        options.registers, "--period-ms", options.period_ms]) as process:
        yield json.loads(parts.line_with(process, "listening"))["listening"][0], process.pid, []


@contextlib.contextmanager
def tagwire(options, plc, folder):
    port = parts.free_port()
    parts.write_points(folder / "points.csv", options.registers, [STAMP_POINT])
    manifest = parts.write_manifest(folder, [
        parts.modbus_instance(1, plc.ports[0], options.period_ms, options.max_outstanding),
        {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{port}", "auth": {"anonymous": ["*:read"]},
            "endpoints": [{"path": "/ws/live", "protocol": "live"}]}}])
    with parts.tagwire(options.build, manifest) as process:
        yield port, process.pid, ["--path", "/ws/live", "--send", SUBSCRIBE]


GATEWAYS = {"raw": raw_gateway, "tagwire": tagwire}


def measure(options, kind, clients):
    with tempfile.TemporaryDirectory(prefix="tagwire-latency-", dir="/var/tmp") as name, \
            parts.plc(options.build, registers=options.registers, stamp_on_read=1) as plc, \
            GATEWAYS[kind](options, plc, pathlib.Path(name)) as (port, pid, words):
        command = [options.build / "bench" / "latency_clients", "--port", port, "--clients", clients, "--marker",
                   MARKERS[kind], "--seconds", options.seconds, *words]
        cpu = parts.cpu_seconds(pid)
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{kind}: latency_clients ended with {done.returncode}")
        figures = json.loads(done.stdout)
        # Its warm-up of a second counts too; that is when clients connect.
        figures["cpu_percent"] = 100 * (parts.cpu_seconds(pid) - cpu) / (options.seconds + 1)
        due = clients * options.seconds * 1000 / options.period_ms
        if figures["messages"] < 0.95 * due:
            print(f"{kind}: only {figures['messages']} of {due:.0f} messages", file=sys.stderr)
        return figures


def rounds(options, clients):
    """The median over all rounds of each figure, by gateway, and of the ratio within a round."""
    measured = [{kind: measure(options, kind, clients) for kind in GATEWAYS} for _ in range(options.rounds)]

    def median(kind, figure):
        return statistics.median(figure(each[kind]) for each in measured)

    medians = {kind: {"p50": median(kind, lambda each: each["ms"]["p50"]),
                      "p99": median(kind, lambda each: each["ms"]["p99"]),
                      "cpu": median(kind, lambda each: each["cpu_percent"]),
                      "bytes": median(kind, lambda each: each["bytes"] / max(each["messages"], 1))}
               for kind in GATEWAYS}
    return medians, statistics.median(each["tagwire"]["ms"]["p50"] / each["raw"]["ms"]["p50"] for each in measured)


HEADS = ("clients", "p50 ms", "raw p50 ms", "ratio", "target", "p99 ms", "raw p99 ms", "CPU %", "raw CPU %",
         "bytes", "raw bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--clients", type=int, action="append")
    parser.add_argument("--registers", type=int, default=100, help="4: only the time itself")
    parser.add_argument("--period-ms", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--max-outstanding", type=int)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    rows, verdicts, fine = [], [], True
    for clients in options.clients or TARGETS:
        medians, ratio = rounds(options, clients)
        ours, raw = medians["tagwire"], medians["raw"]
        target = TARGETS.get(clients)
        fine = result.report(f"register read to {clients} WebSocket clients, {options.registers} registers, p50", "ms",
                             ours["p50"], limit=("least gateway", raw["p50"]), ratio=ratio, of="limit", at_most=target) and fine
        if target is not None:
            verdicts.append(f"{'holds' if ratio <= target else 'does not hold'}: {clients} clients: p50 {ratio:.2f} x the "
                            f"raw gateway's (target <= {target})")
        rows.append((clients, f"{ours['p50']:.3f}", f"{raw['p50']:.3f}", f"{ratio:.2f}", target or "",
                     f"{ours['p99']:.3f}", f"{raw['p99']:.3f}", f"{ours['cpu']:.2f}", f"{raw['cpu']:.2f}",
                     f"{ours['bytes']:.0f}", f"{raw['bytes']:.0f}"))
    print(f"{parts.machine()}; {options.registers} registers every {options.period_ms} ms, {options.rounds} rounds of "
          f"{options.seconds} s\n")
    print("\n".join(parts.table(HEADS, rows, options.markdown)))
    print("\n".join(["", *verdicts]))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
