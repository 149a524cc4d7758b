# SPDX-License-Identifier: Apache-2.0
"""Page 4: a dashboard of rooms, and the services that change them."""
import contextlib
import os
import signal
import time
from datetime import datetime, timedelta, timezone

import websockets
from peer import TOKENS, Stream, call, check, check_door, fits, is_iso, run, write

PATH = "/ws/rooms"
PUMP, LAMP, DIM = 60, 62, 63


async def prove(stream):
    """The welcome of R4-1."""
    await stream.wait_for("R4-1 connection", lambda m: m["type"] == "connection" and m["data"]["status"] == "connected")


async def connect():
    """A client that was let in."""
    stream = await Stream.open(PATH, TOKENS["reader"])
    await prove(stream)
    return stream


def is_a(kind, **data):
    """A test for an envelope of this type with these data."""
    return lambda m: m["type"] == kind and fits(**data)(m["data"])


async def check_requests(stream):
    """R4-1 to R4-4: envelope, ping, wrong messages, heartbeat."""
    welcome = stream.messages[0]
    check("R4-1 its data", len(welcome["data"]["client_id"]) == 36 and is_iso(welcome["data"]["timestamp"]), welcome)
    pong = await stream.ask("R4-2 pong", {"type": "ping", "data": {}}, is_a("pong"))
    check("R4-2 its timestamp", is_iso(pong["data"]["timestamp"]), pong)
    for what, message in (
        ("bad JSON", "{rubbish"),
        ("an unknown type", {"type": "dance", "data": {}}),
        ("an unknown room", {"type": "subscribe_room", "data": {"room_id": 999}}),
        ("a wrong type", {"type": "subscribe_room", "data": {"room_id": "one"}}),
        ("no data", {"type": "unsubscribe_room"}),
    ):
        got = await stream.ask("R4-3 an error for " + what, message, is_a("error"))
        check("R4-3 its message", bool(got["data"]["message"]), got)
    await stream.has("R4-4 a heartbeat", is_a("heartbeat"))
    beat = next(filter(is_a("heartbeat"), stream.messages))
    check("R4-4 its data", isinstance(beat["data"]["clients"], int) and is_iso(beat["data"]["timestamp"]), beat)


async def check_entities(stream):
    """R4-6: who gets which change."""
    cellar = await connect()
    await cellar.send({"type": "subscribe_room", "data": {"room_id": 2}})
    await cellar.ask("R4-3 no answer is due on success", {"type": "ping", "data": {}}, is_a("pong"))
    check("R4-3 and none comes", not [m for m in cellar.messages if m["type"] == "error"], cellar.messages)
    await write(LAMP, True)
    changed = await stream.wait_for("R4-6 without a subscription: all", is_a("entity_state_changed", new_state="on"))
    check("R4-6 its data", fits(entity_id="light.living_room", old_state="off", attributes={"brightness": 100})(
        changed["data"]), changed)
    await write(DIM, 40)
    await stream.wait_for("R4-6 an attribute changes", is_a("entity_state_changed", attributes={"brightness": 40}))
    await write(PUMP, True)
    for each in (stream, cellar):
        await each.wait_for("R4-6 the other room",
                            is_a("entity_state_changed", entity_id="pump.cellar", new_state="on"))
    lights = [m for m in cellar.messages if m["data"].get("entity_id") == "light.living_room"]
    check("R4-6 only the room that was subscribed", not lights, lights)
    await cellar.send({"type": "unsubscribe_room", "data": {"room_id": 2}})
    await cellar.ask("R4-3 unsubscribed", {"type": "ping", "data": {}}, is_a("pong"))
    for number, value in ((LAMP, False), (DIM, 100), (PUMP, False)):
        await write(number, value)
    await cellar.wait_for("R4-6 all rooms again", is_a("entity_state_changed", entity_id="light.living_room"))
    await cellar.close()


async def check_rooms(stream):
    """R4-5, R4-8, R4-11: rooms by REST."""
    status, answer = await call("POST", "/api/v1/rooms", {"name": "Attic"})
    check("R4-8 a room is made", status == 201 and fits(success=True)(answer), answer)
    room = answer["data"]
    check("R4-8 with its name", room["name"] == "Attic", room)
    where = f"/api/v1/rooms/{room['id']}"
    await stream.wait_for("R4-5 created", is_a("room_updated", room_id=room["id"], room_name="Attic", action="created"))
    status, _ = await call("PUT", where, {"name": "Loft"})
    check("R4-8 it is renamed", status == 200, status)
    await stream.wait_for("R4-5 updated", is_a("room_updated", room_id=room["id"], room_name="Loft", action="updated"))
    status, listed = await call("GET", where)
    check("R4-8 it is listed", status == 200 and listed["data"]["name"] == "Loft", listed)
    status, _ = await call("DELETE", where)
    check("R4-8 it is deleted", status in (200, 204), status)
    await stream.wait_for("R4-5 deleted", is_a("room_updated", room_id=room["id"], action="deleted"))
    status, error = await call("POST", "/api/v1/rooms", "{rubbish")
    check("R4-11 an error", status == 400 and fits(success=False)(error), error)
    check("R4-11 its fields", error["error"] and is_iso(error["timestamp"]), error)
    status, error = await call("POST", "/api/v1/rooms", {"name": "Attic"}, TOKENS["reader"])
    check("R4-11 not permitted", status == 403 and fits(success=False)(error), error)


