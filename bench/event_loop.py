#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What event loops send by themselves: ours beside Qt's and GLib's, with 10 to 1,000 sockets that are written to, and with
10 beside 5,000 that are silent. By the CPU second of the thread, so that others on the machine count less.

    bench/event_loop.py BUILD_DIR [--seconds 3]

Exit code 1 when ours sends less than nine tenths of what Qt's does to few sockets."""
import argparse
import json
import pathlib
import subprocess
import sys

import modbus_parts as parts
import result

CROWDS = ((10, 0), (100, 0), (1000, 0), (10, 5000))
LOOPS = ("epoll", "qt", "glib")
LEAST = 0.9


def measure(options, loop, sockets, idle):
    """Messages per CPU second."""
    words = [options.build / "bench" / "event_loop", "--loop", loop, "--sockets", sockets, "--idle", idle, "--seconds",
             options.seconds]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"event_loop --loop {loop} ended with {done.returncode}")
    return json.loads(done.stdout)["messages_per_cpu_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    rows, fine = [], True
    for sockets, idle in CROWDS:
        loops = LOOPS if idle == 0 else LOOPS[:2]  # GLib takes minutes beside thousands
        rates = {loop: measure(options, loop, sockets, idle) for loop in loops}
        rows.append((sockets, idle, *(f"{rates[loop] / 1000:.1f}" if loop in rates else "" for loop in LOOPS)))
        fine = result.report(f"event loop alone, {sockets:,} sockets written to" + (f", {idle:,} silent" if idle else ""),
                             "messages per CPU s", rates["epoll"], peer=("Qt's loop", rates["qt"]), of="peer",
                             at_least=LEAST if idle == 0 and sockets <= 100 else None) and fine
    print(f"{parts.machine()}; 1,000 messages per CPU second\n")
    print("\n".join(parts.table(("sockets", "silent", *LOOPS), rows, False)))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
