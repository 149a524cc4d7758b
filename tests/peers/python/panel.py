# SPDX-License-Identifier: Apache-2.0
"""Page 5, the stream: an operator's panel. Its Server-Sent Events are in event_stream.py."""
import asyncio
import re
import time

from peer import TOKENS, Stream, call, check, check_door, fits, is_iso, refused, run, write

PATH = "/ws"
TEMPERATURE, PUMP, LEVEL = 59, 60, 61


async def prove(stream):
    """The welcome of R5-1."""
    got = await stream.wait_for("R5-1 connected", fits(type="connected"))
    check("R5-1 its clientId", re.fullmatch(r"client-\d+-\w+", got["clientId"]), got)


async def connect(token="admin"):
    """A panel that was let in."""
    stream = await Stream.open(PATH, TOKENS[token])
    await prove(stream)
    return stream


def subscribe(channel, **more):
    """R5-2."""
    return {"type": "subscribe", "channel": channel, **more}


def value_of(number, value):
    """A test for R5-4."""
    return fits(type="telemetry", endpointId=number, value=value)


async def check_telemetry(stream):
    """R5-2, R5-4."""
    got = await stream.ask("R5-4 the last value at once", subscribe("telemetry", endpointIds=[TEMPERATURE, LEVEL]),
                           value_of(TEMPERATURE, 20))
    check("R5-4 time and quality", is_iso(got["timestamp"]) and got["quality"] == "good", got)
    await write(TEMPERATURE, 43.5)
    await stream.wait_for("R5-4 a change", value_of(TEMPERATURE, 43.5))
    for value in (20, 80):
        await stream.wait_for("R5-4 a value that moves by itself", value_of(LEVEL, value))
    other = await connect()
    await other.ask("R5-4 for the other panel", subscribe("telemetry", endpointIds=[TEMPERATURE]),
                    value_of(TEMPERATURE, 43.5))
    await stream.send({"type": "unsubscribe", "channel": "telemetry", "endpointIds": [TEMPERATURE]})
    await stream.ask("R5-3 pong", {"type": "ping"}, fits(type="pong"))
    await write(TEMPERATURE, 44.5)
    await other.wait_for("R5-4 a change for the other panel", value_of(TEMPERATURE, 44.5))
    await stream.wait_for("R5-2 the other point goes on", fits(type="telemetry", endpointId=LEVEL))
    late = [m for m in stream.messages if m.get("value") == 44.5]
    check("R5-2 nothing after unsubscribe", not late, late)
    await stream.send({"type": "unsubscribe", "channel": "telemetry"})
    await other.close()


async def check_commands(stream):
    """R5-2, R5-5, R5-9: every step, in order, and the last one for who comes late."""
    await stream.send(subscribe("commands"))
    await stream.ask("R5-3 pong", {"type": "ping"}, fits(type="pong"))
    answer = await write(PUMP, True)
    check("R5-9 actualValue", answer["actualValue"] is True, answer)
    own = fits(type="command_status", commandId=answer["commandId"])
    final = await stream.wait_for("R5-5 succeeded", lambda m: own(m) and m["status"] == "succeeded")
    check("R5-5 its fields", final["actualValue"] is True and is_iso(final["completedAt"]), final)
    steps = [m["status"] for m in stream.messages if own(m)]
    check("R5-5 every step in order", steps == ["queued", "sent", "acked", "succeeded"], steps)
    unfinished = [m for m in stream.messages if own(m) and m["status"] != "succeeded" and "completedAt" in m]
    check("R5-5 completedAt only at the end", not unfinished, unfinished)
    other = await connect()
    await other.ask("R5-2 the last status at once", subscribe("commands", commandIds=[answer["commandId"]]),
                    lambda m: own(m) and m["status"] == "succeeded")
    await other.close()
    status, history = await call("GET", "/api/os/command/" + answer["commandId"])
    check("R5-9 its whole history", status == 200, history)
    await write(PUMP, False)
    status, error = await call("POST", "/api/os/command", {"endpointId": 999, "value": 1, "commandType": "write"})
    check("R5-9 an unknown point", status == 404, error)
    status, error = await call("POST", "/api/os/command", {"endpointId": LEVEL, "value": 1, "commandType": "write"})
    check("R5-9 a point that only reads", status == 400, error)


async def check_alarms(stream):
    """R5-6."""
    await stream.send(subscribe("alarms"))
    await stream.ask("R5-3 pong", {"type": "ping"}, fits(type="pong"))
    await write(TEMPERATURE, 85.5)
    got = await stream.wait_for("R5-6 an alarm", fits(type="alarm", ruleId=77))
    check("R5-6 its fields", isinstance(got["alarmId"], int) and got["severity"] == "critical" and got["message"] and
          is_iso(got["timestamp"]), got)
    status, active = await call("GET", "/api/os/alarms?status=active", token=TOKENS["reader"])
    check("R5-13 has the same alarmId", status == 200 and got["alarmId"] in [m["alarmId"] for m in active], active)
    await write(TEMPERATURE, 20)


async def check_errors(stream):
    """R5-7, R5-8: errors leave the socket open."""
    for what, message in (
        ("rubbish", "{rubbish"),
        ("an unknown type", {"type": "dance"}),
        ("an unknown channel", subscribe("dances")),
        ("an unknown point", subscribe("telemetry", endpointIds=[999])),
        ("ids of a wrong type", subscribe("telemetry", endpointIds="all")),
    ):
        got = await stream.ask("R5-7 " + what, message, fits(type="error"))
        check("R5-7 its message", bool(got["message"]), got)
    other = await connect()
    await other.ask("R5-8 over 50 subscriptions", subscribe("commands", commandIds=[f"id-{n}" for n in range(51)]),
                    fits(type="error"))
    await other.close()
    other = await connect()
    start = time.monotonic()
    for _ in range(100):
        await other.send({"type": "ping"})
    await other.wait_for("R5-8 the 11th message of a second", fits(type="error"))
    most = 10 + 10 * (time.monotonic() - start)
    pongs = [m["type"] for m in other.messages[: other.seen]].count("pong")
    check("R5-8 is not carried out", 10 <= pongs <= most, (pongs, most))
    await other.close()


async def check_connections():
    """R5-8: the 101st connection. Those of the checks before may take a moment to go."""
    async def panels():
        status, rows = await call("GET", "/api/v1/connections?limit=1000")
        return sum(1 for row in rows if row["path"] == PATH) if status == 200 else -1

    for _ in range(100):
        if await panels() == 0:
            break
    streams = await asyncio.gather(*(Stream.open(PATH, TOKENS["reader"]) for _ in range(100)))
    check("R5-8 100 connections", len(streams) == 100)
    await refused("R5-8 the 101st connection", PATH, 503, TOKENS["reader"])
    await asyncio.gather(*(each.close() for each in streams))


async def main():
    """All of page 5 that a panel shows."""
    await write(TEMPERATURE, 20)
    await check_door(PATH, "points:read", prove)
    stream = await connect()
    await check_telemetry(stream)
    await check_alarms(stream)
    await stream.close()
    stream = await connect()
    await check_commands(stream)
    await check_errors(stream)
    await stream.close()
    await check_connections()


run(main)
