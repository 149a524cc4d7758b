# SPDX-License-Identifier: Apache-2.0
"""Page 1: an RTLS viewer and a tag simulator that share one manager."""

from peer import TOKENS, Stream, call, check, check_door, fits, is_iso, refused, run

PATH = "/ws/Manager1"


async def answer_heartbeat(stream, message):
    """A client sends each heartbeat back (R1-8)."""
    if message.get("type") == "HeartBeat" and message not in stream.own_heartbeats:
        await stream.send(message)


async def connect(token="admin", path=PATH):
    """A client that keeps R1-8."""
    stream = await Stream.open(path, TOKENS[token], answer_heartbeat)
    stream.own_heartbeats = []
    return stream


def request(name, reqid, tags=None, **more):
    """A request as R1-3, R1-5 and R1-6 have it."""
    message = {"type": "request", "request": name, "reqid": reqid, **more}
    if tags is not None:
        message["params"] = [{"id": tag, "data": data} for tag, data in tags.items()]
    return message


def response(name, reqid):
    """A test for its answer."""
    return lambda message: message == {"type": "response", "reqid": reqid, "response": name}


def fix(tag, x, y, sequence, **more):
    """A position as R1-10 has it."""
    return {"type": "GISData", "ID": tag, "Type": "Sim", "X": x, "Y": y, "Z": 0.0, "Bat": 90, "CNF": 95.0,
            "GWID": "SIM-GW", "Sequence": sequence, **more}


async def prove(stream):
    """A stream that was let in answers."""
    await stream.ask("R1-4 BeginStream is answered", request("BeginStream", "p", {"SIM1": "false"}),
                     response("BeginStream", "p"))


async def check_events_and_positions():
    """R1-3, R1-4, R1-9 to R1-12: two viewers, one of them without positions, and a tag that walks in."""
    viewer = await connect()
    await viewer.ask("R1-4 BeginStream", request("BeginStream", "r1", {"SIM1": "true"}, zone_id=417),
                     response("BeginStream", "r1"))
    events_only = await connect()
    await events_only.ask("R1-3 events only", request("BeginStream", "r2", {"SIM1": "false"}),
                          response("BeginStream", "r2"))
    sender = await connect()
    await sender.send(fix("SIM1", 5, 5, 199, TS="2025-05-05T12:34:56.789", zone_id=417))
    got = await viewer.wait_for("R1-11 the position goes out", fits(type="GISData", ID="SIM1", Sequence=199))
    check("R1-11 it has the shape of R1-10",
          fits(X=5, Y=5, Z=0, Type="Sim", Bat=90, CNF=95, GWID="SIM-GW")(got), got)
    check("R1-10 a TS without offset is the site's time", got["TS"].startswith("2025-05-05T07:04:56.789"), got)
    await sender.send(fix("SIM1", 15, 15, 200))
    event = await viewer.wait_for("R1-9 the trigger event", fits(type="TriggerEvent", trigger_id=123))
    check("R1-9 its fields", fits(direction="OnEnter", tag_id="SIM1", trigger_name="Entry Gate",
                                  tag_name="Employee Badge 1", zone_id=418, x=15, y=15, z=0)(event), event)
    check("R1-9 its timestamp", is_iso(event["timestamp"], 3), event)
    await events_only.wait_for("R1-9 those without positions get it too", fits(type="TriggerEvent", trigger_id=123))

    await sender.send(fix("SIM1", 16, 16, 1))  # behind 200 comes 1
    await sender.send(fix("SIM1", 99, 50, 199))  # an old one: backwards
    await sender.send(fix("SIM1", 5, 5, 2))
    await viewer.has("R1-12 Sequence wraps", fits(type="GISData", Sequence=1))
    await viewer.has("R1-20 OnExit", fits(type="TriggerEvent", trigger_id=124, direction="OnExit"))
    await viewer.has("R1-12 what is newer goes out", fits(type="GISData", Sequence=2, X=5))
    check("R1-12 what is older does not", not [m for m in viewer.messages if m.get("X") == 99])
    await events_only.wait_for("R1-20 OnExit for both", fits(type="TriggerEvent", trigger_id=124))
    check("R1-3 no positions unless data is \"true\"",
          not [m for m in events_only.messages if m.get("type") == "GISData"], events_only.messages)
    for each in (viewer, events_only, sender):
        await each.close()


