#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a fix to its trigger event at a WebSocket client: 1,000 tags at 10 Hz against 1,000 polygon triggers, one entry in
ten fixes, through `tagwire run` with the plugins rtls and ws; right before it, in each round, the least server that
could do it (fix_raw).

    bench/trigger_latency.py BUILD_DIR [--tags 1000] [--triggers 1000] [--seconds 10] [--rounds 3]

Exit code 1 when the median p99 is over 5 ms, or events are missing."""
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

TARGET_MS = 5
PERIOD_MS = 100
STEPS_IN_A_ROUND = 10  # fix_walk.h, as the next three
SQUARES_IN_A_ROW = 32
PITCH = 10
WIDTH = 4


def trigger(index):
    x, y = index % SQUARES_IN_A_ROW * PITCH, index // SQUARES_IN_A_ROW * PITCH
    # Eight corners: the four of the square and the middles of its sides.
    half = WIDTH / 2
    steps = [(0, 0), (half, 0), (WIDTH, 0), (WIDTH, half), (WIDTH, WIDTH), (half, WIDTH), (0, WIDTH), (0, half)]
    return {"id": index + 1, "name": f"Square {index + 1}", "zone": 1, "direction": "OnEnter",
            "regions": [{"polygon": [[x + dx, y + dy] for dx, dy in steps]}]}


def write_manifest(folder, port, options):
    far = (max(options.triggers, 1) // SQUARES_IN_A_ROW + 2) * PITCH + SQUARES_IN_A_ROW * PITCH
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"data_dir": "data", "plugins": [
        {"id": "uwb", "type": "rtls", "config": {
            "managers": ["Manager1"],
            "zones": [{"id": 1, "name": "Site", "level": "campus",
                       "polygon": [[-10, -10], [far, -10], [far, far], [-10, far]]}],
            "tags": [{"id": f"T{i}"} for i in range(options.tags)],
            "triggers": [trigger(i) for i in range(options.triggers)]}},
        {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{port}",
            "endpoints": [{"path": "/ws/{manager}", "protocol": "rtls-manager"}]}}]}), encoding="utf-8")
    return manifest


def measure(options, process, port, token=None):
    command = [options.build / "bench" / "fix_clients", "--port", port, "--tags", options.tags, "--squares",
               options.triggers, "--period-ms", PERIOD_MS, "--seconds", options.seconds]
    if token:
        command += ["--token-file", token]
    cpu = parts.cpu_seconds(process.pid)
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"fix_clients ended with {done.returncode}")
    figures = json.loads(done.stdout)
    due = options.seconds * 1000 / PERIOD_MS * options.tags / STEPS_IN_A_ROUND
    return {"p50": figures["ms"]["p50"], "p99": figures["ms"]["p99"], "max": figures["ms"]["max"],
            "part": figures["events"] / due, "refused": figures["refused"],
            "cpu": 100 * (parts.cpu_seconds(process.pid) - cpu) / (options.seconds + 2.5)}


def raw_round(options):
    with parts.running([options.build / "bench" / "fix_raw", "--squares", options.triggers, "--tags",
                        options.tags]) as process:
        port = json.loads(parts.line_with(process, "listening"))["listening"][0]
        return measure(options, process, port)


def tagwire_round(options):
    with tempfile.TemporaryDirectory(prefix="tagwire-fixes-", dir="/var/tmp") as name:
        folder, port = pathlib.Path(name), parts.free_port()
        manifest = write_manifest(folder, port, options)
        token = parts.token_file(folder / "token", [parts.token_text(
            options.build, manifest, "bench", ["positions:read", "positions:write", "events:read"])])
        with parts.tagwire(options.build, manifest) as process:
            return measure(options, process, port, token)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--tags", type=int, default=1000)
    parser.add_argument("--triggers", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = [(raw_round(options), tagwire_round(options)) for _ in range(options.rounds)]

    def median(side, key):
        return statistics.median(each[side][key] for each in rounds)

    rows = [[name, f"{median(side, 'p50'):.3f}", f"{median(side, 'p50') / median(0, 'p50'):.2f}",
             f"{median(side, 'p99'):.3f}", f"{median(side, 'p99') / median(0, 'p99'):.2f}", f"{median(side, 'max'):.2f}",
             f"{median(side, 'part'):.3f}", f"{median(side, 'cpu'):.1f}"] for side, name in enumerate(("raw", "tagwire"))]
    print(f"{options.tags} tags, {options.tags * 1000 // PERIOD_MS} fixes/s, {options.triggers} triggers, medians of "
          f"{options.rounds} rounds of {options.seconds} s ({os.cpu_count()} cores)")
    print("\n".join(parts.table(["server", "p50 ms", "ratio", "p99 ms", "ratio", "max ms", "of the events due", "CPU %"], rows, False)))
    all_there = median(1, "part") > 0.999 and not any(each[1]["refused"] for each in rounds)
    fine = result.report(f"fix to trigger event at a client, {options.tags * 1000 // PERIOD_MS:,} fixes/s, "
                         f"{options.triggers:,} triggers, p99", "ms", median(1, "p99"), at_most=TARGET_MS,
                         limit=("least server", median(0, "p99")), also=("every event there", all_there))
    print(f"{'holds' if fine else 'does not hold'}: p99 {median(1, 'p99'):.2f} ms (target <= {TARGET_MS}), "
          f"every event there")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
