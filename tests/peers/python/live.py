# SPDX-License-Identifier: Apache-2.0
"""Page 6: a new client of the runtime's own protocol."""
from peer import TOKENS, Stream, check, check_door, fits, is_iso, run, write

PATH = "/ws/live"
TEMPERATURE = 59


def subscribe(name, *topics, **more):
    """R6-2."""
    return {"op": "subscribe", "id": name, "topics": list(topics), **more}


async def prove(stream):
    """Who was let in may ask."""
    await stream.ask("R6-5 pong", {"op": "ping"}, fits(op="pong"))


def first(token):
    """This page's first message."""
    return {"op": "auth", "access_token": token}


def point(message, name):
    """A point's entry in a snapshot or update; the last one, when there are several."""
    found = [each for each in message.get("points", []) if each["p"] == name]
    return found[-1] if found else {}


def update_of(name, value):
    """A test for an update that has this value."""
    return lambda m: m["op"] == "update" and point(m, name).get("v") == value


async def check_points():
    """R6-2, R6-7: snapshot, then updates; topics choose."""
    stream = await Stream.open(PATH, TOKENS["admin"])
    answer = await stream.ask("R6-2 subscribed", subscribe("a", "points/plc1/boiler/*"), fits(op="subscribed", id="a"))
    check("R6-2 epoch and seq", answer["epoch"] and isinstance(answer["seq"], int), answer)
    snapshot = await stream.wait_for("R6-2 the snapshot", fits(op="snapshot", id="a"))
    entry = point(snapshot, "plc1/boiler/temp")
    check("R6-2 its point", fits(v=20, q="good")(entry) and is_iso(entry["t"], 3), entry)
    check("R6-2 * is one level", [each["p"] for each in snapshot["points"]] == ["plc1/boiler/temp"], snapshot)
    check("R6-2 seq", snapshot["seq"] == answer["seq"], (answer, snapshot))
    await write(TEMPERATURE, 42.25)
    update = await stream.wait_for("R6-2 an update", update_of("plc1/boiler/temp", 42.25))
    check("R6-2 seq rises", update["seq"] > snapshot["seq"] and update["id"] == "a", update)
    rest = await stream.ask("R6-2 # is the rest", subscribe("b", "points/plc1/#", max_rate="5/s"),
                            fits(op="snapshot", id="b"))
    names = {each["p"] for each in rest["points"]}
    check("R6-2 all of plc1", {"plc1/boiler/temp", "plc1/pump/run", "plc1/tank/level"} <= names, sorted(names))
    await stream.wait_for("R6-2 a value that moves by itself",
                          lambda m: m["op"] == "update" and m["id"] == "b" and point(m, "plc1/tank/level"))
    await stream.ask("R6-5 unsubscribe", {"op": "unsubscribe", "id": "b"}, lambda m: m["op"] == "unsubscribed")
    await write(TEMPERATURE, 20)
    await stream.wait_for("R6-5 the other goes on", update_of("plc1/boiler/temp", 20))
    await stream.barrier()
    at = next(n for n, m in enumerate(stream.messages) if m["op"] == "unsubscribed")
    late = [m for m in stream.messages[at + 1:] if m.get("id") == "b"]
    check("R6-5 nothing after it", not late, late)
    await stream.close()


async def check_alarms_tags_events():
    """R6-2: what else a subscription carries."""
    stream = await Stream.open(PATH, TOKENS["admin"])
    snapshot = await stream.ask("R6-2 the snapshot of all", subscribe("a", "tags/*", "alarms/#", "events/#"),
                                fits(op="snapshot", id="a"))
    # Others may have left one that nobody acknowledged.
    check("R6-2 no active alarms yet", all(each["state"] == "OK" for each in snapshot.get("alarms", [])), snapshot)
    def walkers(message):
        return [each for each in message.get("tags", []) if each["ID"] == "WALK1"]  # others may be lost meanwhile

    moving = await stream.wait_for("R1-11 a tag", lambda m: m["op"] == "update" and walkers(m))
    check("R6-2 fields of R1-11", "X" in walkers(moving)[0], moving)
    await write(TEMPERATURE, 85.5)
    got = await stream.wait_for("R6-2 an alarm", lambda m: m["op"] == "update" and m.get("alarms"))
    check("R3-4 its fields", fits(rule_id=77, datapoint_id=59, severity="critical", value=85.5, alarm_threshold=80,
                                  state="ALARM")(got["alarms"][-1]), got["alarms"])
    for kind in ("alarm", "command"):
        await stream.has(f"R6-2 an event: {kind}", lambda m: any(e["type"] == kind for e in m.get("events", [])))
    events = [event for m in stream.messages for event in m.get("events", [])]
    check("R6-2 events have seq, type and t",
          all(isinstance(e["seq"], int) and is_iso(e["t"], 3) for e in events), events)
    late = await Stream.open(PATH, TOKENS["reader"])
    snapshot = await late.ask("R6-2 the snapshot", subscribe("l", "alarms/#"), fits(op="snapshot", id="l"))
    check("R6-2 has the active alarm", [m["rule_id"] for m in snapshot["alarms"] if m["state"] != "OK"] == [77],
          snapshot)
    await write(TEMPERATURE, 20)
    await late.wait_for("R6-2 it ends", lambda m: m["op"] == "update" and m["alarms"][-1]["state"] == "OK")
    await late.close()
    await stream.close()


