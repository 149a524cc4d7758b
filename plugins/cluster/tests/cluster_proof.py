#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole cluster of real programs on loopback, and what may happen to it.

Three nats-servers (replicas 3), two hubs with one PostgreSQL, two gateways, three edges. Under load: kill -9 of the
JetStream leader, of a hub, of a gateway, and one edge cut off. Afterwards every accepted record stands in PostgreSQL
once, an alarm was raised once, and a client of the dead gateway is right again on the other.

usage: cluster_proof.py TAGWIRE [--rate SAMPLES-A-SECOND] [--cut SECONDS] [--load SECONDS]
"""
import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import websockets
import websockets.exceptions

root = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(root / "bench"))
import postgres_parts  # noqa: E402

taken = set()


def free_port():
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in taken:
            taken.add(port)
            return port


def end_with_us():
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Proxy:
    """Stands between one edge and one server, and can be cut."""

    def __init__(self, target):
        self.target, self.port, self.is_cut, self.pipes = target, None, False, set()

    async def open(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        taken.add(self.port)

    async def serve(self, reader, writer):
        if self.is_cut:
            return writer.close()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return writer.close()
        for pipe in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self.pump(*pipe))
            self.pipes.add(task)
            task.add_done_callback(self.pipes.discard)

    async def pump(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.is_cut:
                    await asyncio.Event().wait()  # as a network does: nobody is told
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self):
        self.is_cut = True

    def mend(self):
        self.is_cut = False
        for pipe in self.pipes:
            pipe.cancel()


class Nats:
    def __init__(self, folder, count=3):
        self.names = [f"n{i + 1}" for i in range(count)]
        self.folder = folder
        self.ports = {name: free_port() for name in self.names}
        self.routes = {name: free_port() for name in self.names}
        self.monitors = {name: free_port() for name in self.names}
        self.processes = {}

    def start(self, name):
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in self.routes.values())
        config = self.folder / f"{name}.conf"
        # no_advertise: else an edge would go round its proxies.
        cluster = "" if len(self.names) == 1 else (
            f"cluster {{ name: test, listen: 127.0.0.1:{self.routes[name]}, routes: [{routes}], no_advertise: true }}")
        config.write_text(f"""server_name: {name}
