#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a cluster costs beside a single process, both in one run on one machine.

One edge with many points, one nats-server, one hub with an SQLite history, one gateway. Latency: from the moment a value
is handed in by REST at the edge until a WebSocket client has it, at the edge itself and at the gateway. Then CPU and bytes a
sample of each program.

usage: bench/cluster.py [BUILD] [--instances N] [--batch-ms MS] [--seconds S] [--writes N]      (each instance: 200 samples a second)
"""
import argparse
import asyncio
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import websockets

import result

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "plugins/cluster/tests"))
from cluster_proof import Nats, Program, cluster, find_values, sources, until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


def stream_bytes(nats):
    for account in nats.ask("jsz?streams=1&accounts=1").get("account_details", []):
        for found in account.get("stream_detail", []):
            if found["name"] == "TAGWIRE":
                return found["state"]["bytes"]
    return 0


async def latencies(edge, reader, writes):
    """Milliseconds from the write at `edge` to its arrival at a client of `reader`."""
    taken = []
    async with websockets.connect(f"ws://127.0.0.1:{reader.port}/ws/live") as link:
        await link.send(json.dumps({"op": "subscribe", "id": "a", "topics": ["points/edge1lab/temp"]}))
        for number in range(writes):
            value = 1000 + number + time.time() % 1
            begin = time.perf_counter()
            body = json.dumps({"endpointId": 901, "value": value}).encode()
            written = asyncio.get_running_loop().run_in_executor(None, edge.get, "/api/os/telemetry/ingest", body)
            while value not in list(find_values(json.loads(await link.recv()), "edge1lab/temp")):
                pass
            taken.append((time.perf_counter() - begin) * 1000)
            await written
            await asyncio.sleep(0.02)
    taken.sort()
    return statistics.median(taken), taken[int(len(taken) * 0.99)]


async def measure(options, folder):
    nats = Nats(folder, 1)
    name = nats.names[0]
    nats.start(name)
    urls = nats.urls()
    hub = Program(options.tagwire, folder, "hub1", [
        cluster("hub1", ["hub"], urls, history="history"),
        {"id": "history", "type": "sql", "config": {"database": "sqlite:h.db", "fed_by": "cluster"}}])
    gateway = Program(options.tagwire, folder, "gateway1", [cluster("gateway1", ["gateway"], urls)])
    edge = Program(options.tagwire, folder, "edge1",
                   [cluster("edge1", ["edge"], urls, batch_interval_ms=options.batch_ms)] + sources("edge1", options.instances))
    for program in (hub, gateway, edge):
        text = (program.folder / "manifest.json").read_text().replace('"replicas": 3', '"replicas": 1')
        (program.folder / "manifest.json").write_text(text)
        program.start()
    await until("all answer", lambda: all(p.get("/healthz") for p in (hub, gateway, edge)))
    edge.get("/api/os/telemetry/ingest", b'{"endpointId":901,"value":1}')
    await until("the gateway has it", lambda: "edge1lab/temp" in gateway.get("/api/v1/points?prefix=edge1lab"))
    pids = {"edge": edge.process.pid, "nats-server": nats.processes[name].pid, "hub": hub.process.pid,
            "gateway": gateway.process.pid}
    await asyncio.sleep(2)
    before = {who: cpu_seconds(pid) for who, pid in pids.items()}
    accepted = edge.metric("tagwire_cluster_accepted_total")
    sent = edge.metric("tagwire_cluster_bytes_total")
    kept = stream_bytes(nats)
    stored = hub.metric("tagwire_cluster_stored_total")
    start = time.monotonic()
    await asyncio.sleep(options.seconds)
    took = time.monotonic() - start
    used = {who: cpu_seconds(pid) - before[who] for who, pid in pids.items()}
    accepted = edge.metric("tagwire_cluster_accepted_total") - accepted
    sent = edge.metric("tagwire_cluster_bytes_total") - sent
    kept = stream_bytes(nats) - kept
    stored = hub.metric("tagwire_cluster_stored_total") - stored
    print(f"{accepted / took:,.0f} samples/s accepted, {stored / took:,.0f}/s stored, "
          f"{sent / max(accepted, 1):.1f} bytes a sample on the wire (last values included), "
          f"{kept / max(accepted, 1):.1f} in the stream")
    result.report("edge through nats-server into the history of a hub", "samples/s", stored / took,
                  limit=("accepted at the edge", accepted / took))
    print("| program | CPU, % of a core | µs a sample | resident, MiB |\n|---|---|---|---|")
    for who, pid in pids.items():
        print(f"| {who} | {100 * used[who] / took:.0f} | {1e6 * used[who] / max(accepted, 1):.1f} | "
              f"{resident_mib(pid):.0f} |")
    medians = []
    for title, reader in (("in the same process", edge), ("through the cluster", gateway)):
        median, high = await latencies(edge, reader, options.writes)
        medians.append(median)
        print(f"latency {title}: median {median:.1f} ms, 99 % {high:.1f} ms")
    result.report(f"value at the edge to a client of a gateway, batches of {options.batch_ms} ms, p50", "ms", medians[1],
                  limit=("client of the edge", medians[0]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tagwire", nargs="?", default="build-release", help="build folder, or the program in it")
    parser.add_argument("--instances", type=int, default=50)
    parser.add_argument("--batch-ms", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--writes", type=int, default=200)
    options = parser.parse_args()
    options.tagwire = os.path.abspath(options.tagwire)
    if os.path.isdir(options.tagwire):
        options.tagwire += "/tagwire"
    with tempfile.TemporaryDirectory(prefix="tagwire-bench-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        asyncio.run(measure(options, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
