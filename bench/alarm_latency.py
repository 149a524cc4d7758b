#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a value that a device pushes to the alarm message at each of many clients, each change stored on disk before it
is told: 5,000 changes/s to 100 clients, through `tagwire run` with the plugins alarms and ws.

    bench/alarm_latency.py BUILD_DIR [--clients 100] [--changes 5000] [--points 1000] [--seconds 10] [--rounds 3]

Exit code 1 when the median p99 is over 100 ms, or messages are missing."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import modbus_parts as parts
import result

TARGET_MS = 100


def write_manifest(folder, port, options):
    fields = {f"p{i}": "float" for i in range(options.points)}
    rules = [{"id": i + 1, "name": f"Alarm {i}", "point": f"dev/p{i}", "comparison": "above", "alarm_threshold": 1e9}
             for i in range(options.points)]
    limits = {"messages_per_s": 0, "queue_messages": 65536, "connections": options.clients + 10}
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"data_dir": "data", "plugins": [
        {"id": "alarms", "type": "alarms", "config": {"rules": rules}},
        {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{port}",
            "endpoints": [{"path": "/ws/device/{device_id}", "protocol": "device"},
                          {"path": "/ws/alarms", "protocol": "alarms", "limits": limits}],
            "models": {"all": {"fields": fields}}, "devices": [{"id": "dev", "model": "all"}]}}]}), encoding="utf-8")
    return manifest


def one_round(options):
    with tempfile.TemporaryDirectory(prefix="tagwire-alarms-", dir="/var/tmp") as name:
        folder, port = pathlib.Path(name), parts.free_port()
        manifest = write_manifest(folder, port, options)
        token = parts.token_file(folder / "token", [parts.token_text(options.build, manifest, "bench",
                                                                     ["device:dev:publish", "alarms:read"])])
        with parts.tagwire(options.build, manifest) as process:
            cpu = parts.cpu_seconds(process.pid)
            command = [options.build / "bench" / "alarm_clients", "--port", port, "--token-file", token, "--clients",
                       options.clients, "--points", options.points, "--changes", options.changes, "--seconds",
                       options.seconds]
            done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                sys.exit(f"alarm_clients ended with {done.returncode}\n"
                         f"{(folder / 'stderr').read_text(encoding='utf-8')[-2000:]}")
            figures = json.loads(done.stdout)
            figures["cpu"] = 100 * (parts.cpu_seconds(process.pid) - cpu) / (options.seconds + 4)
            return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--changes", type=int, default=5000)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = [one_round(options) for _ in range(options.rounds)]
    print(f"{options.changes} changes/s to {options.clients} clients, {options.rounds} rounds of {options.seconds} s "
          f"({os.cpu_count()} cores)")
    rows = [[f"{each['ms']['p50']:.2f}", f"{each['ms']['p99']:.2f}", f"{each['ms']['max']:.2f}", f"{each['part']:.4f}",
             f"{each['cpu']:.0f}"] for each in rounds]
    print("\n".join(parts.table(["p50 ms", "p99 ms", "max ms", "of the messages due", "CPU %"], rows, False)))
    p99 = statistics.median(each["ms"]["p99"] for each in rounds)
    part = statistics.median(each["part"] for each in rounds)
    fine = result.report(f"value to alarm message, {options.changes:,} changes/s, each on disk, to {options.clients:,} "
                         "clients, p99", "ms", p99, at_most=TARGET_MS, also=("every message there", part > 0.999))
    print(f"{'holds' if fine else 'does not hold'}: p99 {p99:.1f} ms (target <= {TARGET_MS}), {part:.4f} of the messages")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
