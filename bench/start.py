#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long `tagwire run` takes until it is ready with a manifest of 100,000 alarm rules, the first time and after a
kill -9.

    bench/start.py BUILD_DIR [--rules 100000] [--rounds 3]

Exit code 1 when a median is over 2 s."""
import argparse
import pathlib
import signal
import statistics
import sys
import tempfile
import time

import modbus_parts as parts
import result

TARGET_S = 2
DEVICES, FIELDS = 10, 1000  # the points that rules are about


def write_manifest(folder, rules):
    fields = {f"p{i}": "float" for i in range(FIELDS)}
    listed = [{"id": i + 1, "name": f"Alarm {i}", "point": f"dev{i % DEVICES}/p{i // DEVICES % FIELDS}", "comparison": "above",
               "alarm_threshold": 90, "warning_threshold": 80} for i in range(rules)]
    return parts.write_manifest(folder, [
        {"id": "alarms", "type": "alarms", "config": {"rules": listed}},
        {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{parts.free_port()}", "endpoints": [{"path": "/ws/device/{device_id}", "protocol": "device"}],
            "models": {"all": {"fields": fields}},
            "devices": [{"id": f"dev{i}", "model": "all"} for i in range(DEVICES)]}}])


def start(options, manifest, folder):
    """Seconds until `ready`; then it is killed."""
    with open(folder / "stderr", "w", encoding="utf-8") as errors:
        began = time.monotonic()
        with parts.running([options.build / "tagwire", "run", manifest], cwd=folder, stderr=errors) as process:
            try:
                parts.line_with(process, "ready")
            except parts.Ended as reason:
                sys.exit(f"{reason}\n{(folder / 'stderr').read_text(encoding='utf-8')[:2000]}")
            took = time.monotonic() - began
            process.send_signal(signal.SIGKILL)
            return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rules", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    took = {"first": [], "after kill -9": []}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="tagwire-start-", dir="/var/tmp") as name:
            folder = pathlib.Path(name)
            manifest = write_manifest(folder, options.rules)
            for each in took.values():
                each.append(start(options, manifest, folder))
    fine = True
    for what, seconds in took.items():
        median = statistics.median(seconds)
        held = result.report(f"start of the whole program with {options.rules:,} alarm rules, {what}", "s", median,
                             at_most=TARGET_S)
        print(f"{'holds' if held else 'does not hold'}: ready after {median:.2f} s, {what} (target <= {TARGET_S})")
        fine = fine and held
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
