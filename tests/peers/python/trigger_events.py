# SPDX-License-Identifier: Apache-2.0
"""Page 1, beside the managers: trigger events for whoever wants them (R1-34 to R1-36)."""
from peer import TOKENS, Stream, call, check, check_door, fits, is_iso, refused, run

ALL = "/ws/events"


async def prove(stream):
    """These streams send nothing of themselves; a client's own HeartBeat is answered (R1-8)."""
    await stream.ask("R1-8 a heartbeat is answered", {"type": "HeartBeat", "ts": 1}, fits(type="HeartBeat", ts=1))


def fix(tag, x, y, sequence):
    """A position."""
    return {"type": "GISData", "ID": tag, "X": x, "Y": y, "Z": 0, "Sequence": sequence}


async def check_streams():
    """R1-35: one walk through the gate, seen by several."""
    token = TOKENS["reader"]
    everything = await Stream.open(ALL, token)
    gate = await Stream.open("/api/ws/events/418", token)
    hall = await Stream.open("/api/ws/events/417", token)
    yard = await Stream.open("/api/ws/events/419", token)
    leaving = await Stream.open(ALL + "?tag_id=SIM2&tag_id=SIM9&trigger_id=124", token)
    streams = (everything, gate, hall, yard, leaving)
    for each in streams:
        await prove(each)
    sender = await Stream.open("/ws/Manager1", TOKENS["admin"])
    walk = (("SIM1", 5), ("SIM2", 5), ("SIM1", 15), ("SIM2", 15), ("SIM2", 5), ("SIM1", 5))
    for number, (tag, place) in enumerate(walk, 1):
        await sender.send(fix(tag, place, place, number))
    for each in (everything, gate, hall):
        for trigger, tag in ((123, "SIM1"), (123, "SIM2"), (124, "SIM2"), (124, "SIM1")):
            event = await each.wait_for(f"R1-35 trigger {trigger} of {tag} on {each.path}",
                                        fits(type="TriggerEvent", trigger_id=trigger, tag_id=tag))
            check("R1-9 its zone and time", event["zone_id"] == 418 and is_iso(event["timestamp"], 3), event)
    await leaving.wait_for("R1-35 the filtered one", fits(type="TriggerEvent", trigger_id=124, tag_id="SIM2"))
    for each in (leaving, yard):
        await each.barrier()
    events = [m for m in leaving.messages + yard.messages if m["type"] == "TriggerEvent"]
    check("R1-35 filters and zones leave out the rest", len(events) == 1, events)
    for each in (*streams, sender):
        await each.close()


async def check_lists():
    """R1-34 and R1-36."""
    token = TOKENS["reader"]
    status, recent = await call("GET", "/recent_events?tag_id=SIM1&trigger_id=124", token=token)
    check("R1-34 recent events", status == 200 and recent and recent[-1]["direction"] == "OnExit", recent)
    expected = {"trigger_id": 124, "trigger_name": "Exit Gate", "tag_id": "SIM1", "tag_name": "Employee Badge 1",
                "direction": "OnExit", "zone_id": 418}
    check("R1-34 their fields", fits(**expected)(recent[-1]) and is_iso(recent[-1]["timestamp"]), recent[-1])
    check("R1-34 filtered", {(m["tag_id"], m["trigger_id"]) for m in recent} == {("SIM1", 124)}, recent)
    status, later = await call("GET", "/recent_events?since=2100-01-01T00:00:00Z", token=token)
    check("R1-34 since", status == 200 and later == [], later)
    status, triggers = await call("GET", "/api/list_triggers", token=token)
    row = {"i_trg": 123, "x_nm_trg": "Entry Gate", "zone_id": 418, "direction": "OnEnter", "is_portable": False}
    check("R1-36 the triggers", status == 200 and [m for m in triggers if fits(**row)(m)], triggers)
    status, static = await call("GET", "/api/v1/rtls/static", token=token)
    names = (static["triggers"][0], static["tags"][0], static["zones"][0])
    check("R1-33 static data", fits(id=123, name="Entry Gate", zone_id=418)(names[0]) and
          fits(id="SIM1", name="Employee Badge 1")(names[1]) and fits(id=417, name="Hall")(names[2]), names)


async def main():
    """Streams, then lists."""
    await check_door(ALL, "events:read", prove)
    await refused("a trigger_id that is no number", ALL + "?trigger_id=gate", 400, TOKENS["reader"])
    await check_streams()
    await check_lists()


run(main)
