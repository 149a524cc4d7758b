#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two real gateways and one nats-server: a device that connects to the second is closed on the first.

usage: device_takeover.py TAGWIRE
"""
import asyncio
import json
import pathlib
import subprocess
import sys
import tempfile

import websockets
import websockets.exceptions

from cluster_proof import Nats, Program, cluster, until


class Gateway(Program):
    def write(self, plugins):
        web = {"id": "web", "type": "ws", "config": {
            "listen": f"127.0.0.1:{self.port}", "auth": {"anonymous": ["*:*"]}, "serve": ["ws", "rest", "metrics"],
            "endpoints": [{"path": "/ws/device/{device_id}", "protocol": "device"}],
            "models": {"ems": {"fields": {"soc": "float"}}}}}
        if self.name != "hub1":  # it has no devices of its own: their points come from the gateways
            web["config"]["devices"] = [{"id": "ems_001", "model": "ems"}]
        text = json.dumps({"site": {"name": "plant"}, "data_dir": "var", "plugins": plugins + [web]})
        (self.folder / "manifest.json").write_text(text)

    def make_token(self):
        made = subprocess.run([self.tagwire, "token", "create", "ems_001", "--allow", "device:ems_001:publish",
                               "--manifest", str(self.folder / "manifest.json")],
                              check=True, capture_output=True, text=True)
        self.token = next(word for word in made.stdout.split() if word.startswith("tw_"))

    def state(self):
        found = [each for each in json.loads(self.get("/api/v1/status"))["instances"] if each["id"] == "cluster"]
        return found[0]["state"]

    def connect(self):
        return websockets.connect(f"ws://127.0.0.1:{self.port}/ws/device/ems_001",
                                  extra_headers={"Authorization": f"Bearer {self.token}"})


async def closed(link):
    try:
        async with asyncio.timeout(10):
            await link.wait_closed()
    except TimeoutError:
        sys.exit("FAIL: the first connection was not closed")
    assert link.close_code == 4409, link.close_code
    assert link.close_reason == "replaced by a new connection", link.close_reason


async def prove(tagwire, folder):
    nats = Nats(folder, 1)
    nats.start("n1")
    one_server = {"stream": {"replicas": 1, "max_mb": 64}}
    hub = Gateway(tagwire, folder, "hub1", [cluster("hub1", ["hub"], nats.urls(), **one_server)])
    gateways = [Gateway(tagwire, folder, name, [cluster(name, ["gateway", "edge"], nats.urls(), **one_server)])
                for name in ("gateway1", "gateway2")]
    for program in (hub, *gateways):
        program.make_token()
        program.start()
    for program in (hub, *gateways):
        await until(f"{program.name} runs", lambda: program.state() == "running")
    one, two = gateways

    first = await one.connect()
    await first.send(json.dumps({"soc": 0.1}))
    await until("the hub has the value", lambda: "0.1" in hub.get("/api/v1/points/ems_001/soc"))
    second = await two.connect()
    await closed(first)
    await second.send(json.dumps({"soc": 0.2}))
    await until("the hub has the value of the second", lambda: "0.2" in hub.get("/api/v1/points/ems_001/soc"))
    third = await one.connect()
    await closed(second)
    print("ok: the newest connection has the device, on whichever gateway")

    # No server: the device is taken all the same.
    nats.processes["n1"].kill()
    nats.processes["n1"].wait()
    await until("degraded", lambda: two.state() == "degraded")
    fourth = await two.connect()
    await fourth.send(json.dumps({"soc": 0.4}))
    await until("taken without a server", lambda: "0.4" in two.get("/api/v1/points/ems_001/soc"))
    nats.start("n1")
    await closed(third)
    print("ok: without a server both take it; afterwards the one that connected last")

    # Two devices with one token, each of which comes back at once: that ends in a pause, as on one gateway.
    refused = False
    for turn in range(20):
        gateway = (one, two)[turn % 2]
        try:
            link = await gateway.connect()
        except websockets.exceptions.InvalidStatusCode as refusal:
            assert refusal.status_code == 429, refusal
            refused = True
            break
        await closed(fourth)
        fourth = link
        await asyncio.sleep(0.3)  # the claim's answer counts the takeover
    assert refused, "nobody stopped the two"
    print(f"ok: after {turn} more takeovers within a minute the next is refused")
    for program in (hub, *gateways):
        program.kill()
    nats.processes["n1"].kill()


def main():
    tagwire = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="tagwire-devices-") as name:
        asyncio.run(prove(tagwire, pathlib.Path(name)))


if __name__ == "__main__":
    main()