async def check_tags_and_zones():
    """R1-3, R1-5, R1-6: what a stream holds can be changed."""
    viewer, sender = await connect(), await connect()
    await viewer.ask("R1-3 an unknown tag is accepted", request("BeginStream", "t1", {"NOBODY": "true"}),
                     response("BeginStream", "t1"))
    await viewer.ask("R1-5 AddTag", request("AddTag", "t2", {"SIM2": "true"}), response("AddTag", "t2"))
    await sender.send(fix("SIM2", 5, 5, 1))
    await viewer.wait_for("R1-5 the added tag's position", fits(type="GISData", ID="SIM2", Sequence=1))
    await viewer.ask("R1-5 RemoveTag", request("RemoveTag", "t3", {"SIM2": "true"}), response("RemoveTag", "t3"))
    await sender.send(fix("SIM2", 6, 6, 2))
    # A second BeginStream replaces tags and zone: a tag that walks by itself, everywhere.
    await viewer.ask("R1-3 BeginStream again", request("BeginStream", "t4", {"WALK1": "true"}),
                     response("BeginStream", "t4"))
    await viewer.wait_for("R1-11 a tag that moves by itself", fits(type="GISData", ID="WALK1"))
    late = [m for m in viewer.messages if m.get("Sequence") == 2]
    check("R1-5 nothing of the removed tag", not late, late)

    await viewer.ask("R1-3 only triggers 124, in the yard",
                     request("BeginStream", "t5", {"SIM2": "true"}, zone_id=419, triggers=[124]),
                     response("BeginStream", "t5"))
    await sender.send(fix("SIM2", 15, 15, 3))
    await sender.send(fix("SIM2", 250, 30, 4))
    await viewer.wait_for("R1-9 what is in the zone", fits(type="GISData", ID="SIM2", Sequence=4))
    elsewhere = [m for m in viewer.messages if m.get("Sequence") == 3]
    check("R1-9 not what is in another zone", not elsewhere, elsewhere)
    check("R1-3 not another trigger", not [m for m in viewer.messages if m.get("trigger_id") == 123], viewer.messages)
    await viewer.ask("R1-6 EndStream", request("EndStream", "t6"), response("EndStream", "t6"))
    await viewer.closed("R1-6 the end", 1000)
    await sender.close()


async def check_list():
    """R1-37: the other side of a connection sees it too."""
    stream = await connect("reader")
    await prove(stream)
    status, rows = await call("GET", "/api/v1/connections?limit=1000")
    client = "%s:%d" % stream.socket.local_address[:2]
    row = next((each for each in rows if each["client_id"] == client), {}) if status == 200 else {}
    check("R1-37 a connection is listed", fits(address="127.0.0.1", path=PATH, caller="reader", streams=1)(row) and
          "websockets" in row["agent"] and is_iso(row["since"]) and "last_heartbeat" in row, rows)
    await stream.close()


async def check_nonsense():
    """R1-7: everything wrong is answered, nothing ends the stream."""
    stream = await connect()

    def unknown(reqid):
        return lambda message: fits(type="response", response="Unknown", reqid=reqid)(message) and message["message"]

    for what, message, reqid in (
        ("bad JSON", "{rubbish", ""),
        ("a list", "[1, 2]", ""),
        ("an unknown request", request("Dance", "n1"), "n1"),
        ("a missing field", request("BeginStream", "n2"), "n2"),
        ("a wrong type", {**request("BeginStream", "n3"), "params": "SIM1"}, "n3"),
        ("an unknown zone", request("BeginStream", "n4", {"SIM1": "true"}, zone_id=999), "n4"),
        ("an unknown type", {"type": "dance"}, ""),
        ("R1-10 a position without X", {"type": "GISData", "ID": "SIM1", "Y": 1}, ""),
        ("R1-10 a position with text for a number", fix("SIM1", "1.5", 2, 1), ""),
    ):
        await stream.ask("R1-7 " + what, message, unknown(reqid))
    await prove(stream)
    await stream.close()

    reader = await connect("reader")
    await reader.ask("R1-10 a position without positions:write", fix("SIM1", 1, 1, 1), unknown(""))
    await reader.close()


async def check_heartbeats(stream, silent):
    """R1-8: who answers stays, who does not goes. Both have been open for a while."""
    first = await stream.wait_for("R1-8 a heartbeat", fits(type="HeartBeat"))
    check("R1-8 its ts are milliseconds", isinstance(first["ts"], int) and first["ts"] > 1_600_000_000_000, first)
    own = {"type": "HeartBeat", "ts": 4711}
    stream.own_heartbeats.append(own)
    await stream.ask("R1-8 a client's own is answered", own, fits(**own))
    await stream.wait_for("R1-8 the next heartbeat", lambda m: m.get("type") == "HeartBeat" and m["ts"] != 4711)
    stamps = [m["ts"] for m in stream.messages if m["type"] == "HeartBeat"]
    check("R1-8 a reply is not answered", len(stamps) == len(set(stamps)), stamps)
    await stream.close()
    await silent.closed("R1-8 no answer", 4408, "heartbeat timeout")


async def main():
    """All of page 1 that a stream shows; its trigger events for others are in trigger_events.py."""
    answering, silent = await connect(), await Stream.open("/strict/Manager1", TOKENS["admin"])
    await check_door(PATH, "positions:read", prove)
    nobody = await Stream.open("/ws/Nobody", TOKENS["admin"])
    await nobody.closed("R1-1 an unknown manager", 1008, "Manager not found")
    await refused("a token that may write only other things", PATH, 403, TOKENS["meter"])
    status, managers = await call("GET", "/api/v1/rtls/managers", token=TOKENS["reader"])
    row = {"x_nm_res": "Manager1", "x_ip": "127.0.0.1", "i_prt": 8001}
    check("R1-2 the managers", status == 200 and row in managers, managers)
    await check_events_and_positions()
    await check_tags_and_zones()
    await check_list()
    await check_nonsense()
    await check_heartbeats(answering, silent)


run(main)
