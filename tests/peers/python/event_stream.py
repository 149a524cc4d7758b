# SPDX-License-Identifier: Apache-2.0
"""Page 5, Server-Sent Events (R5-13), with nothing but Python's http.client."""
import asyncio
import http.client
import json
import time

from peer import PATIENCE, PLACE, TOKENS, BorrowedToken, Missing, call, check, fits, is_iso, run, write

PATH = "/api/os/events"
TEMPERATURE = 59


class EventStream:
    """An open response of text/event-stream."""

    def __init__(self, query, token, last_id=None):
        self.connection = http.client.HTTPConnection(PLACE, timeout=PATIENCE)
        headers = {"Accept": "text/event-stream"}
        if token:
            headers["Authorization"] = "Bearer " + token
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection.request("GET", PATH + query, headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.last_id = None
        self.messages = []

    def read(self):
        """The next event's data; None at the end of the stream."""
        data = []
        while line := self.response.readline():
            field, _, value = line.decode().rstrip("\r\n").partition(":")
            value = value[1:] if value.startswith(" ") else value
            if field == "data":
                data.append(value)
            elif field == "id":
                self.last_id = value
            elif not line.strip() and data:
                return json.loads("\n".join(data))
        return None

    def wait_now(self, what, test):
        """Reads until an event fits."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.read()
            self.messages.append(message)
            if message is None:
                break
            if test(message):
                check(what, True)
                return message
        raise Missing(f"{what}; the last events: {json.dumps(self.messages[-5:])}")

    async def wait_for(self, what, test):
        """The same beside other things."""
        return await asyncio.to_thread(self.wait_now, what, test)

    def close(self):
        """Ends it from here."""
        self.response.close()
        self.connection.close()


def is_telemetry(value):
    """A test for R5-4."""
    return fits(type="telemetry", endpointId=TEMPERATURE, value=value)


async def check_channels():
    """Values, alarms and commands in one stream."""
    stream = EventStream("?channels=telemetry,alarms,commands&endpointIds=59,60", TOKENS["admin"])
    kind = stream.response.getheader("Content-Type", "")
    check("R5-13 text/event-stream", stream.status == 200 and kind.startswith("text/event-stream"), kind)
    await stream.wait_for("R5-13 the last value at once", is_telemetry(20))
    answer = await write(TEMPERATURE, 85.5)
    got = await stream.wait_for("R5-13 a change", is_telemetry(85.5))
    check("R5-4 time and quality", is_iso(got["timestamp"]) and got["quality"] == "good", got)
    if not any(fits(type="alarm", ruleId=77)(m) for m in stream.messages):
        await stream.wait_for("R5-6 an alarm", fits(type="alarm", ruleId=77))
    if not any(fits(type="command_status", status="succeeded")(m) for m in stream.messages):
        await stream.wait_for("R5-5 the command", fits(type="command_status", status="succeeded"))
    steps = [m["status"] for m in stream.messages if m.get("commandId") == answer["commandId"]]
    check("R5-5 every step in order", steps == ["queued", "sent", "acked", "succeeded"], steps)
    check("R5-13 each event has an id", stream.last_id, stream.last_id)
    stream.close()
    return stream.last_id


async def check_resume(last_id):
    """What came in between comes after all."""
    await write(TEMPERATURE, 30)
    await write(TEMPERATURE, 20)
    stream = EventStream("?channels=telemetry,alarms,commands&endpointIds=59,60", TOKENS["admin"], last_id)
    await stream.wait_for("R5-13 the newest value", is_telemetry(20))
    for _ in range(2):
        if sum(fits(type="command_status", status="succeeded")(m) for m in stream.messages) < 2:
            await stream.wait_for("R5-13 a command that was missed", fits(type="command_status", status="succeeded"))
    check("R5-13 no gap", not [m for m in stream.messages if m["type"] == "gap"], stream.messages)
    stream.close()


async def check_refusals():
    """Who may not, and what makes no sense."""
    for what, query, token, status in (
        ("no credential", "?channels=alarms", None, 401),
        ("a wrong one", "?channels=alarms", "wrong", 403),
        ("one in the query", "?channels=alarms&token=" + "x" * 8, None, 400),
        ("an unknown channel", "?channels=dances", TOKENS["reader"], 400),
        ("an endpointId that is no number", "?channels=telemetry&endpointIds=all", TOKENS["reader"], 400),
    ):
        stream = EventStream(query, token)
        check(f"R5-13 {what}: {status}", stream.status == status, stream.status)
        error = json.loads(stream.response.read())
        check("R4-11 an error", fits(success=False)(error) and error["error"] and is_iso(error["timestamp"]), error)
        stream.close()


async def main():
    """Streams, resume, refusals, revocation; the latest values beside them."""
    await write(TEMPERATURE, 20)
    await check_refusals()
    await check_resume(await check_channels())
    status, latest = await call("GET", "/api/os/telemetry/latest?endpointId=59", token=TOKENS["reader"])
    check("R5-13 the latest value", status == 200 and len(latest) == 1 and is_telemetry(20)(latest[0]), latest)
    borrowed = await BorrowedToken.make("points:read")
    stream = EventStream("?channels=telemetry&endpointIds=59", borrowed.text)
    await stream.wait_for("R5-13 let in", is_telemetry(20))
    await borrowed.revoke()
    rest = [await asyncio.to_thread(stream.read) for _ in range(2)]
    check("a revoked token ends the stream", None in rest, rest)
    stream.close()


run(main)