async def check_broadcast(stream):
    """R4-9, R4-10."""
    own_id = stream.messages[0]["data"]["client_id"]
    other = await connect()
    await other.send({"type": "subscribe_room", "data": {"room_id": 2}})
    await other.ask("R4-2 pong", {"type": "ping", "data": {}}, is_a("pong"))
    address = "/api/v1/websocket/broadcast"
    message = {"type": "custom_notification", "data": {"message": "Doors open", "level": "warning"}}
    status, answer = await call("POST", address, message)
    check("R4-10 its answer", status == 200 and fits(success=True)(answer) and is_iso(answer["timestamp"]) and
          fits(message="Message broadcasted successfully", clients_count=2, message_type="custom_notification")(
              answer["data"]), answer)
    for each in (stream, other):
        await each.wait_for("R4-10 a broadcast", is_a("custom_notification", message="Doors open", level="warning"))
    for what, more, taker in (("one client", {"client_id": own_id}, stream), ("a room", {"room_id": 2}, other)):
        status, answer = await call("POST", address, {"type": "note", "data": {"to": what}, **more})
        check("R4-10 to " + what, status == 200 and answer["data"]["clients_count"] == 1, answer)
        await taker.wait_for("R4-10 it came", is_a("note", to=what))
    await other.barrier()
    notes = [m["data"]["to"] for m in stream.messages + other.messages if m["type"] == "note"]
    check("R4-10 to nobody else", sorted(notes) == ["a room", "one client"], notes)
    soon = (datetime.now(timezone.utc) + timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = {"type": "kept", "data": {"by": "python", "expires_at": soon}, "persist": True}
    status, _ = await call("POST", address, kept)
    check("R4-10 a broadcast that is kept", status == 200, status)
    late = await connect()
    await late.wait_for("R4-10 who connects later gets it", is_a("kept", by="python"))
    await late.close()
    status, _ = await call("POST", address, {"type": "note", "data": {}, "client_id": "nobody"})
    check("R4-10 an unknown client", status == 404, status)
    status, _ = await call("POST", address, {"type": "heartbeat", "data": {}})
    check("R4-10 a type of this page", status == 400, status)
    status, _ = await call("POST", address, message, TOKENS["nothing"])
    check("R4-10 not permitted", status == 403, status)
    status, stats = await call("GET", "/api/v1/websocket/stats")
    counts = stats["data"]
    check("R4-9 stats", status == 200 and counts["connected_clients"] == 2 and counts["total_connections"] >= 2 and
          counts["messages_sent"] > 10 and counts["messages_received"] > 5 and is_iso(counts["last_activity"]), stats)
    await other.close()


async def check_degraded(stream, meanwhile):
    """R4-7: a PLC is silent for a while."""
    plc = int(os.environ["TAGWIRE_PLC2_PID"])
    os.kill(plc, signal.SIGSTOP)
    try:
        await meanwhile
        await stream.has("R4-7 degraded", is_a("system_status", status="degraded"))
    finally:
        os.kill(plc, signal.SIGCONT)


async def check_healthy(stream):
    """R4-7: it answers again."""
    def statuses():
        return [m["data"] for m in stream.messages if m["type"] == "system_status"]

    await stream.until("R4-7 healthy again", lambda: statuses()[-1]["status"] == "healthy")
    details = statuses()[-1]["details"]
    check("R4-7 its details", details["uptime"].endswith("m") and details["memory_usage"].endswith("%"), details)


async def check_limits():
    """R4-12."""
    stream = await connect()
    await stream.send({"type": "ping", "data": {"pad": "x" * 600}})
    await stream.closed("R4-12 more than 512 bytes", 1009)
    stream = await connect()
    start = time.monotonic()
    for _ in range(200):
        await stream.send({"type": "ping", "data": {}})
    await stream.wait_for("R4-12 more than 20 messages a second", is_a("error"))
    most = 20 + 20 * (time.monotonic() - start)
    pongs = [m["type"] for m in stream.messages[: stream.seen]].count("pong")
    check("R4-12 those beyond are not carried out", 20 <= pongs <= most, (pongs, most))
    await stream.close()
    stream = await connect()
    with contextlib.suppress(websockets.ConnectionClosed):
        for _ in range(200):
            await stream.socket.ping()
    await stream.closed("control frames over 10 a second and a burst of 20", 1008)


async def main():
    """All of page 4."""
    for number, value in ((LAMP, False), (DIM, 100), (PUMP, False)):
        await write(number, value)
    stream = await connect()
    await check_degraded(stream, check_door(PATH, "rooms:read", prove))
    await check_requests(stream)
    await check_entities(stream)
    await check_rooms(stream)
    await check_broadcast(stream)
    await check_healthy(stream)
    wrong = [m for m in stream.messages if set(m) != {"type", "data", "timestamp"} or not is_iso(m["timestamp"])]
    check("R4-14 each message has the envelope", not wrong, wrong)
    await stream.close()
    await check_limits()


run(main)
