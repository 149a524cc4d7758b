#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two hubs with alarms, two gateways, one nats-server, all real: gateways show the alarms of the hubs and acknowledge,
and what was done on one hub stands on the other.

usage: alarm_desk.py TAGWIRE
"""
import asyncio
import json
import pathlib
import sys
import tempfile
import urllib.error

from cluster_proof import Nats, Program, cluster, sources, until


def ask(program, path, body=None):
    """Status and content."""
    try:
        return 200, json.loads(program.get("/api/v1/" + path, None if body is None else json.dumps(body).encode()))
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or b"{}")


def standing(program, rule=77):
    status, alarms = ask(program, "alarms")
    found = [each for each in alarms if each["rule_id"] == rule] if status == 200 else []
    return found[0] if found else None


def acknowledged_by(program, rule=77):
    alarm = standing(program, rule)
    return alarm["acknowledged_by"] if alarm and alarm["acknowledged"] else None


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f"FAIL: {what}: {got!r}, not {wanted!r}")


async def prove(tagwire, folder):
    nats = Nats(folder, 1)
    nats.start("n1")
    one_server = {"stream": {"replicas": 1, "max_mb": 64}}
    rule = {"id": 77, "name": "Hot", "point": "edge1lab/temp", "comparison": "above", "alarm_threshold": 80}
    hubs = [Program(tagwire, folder, name, [
        cluster(name, ["hub"], nats.urls(), expects=[{"name": "edge1lab/temp"}], alarms_from=["gateway1", other],
                **one_server),
        {"id": "alarms", "type": "alarms", "config": {"rules": [rule]}},
    ]) for name, other in (("hub1", "hub2"), ("hub2", "hub1"))]
    gateways = [Program(tagwire, folder, name, [cluster(name, ["gateway"], nats.urls(), **one_server)])
                for name in ("gateway1", "gateway2")]
    edge = Program(tagwire, folder, "edge1", [cluster("edge1", ["edge"], nats.urls(), **one_server)] + sources("edge1", 0))
    one, two = hubs
    named, stranger = gateways

    for program in (named, stranger, edge):
        program.start()
    await until("no hub is heard", lambda: ask(named, "alarms")[0] == 503)
    text = json.dumps(ask(named, "alarms")[1])
    if "no hub of the cluster is heard" not in text:
        sys.exit(f"FAIL: {text}")
    one.start()
    await until("the gateway has hub1", lambda: ask(named, "alarms") == (200, []))
    two.start()
    await until("hub2 runs", lambda: ask(two, "alarms")[0] == 200)
    def write(value):
        edge.get("/api/os/telemetry/ingest", json.dumps({"endpointId": 901, "value": value}).encode())

    write(20)
    await until("a gateway has the point", lambda: "20" in named.get("/api/v1/points/edge1lab/temp"))
    write(90)
    for program in (*hubs, *gateways):
        await until(f"{program.name} shows the alarm", lambda: standing(program))
    same("its point", standing(named)["point"], "edge1lab/temp")

    status, refusal = ask(stranger, "alarms/77/ack", {})
    same("a gateway that is not named", status, 409)
    if "alarms_from" not in json.dumps(refusal):
        sys.exit(f"FAIL: {refusal}")
    same("not acknowledged", acknowledged_by(one), None)
    same("acknowledging", ask(named, "alarms/77/ack", {"comment": "seen"})[0], 200)
    by = acknowledged_by(one)
    if not by or not by.endswith("@gateway1"):
        sys.exit(f"FAIL: acknowledged by {by}")
    for program in (two, *gateways):
        await until(f"{program.name} has the acknowledgement", lambda: acknowledged_by(program) == by)
    records = ask(named, "alarms/history")[1]
    if "ack" not in json.dumps(records):
        sys.exit(f"FAIL: {records}")
    same("areas", ask(named, "alarms/areas")[0], 200)
    same("statistics", ask(named, "alarms/statistics")[1]["standing"], 1)
    audited = ask(one, "audit?kind=alarm")[1]
    if by not in json.dumps(audited) or "refused" not in json.dumps(audited):
        sys.exit(f"FAIL: {audited}")
    print("ok: gateways show the alarms of a hub; one that is named acknowledges, on both hubs", flush=True)

    same("a rule", ask(named, "alarm-rules", {"id": 78, "name": "Very hot", "point": "edge1lab/temp",
                                              "comparison": "above", "alarm_threshold": 85})[0], 200)
    for program in (*hubs, named):
        await until(f"{program.name} has the new rule", lambda: standing(program, 78))
    print("ok: so are rules that are made at a gateway", flush=True)

    one.kill()
    status, refusal = ask(named, "alarms")
    same("nobody answers", status, 503)
    if "hub1 is away" not in json.dumps(refusal):
        sys.exit(f"FAIL: {refusal}")
    await until("hub2 takes over", lambda: ask(named, "alarms")[0] == 200, 20)
    same("it stands acknowledged", acknowledged_by(named), by)
    same("acknowledging at the hub", ask(two, "alarms/78/ack", {})[0], 200)
    at_hub = acknowledged_by(two, 78)
    one.start()
    await until("hub1 has what it missed", lambda: acknowledged_by(one, 78) == at_hub)
    print("ok: the hub that takes over has it acknowledged, and who was away is told", flush=True)
    for program in (*hubs, *gateways, edge):
        program.kill()
    nats.processes["n1"].kill()


def main():
    tagwire = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="tagwire-alarms-") as name:
        try:
            asyncio.run(prove(tagwire, pathlib.Path(name)))
        except SystemExit:
            for log in sorted(pathlib.Path(name).glob("*/log")):
                print("==", log.parent.name, *log.read_text().splitlines()[-12:], sep="\n")
            raise


if __name__ == "__main__":
    main()