async def check_resume():
    """R6-3: what was missed, or a snapshot that says so."""
    topics = ["points/plc1/boiler/temp", "alarms/#"]
    stream = await Stream.open(PATH, TOKENS["admin"])
    start = await stream.ask("R6-2 subscribed", subscribe("a", *topics), fits(op="subscribed"))
    await stream.wait_for("R6-2 the snapshot", fits(op="snapshot"))
    await stream.close()
    await write(TEMPERATURE, 76)
    await write(TEMPERATURE, 21)
    stream = await Stream.open(PATH, TOKENS["admin"])
    await stream.ask("R6-3 back again", subscribe("a", *topics, epoch=start["epoch"], after=start["seq"]),
                     fits(op="subscribed", epoch=start["epoch"]))
    await stream.wait_for("R6-3 the last value", update_of("plc1/boiler/temp", 21))
    await stream.has("R6-3 the alarm that was missed", lambda m: any(a["state"] == "OK" for a in m.get("alarms", [])))
    check("R6-3 no snapshot", not [m for m in stream.messages if m["op"] == "snapshot"], stream.messages)
    states = [alarm["state"] for m in stream.messages for alarm in m.get("alarms", [])]
    check("R6-3 what was missed", states == ["WARNING", "OK"], states)
    await stream.ask("R6-3 another run", subscribe("b", *topics, epoch="another", after=1),
                     fits(op="snapshot", id="b", gap=True))
    await stream.close()


async def check_commands():
    """R6-5: every step of a command; errors for what can't be one."""
    stream = await Stream.open(PATH, TOKENS["admin"])
    for name, value in (("on", True), ("off", False)):
        order = {"op": "command", "id": name, "p": "plc1/pump/run", "v": value, "type": "write"}
        final = await stream.ask(f"R6-5 command {name}", order, fits(op="command_status", id=name, status="succeeded"))
        check("R5-5 its fields", final["commandId"] and final["actualValue"] is value and is_iso(final["completedAt"]),
              final)
        steps = [m["status"] for m in stream.messages if fits(op="command_status", id=name)(m)]
        check("R5-5 every step in order", steps == ["queued", "sent", "acked", "succeeded"], steps)
    for what, fields in (("an unknown point", {"p": "plc1/nothing", "v": 1}), ("a point that only reads",
                         {"p": "plc1/tank/level", "v": 1}), ("a wrong value", {"p": "plc1/pump/run", "v": "much"})):
        await stream.ask("R6-5 an error for " + what, {"op": "command", "id": "x", "type": "write", **fields},
                         fits(op="error", id="x"))
    await stream.close()
    stream = await Stream.open(PATH, TOKENS["reader"])
    order = {"op": "command", "id": "y", "p": "plc1/pump/run", "v": True, "type": "write"}
    await stream.ask("R6-5 not permitted", order, fits(op="error", id="y"))
    await stream.close()


async def check_frames():
    """What a library may send: a message in pieces; one that is too long."""
    stream = await Stream.open(PATH, TOKENS["reader"])
    await stream.ask("a message in three pieces", ["{\"op\":", "\"pi", "ng\"}"], fits(op="pong"))
    await stream.ask("64 KiB", {"op": "ping", "pad": "x" * 65_000}, fits(op="pong"))
    await stream.send({"op": "ping", "pad": "x" * 66_000})
    await stream.closed("more than 64 KiB", 1009)


async def check_errors():
    """R6-5."""
    stream = await Stream.open(PATH, TOKENS["reader"])
    for what, message in (
        ("rubbish", "{rubbish"),
        ("an unknown op", {"op": "dance", "id": "x"}),
        ("no topics", {"op": "subscribe", "id": "x"}),
        ("a wrong topic", subscribe("x", "dances/#")),
        ("a wrong rate", subscribe("x", "points/#", max_rate="often")),
    ):
        got = await stream.ask("R6-5 an error for " + what, message, fits(op="error"))
        check("R6-5 its message", bool(got["message"]) and (message == "{rubbish" or got["id"] == "x"), got)
    nothing = await stream.ask("R6-2 what nobody has", subscribe("n", "points/plc9/#"), fits(op="snapshot", id="n"))
    check("R6-2 is empty", not nothing.get("points"), nothing)
    await prove(stream)
    await stream.close()


async def main():
    """Page 6; acknowledging comes with the alarms' state model."""
    await write(TEMPERATURE, 20)
    await check_door(PATH, "points:read", prove, first)
    await check_points()
    await check_alarms_tags_events()
    await check_resume()
    await check_commands()
    await check_frames()
    await check_errors()


run(main)
