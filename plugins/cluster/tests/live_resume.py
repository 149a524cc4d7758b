#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two real gateways and one nats-server: a client of the one that was killed goes on at the other and misses nothing.

usage: live_resume.py TAGWIRE
"""
import asyncio
import json
import pathlib
import sys
import tempfile
import threading

import websockets
import websockets.exceptions

from cluster_proof import Nats, Program, cluster, until

POINT = "lab/count"


class Source(threading.Thread):
    """Hands in 1, 2, 3 … by REST."""

    def __init__(self, edge):
        super().__init__(daemon=True)
        self.edge, self.given, self.end = edge, 0, threading.Event()

    def run(self):
        while not self.end.wait(0.02):
            body = json.dumps({"endpointId": 901, "value": self.given + 1}).encode()
            self.edge.get("/api/os/telemetry/ingest", body)
            self.given += 1


class Client:
    def __init__(self):
        self.values, self.place, self.operations, self.gaps, self.again = set(), {}, [], 0, 0

    async def follow(self, gateway, **resume):
        url = f"ws://127.0.0.1:{gateway.port}/ws/live"
        self.operations.clear()
        try:
            async with websockets.connect(url) as link:
                await link.send(json.dumps({"op": "subscribe", "id": "a", "topics": [f"points/{POINT}"], **resume}))
                async for text in link:
                    self.take(json.loads(text))
        except (OSError, websockets.exceptions.ConnectionClosed):
            pass

    def take(self, message):
        self.operations.append(message["op"])
        self.gaps += bool(message.get("gap"))
        if message["op"] == "subscribed":
            self.epoch = message["epoch"]
            return
        for point in message.get("points", []):
            if point["v"] is not None:
                self.again += point["v"] in self.values
                self.values.add(point["v"])
        self.place = {"epoch": self.epoch, "after": message["seq"]}


async def prove(tagwire, folder):
    nats = Nats(folder, 1)
    nats.start("n1")
    one_server = {"stream": {"replicas": 1, "max_mb": 64}}
    hub = Program(tagwire, folder, "hub1", [cluster("hub1", ["hub"], nats.urls(), **one_server)])
    edge = Program(tagwire, folder, "edge1", [
        cluster("edge1", ["edge"], nats.urls(), **one_server),
        {"id": "lab", "type": "ingest", "config": {"points": [{"name": "count", "number": 901, "type": "float64"}]}}])
    gateways = [Program(tagwire, folder, f"gateway{i}", [cluster(f"gateway{i}", roles, nats.urls(), **one_server)])
                for i, roles in ((1, ["gateway"]), (2, ["gateway", "edge"]))]
    for program in (hub, edge, *gateways):
        program.start()
    await until("all programs answer", lambda: all(p.get("/healthz") for p in (hub, edge, *gateways)))
    source = Source(edge)
    source.start()
    await until("both gateways have values", lambda: all("good" in g.get("/api/v1/points/" + POINT) for g in gateways))
    # Each has to have been there for some seconds, before a place can be found in what the other was at.
    client = Client()
    for turn in range(3):
        this, other = gateways[turn % 2], gateways[1 - turn % 2]
        following = asyncio.create_task(client.follow(this, **client.place))
        await until("the client gets values", lambda: "update" in client.operations)
        known = source.given
        await until("and goes on with them", lambda: known + 400 in client.values)
        known, client.again = source.given, 0
        this.kill()
        await following
        following = asyncio.create_task(client.follow(other, **client.place))
        await until("it has what came meanwhile", lambda: known + 100 in client.values, 10)
        assert "snapshot" not in client.operations and client.gaps == 0, (turn, client.operations[:3], client.gaps)
        missing = set(range(min(map(int, client.values)), known + 101)) - client.values
        assert not missing, (turn, sorted(missing))
        print(f"ok: after {this.name} was killed its client went on at {other.name}; {client.again} values came again")
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        this.start()
    stranger = Client()
    following = asyncio.create_task(stranger.follow(gateways[1], epoch="no such run", after=1))
    await until("who comes from nowhere begins anew", lambda: "snapshot" in stranger.operations)
    assert stranger.gaps == 1
    following.cancel()
    source.end.set()
    source.join()
    for program in (hub, edge, *gateways):
        program.kill()
    nats.processes["n1"].kill()


def main():
    tagwire = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="tagwire-resume-") as name:
        asyncio.run(prove(tagwire, pathlib.Path(name)))


if __name__ == "__main__":
    main()