listen: 127.0.0.1:{self.ports[name]}
http: 127.0.0.1:{self.monitors[name]}
jetstream {{ store_dir: "{self.folder / name}", max_file: 4GB }}
{cluster}
""")
        log = open(self.folder / f"{name}.log", "ab")
        program = shutil.which("nats-server") or "/usr/sbin/nats-server"
        self.processes[name] = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log,
                                                preexec_fn=end_with_us)

    def ask(self, path):
        for name, process in self.processes.items():
            if process.poll() is None:
                with contextlib.suppress(OSError):
                    with urllib.request.urlopen(f"http://127.0.0.1:{self.monitors[name]}/{path}", timeout=2) as got:
                        return json.load(got)
        return {}

    def leader(self, stream="TAGWIRE"):
        for account in self.ask("jsz?streams=1&accounts=1").get("account_details", []):
            for found in account.get("stream_detail", []):
                if found["name"] == stream:
                    return found.get("cluster", {}).get("leader")
        return None

    def urls(self):
        return [f"nats://127.0.0.1:{port}" for port in self.ports.values()]


class Program:
    def __init__(self, tagwire, folder, name, plugins):
        self.name, self.folder, self.tagwire = name, folder / name, tagwire
        self.folder.mkdir()
        self.port = free_port()
        self.process = None
        self.write(plugins)

    def write(self, plugins):
        web = {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{self.port}", "auth": {"anonymous": ["*:*"]}, "serve": ["ws", "rest", "metrics"],
            "endpoints": [{"path": "/ws/live", "protocol": "live"}]}}
        text = json.dumps({"site": {"name": "plant"}, "data_dir": "var", "plugins": plugins + [web]})
        (self.folder / "manifest.json").write_text(text)

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([self.tagwire, "run", str(self.folder / "manifest.json")], stdout=log,
                                        stderr=log, preexec_fn=end_with_us)

    def get(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()

    def metric(self, name):
        for line in self.get("/metrics").splitlines():
            if line.startswith((name + "{", name + " ")):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def kill(self):
        self.process.kill()
        self.process.wait()


async def until(what, test, longest=60):
    deadline = time.monotonic() + longest
    while True:
        try:
            if test():
                return
        except (OSError, ValueError):
            pass
        if time.monotonic() > deadline:
            sys.exit(f"FAIL: not within {longest} s: {what}")
        await asyncio.sleep(0.25)


def cluster(node, roles, urls, **more):
    return {"id": "cluster", "type": "cluster", "config": {
        "node": node, "roles": roles, "servers": urls, "stream": {"replicas": 3, "max_mb": 1024}, **more}}


def sources(edge, count):
    number = 900 + int(edge[-1])
    waves = [{"id": f"{edge}w{i}", "type": "example", "config": {"interval_ms": 10}} for i in range(count)]
    return waves + [{"id": f"{edge}lab", "type": "ingest",
                     "config": {"points": [{"name": "temp", "number": number, "type": "float64"}]}}]


class Client:
    """Follows one point by the gateways, one after the other, as a page does."""

    def __init__(self, ports, point):
        self.ports, self.point, self.value, self.connected = ports, point, None, None

    async def run(self):
        at = 0
        while True:
            port = self.ports[at % len(self.ports)]
            with contextlib.suppress(OSError, websockets.exceptions.WebSocketException):
                async with websockets.connect(f"ws://127.0.0.1:{port}/ws/live", open_timeout=2) as link:
                    self.connected = port
                    await link.send(json.dumps({"op": "subscribe", "id": "a", "topics": [f"points/{self.point}"]}))
                    async for text in link:
                        for value in find_values(json.loads(text), self.point):
                            self.value = value
            self.connected = None
            at += 1
            await asyncio.sleep(0.5)


def find_values(message, point):
    """Values of this point, wherever a message of the protocol `live` has them."""
    if isinstance(message, list):
        for each in message:
            yield from find_values(each, point)
    elif isinstance(message, dict):
        if message.get("p") == point and "v" in message:
            yield message["v"]
        for each in message.values():
            yield from find_values(each, point)


async def prove(options, folder, database):
    nats = Nats(folder)
    for name in nats.names:
        nats.start(name)
    await until("the servers have a leader", lambda: nats.ask("jsz").get("meta_cluster", {}).get("leader"))
    proxies = [Proxy(port) for port in nats.ports.values()]
    for proxy in proxies:
        await proxy.open()

    def psql(sql):
        socket_folder = database.url.split("host=")[1]
        done = subprocess.run(["psql", "-h", socket_folder, "-p", str(postgres_parts.PORT), "-U", "postgres", "-At",
                               "-c", sql, "postgres"], capture_output=True, text=True)
        return done.stdout.strip()

    hubs = [Program(options.tagwire, folder, f"hub{i}", [
        cluster(f"hub{i}", ["hub"], nats.urls(), history="history", expects=[{"name": "edge1lab/temp"}]),
        {"id": "history", "type": "sql", "config": {"database": database.url, "fed_by": "cluster"}},
        {"id": "alarms", "type": "alarms", "config": {"rules": [
            {"id": 77, "name": "Hot", "point": "edge1lab/temp", "comparison": "above", "alarm_threshold": 80}]}},
    ]) for i in (1, 2)]
    gateways = [Program(options.tagwire, folder, f"gateway{i}", [cluster(f"gateway{i}", ["gateway"], nats.urls())])
                for i in (1, 2)]
    each = max(1, round(options.rate / 3 / 200))
    edge_urls = {"edge1": nats.urls(), "edge2": nats.urls(),
                 "edge3": [f"nats://127.0.0.1:{proxy.port}" for proxy in proxies]}
    edges = [Program(options.tagwire, folder, name, [cluster(name, ["edge"], urls)] + sources(name, each))
             for name, urls in edge_urls.items()]
    for program in hubs + gateways + edges:
        program.start()
    await until("all programs answer", lambda: all(p.get("/healthz") for p in hubs + gateways + edges))
    await until("records are stored", lambda: int(psql("SELECT count(*) FROM delivered") or 0) >= 3)

    def rest_write(value):
        edges[0].get("/api/os/telemetry/ingest", json.dumps({"endpointId": 901, "value": value}).encode())

    client = Client([gateways[0].port, gateways[1].port], "edge1lab/temp")
    following = asyncio.create_task(client.run())
    rest_write(20)
    await until("a client has the value by the first gateway", lambda: client.value == 20)

    async def phase(title, seconds):
        before, start = sum(e.metric("tagwire_cluster_accepted_total") for e in edges), time.monotonic()
        await asyncio.sleep(seconds)
        rate = (sum(e.metric("tagwire_cluster_accepted_total") for e in edges) - before) / (time.monotonic() - start)
        waiting = sum(e.metric("tagwire_cluster_waiting") for e in edges)
        print(f"{title}: {rate:,.0f} records/s accepted, {waiting:,.0f} wait at the edges", flush=True)

    await phase("all well", options.load)
    leader = nats.leader()
    print("kill -9 of the stream's leader", leader, flush=True)
    nats.processes[leader].kill()
    await phase("without the leader", options.load)
    nats.start(leader)
    print("kill -9 of hub1, and the alarm comes", flush=True)
    hubs[0].kill()
    rest_write(90)
    await phase("without hub1", options.load)
    hubs[0].start()
    print("kill -9 of gateway1", flush=True)
    gateways[0].kill()
    rest_write(91)
    await until("the client is right on the other gateway",
                lambda: client.connected == gateways[1].port and client.value == 91, 20)
    print(f"cut of edge3 for {options.cut} s", flush=True)
    for proxy in proxies:
        proxy.cut()
    await phase("edge3 cut", options.cut)
    for proxy in proxies:
        proxy.mend()
    await phase("edge3 back", options.load)

    for edge, (name, urls) in zip(edges, edge_urls.items()):  # the sources end, the rest goes on
        edge.write([cluster(name, ["edge"], urls)] + sources(name, 0))
        edge.process.send_signal(signal.SIGHUP)
    await until("the sources have ended", lambda: all("w0/" not in e.get("/api/v1/points?prefix=" + e.name + "w0")
                                                      for e in edges), 30)
    await until("all is delivered", lambda: all(e.metric("tagwire_cluster_waiting") == 0 for e in edges), 240)
    accepted = sum(int(e.metric("tagwire_cluster_accepted_total")) for e in edges)
    lost = sum(int(e.metric("tagwire_cluster_lost_total") + e.metric("tagwire_cluster_refused_total")) for e in edges)

    # A key has its sender in it.
    spools = "','".join(f"plant/{e.name}/" + (e.folder / "var/cluster.spool/spool.id").read_text().split()[0]
                        for e in edges)

    def stored():
        rows = psql("SELECT (SELECT count(*) FROM history WHERE name LIKE 'edge%') || ' ' || (SELECT count(*) FROM"
                    " (SELECT DISTINCT name, time, value, quality FROM history WHERE name LIKE 'edge%') d) || ' ' ||"
                    f" (SELECT coalesce(sum(next - first), 0) FROM delivered WHERE spool IN ('{spools}')) || ' ' ||"
                    " (SELECT coalesce(sum(next - first), 0) FROM delivered WHERE spool <> '')")
        return [int(number) for number in rows.split()]

    # Records are samples and events; keys count both.
    await until("all that was accepted is in the history", lambda: stored()[2] >= accepted, 240)
    rows, distinct, keys, all_keys = stored()
    hub_events = sum(int(h.metric("tagwire_cluster_accepted_total")) for h in hubs)
    alarms = psql("SELECT count(*) FROM events WHERE kind = 'alarm' AND json->>'state' = 'ALARM'")
    events = int(psql("SELECT count(*) FROM events"))
    repeats = sum(int(e.metric("tagwire_cluster_repeats_total")) for e in edges)
    following.cancel()
    print(f"accepted by edges {accepted}, lost {lost}, sent once more {repeats}; in PostgreSQL {rows} samples "
          f"({distinct} distinct), {events} events, keys of {keys} records; alarms {alarms}; hubs accepted {hub_events}")
    wrong = []
    if lost:
        wrong.append("records were lost")
    if rows != distinct:
        wrong.append("samples stand twice")
    if keys != accepted:
        wrong.append("what is in PostgreSQL is not what the edges accepted")
    if rows + events != all_keys:
        wrong.append("rows and keys differ")
    if alarms != "1":
        wrong.append("the alarm was not raised once")
    if wrong:
        sys.exit("FAIL: " + "; ".join(wrong))
    print("ok")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tagwire")
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--cut", type=int, default=30)
    parser.add_argument("--load", type=int, default=10)
    options = parser.parse_args()
    options.tagwire = os.path.abspath(options.tagwire)
    with postgres_parts.server() as database, tempfile.TemporaryDirectory(prefix="tagwire-cluster-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        try:
            asyncio.run(prove(options, pathlib.Path(folder), database))
        except SystemExit:
            for log in sorted(pathlib.Path(folder).glob("*/log")):
                print("==", log.parent.name, *log.read_text().splitlines()[-12:], sep="\n")
            raise


if __name__ == "__main__":
    main()
