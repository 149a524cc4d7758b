# SPDX-License-Identifier: Apache-2.0
"""Page 2: a device that pushes, a dashboard that watches it, an operator that commands it."""
import asyncio
import json

from peer import TOKENS, BorrowedToken, Stream, call, check, fits, refused, run, same, web_token

PATH = "/ws/device/ems_001"


def payload(**fields):
    """What a device sends, with blanks and key order of its own."""
    return json.dumps({"device_id": "ems_001", "timestamp": "2026-02-10T14:25:30.123456", **fields}, indent=1)


def has_charge(soc):
    """A test for a payload by its battery/soc."""
    return lambda message: same(message["battery"]["soc"], soc)


async def value_of(point):
    """What REST says of a point of the device."""
    status, answer = await call("GET", "/api/v1/points/ems_001/" + point, token=TOKENS["reader"])
    check("R2-6 the point " + point, status == 200, answer)
    return answer


async def check_upgrade():
    """R2-2, R2-3: who is let in."""
    await refused("R2-2 without a token", PATH, 401)
    await refused("R2-2 a wrong token", PATH, 403, "wrong")
    await refused("R2-2 a token in the query", PATH + "?token=" + "x" * 8, 400)
    await refused("R2-3 another device", "/ws/device/ems_002", 403, TOKENS["meter"])
    await refused("R2-3 no right to it", PATH, 403, TOKENS["nothing"])
    await refused("R2-3 a JWT without the right", PATH, 403, web_token(permissions=["points:read"]))
    watching = await Stream.open(PATH, web_token(permissions=["device:ems_001:publish"]))
    check("R2-2 a JWT in the header watches", True)
    await watching.close()


async def check_payloads(device, watcher):
    """R2-5 to R2-8."""
    good = payload(battery={"soc": 0.85, "voltage": 380, "cycles": 12, "faults": []}, grid={"status": "connected"}, x=1)
    await device.send(good)
    await watcher.wait_for("R2-8 a payload", has_charge(0.85))
    check("R2-8 the same bytes", watcher.raw[-1] == good, watcher.raw[-1])
    for what, battery in (
        ("a string for a number", {"soc": "0.5"}),
        ("a number out of range", {"soc": 1.5}),
        ("a required field missing", {"voltage": 380.5}),
        ("3.0 for an int", {"soc": 0.625, "cycles": 3.0}),
        ("null", {"soc": None}),
    ):
        await device.send(payload(battery=battery))
        check("R2-5 sent: " + what, True)
    await device.send(payload(battery={"soc": 0.625}, device_id="ems_002"))
    await device.send("{rubbish")
    battery = {"soc": 0.25, "voltage": 381.5, "cycles": 13, "faults": ["fan"]}
    last = payload(battery=battery, grid={"status": "islanded"})
    await device.send(last)
    await watcher.wait_for("R2-5 the socket stays open", has_charge(0.25))
    # 0.5 may be what the device sent before we came.
    passed = [m["battery"] for m in watcher.messages if m["battery"].get("soc") not in (0.5, 0.85, 0.25)]
    check("R2-5 wrong payloads are dropped whole", not passed, passed)
    late = await Stream.open(PATH, TOKENS["watcher"])
    await late.wait_for("R2-8 the last payload on connecting", has_charge(0.25))
    check("R2-8 the same bytes", late.raw[-1] == last, late.raw)
    await late.close()
    await check_points()


async def check_points():
    """R2-6: leaves are points."""
    for point, expected in (("battery/soc", 0.25), ("battery/voltage", 381.5), ("battery/cycles", 13),
                            ("battery/faults", '["fan"]'), ("grid/status", "islanded")):
        answer = await value_of(point)
        check(f"R2-6 {point} is {expected}", answer["value"] == expected and answer["quality"] == "good", answer)
    check("R2-6 its time is the site's", answer["timestamp"].startswith("2026-02-10T08:55:30.123"), answer)


async def check_commands(device):
    """R2-10: a command goes to the device, its answer back."""
    number = (await value_of("grid/limit_kw"))["number"]

    async def command(what, value, reply):
        body = {"endpointId": number, "value": value, "commandType": "write"}
        asked = asyncio.create_task(call("POST", "/api/os/command", body))
        got = await device.wait_for("R2-10 " + what, fits(type="command"))
        check("R2-10 its fields", fits(point="ems_001/grid/limit_kw", value=value)(got), got)
        await device.send({"type": "command_ack", "commandId": got["commandId"], **reply})
        return await asked

    status, answer = await command("a command", 120.5, {"ok": True})
    check("R2-10 acknowledged", status == 200 and answer["status"] == "succeeded", answer)
    status, answer = await command("a command that the device refuses", 50, {"ok": False, "error": "too hot"})
    check("R2-10 refused", answer["status"] == "failed" and "too hot" in answer["message"], (status, answer))


async def check_takeover(device, watcher):
    """R2-4: the newest publisher holds the device."""
    second = await Stream.open(PATH, TOKENS["meter"])
    await device.closed("R2-4 the first connection", 4409, "replaced by a new connection")
    await second.send(payload(battery={"soc": 0.75}))
    await watcher.wait_for("R2-4 the second one publishes", has_charge(0.75))
    borrowed = await BorrowedToken.make("device:*:publish")
    watching = await Stream.open(PATH, borrowed.text)
    await watching.wait_for("R2-4 who has a wildcard watches", has_charge(0.75))
    await second.send(payload(battery={"soc": 0.5}))
    await watching.wait_for("R2-4 and replaced nobody", has_charge(0.5))
    await borrowed.revoke()
    await watching.closed("R2-11 the watcher's token is revoked", 4401)
    await second.send(b"\x01")
    await second.closed("a binary message", 1003)
    for _ in range(100):
        answer = await value_of("battery/soc")
        if answer["quality"] != "good":
            break
    check("R2-9 without its device a point is Bad", answer["quality"] == "bad:disconnected" and answer["value"] == 0.5,
          answer)


async def check_takeover_limit():
    """R2-4: two that fight for one device."""
    name = "fought_for_by_python"
    path = "/ws/device/" + name
    status, made = await call("POST", "/api/v1/devices", {"id": name, "model": "ems"})
    check("R2-11 a new device", status == 201, status)
    streams = [await Stream.open(path, made["token"]) for _ in range(6)]
    await refused("R2-4 the sixth takeover within a minute", path, 429, made["token"])
    await streams[4].closed("R2-4 the fifth", 4409)
    status, events = await call("GET", "/api/v1/events?limit=100")
    check("R2-4 a security event", status == 200 and [e for e in events if name in json.dumps(e)], events)
    await streams[5].barrier()
    await streams[5].close()
    await call("DELETE", "/api/v1/devices/" + name)


async def check_new_device():
    """R2-11: REST makes a device, and ends it."""
    name = "made_by_python"
    status, made = await call("POST", "/api/v1/devices", {"id": name, "model": "ems"})
    check("R2-11 a new device and its token", status == 201 and len(made["token"]) >= 43, list(made))
    device = await Stream.open("/ws/device/" + name, made["token"])
    await device.send(json.dumps({"battery": {"soc": 0.125}}))
    watcher = await Stream.open("/ws/device/" + name, TOKENS["watcher"])
    await watcher.wait_for("R2-7 it publishes", has_charge(0.125))
    status, tokens = await call("GET", "/api/v1/tokens")
    own = [each for each in tokens if f"device:{name}:publish" in each["permissions"]]
    check("R2-11 tokens are listed, without their text", len(own) == 1 and made["token"] not in json.dumps(tokens), own)
    status, _ = await call("DELETE", "/api/v1/tokens/" + own[0]["name"])
    check("R2-11 and revoked", status in (200, 204), status)
    await device.closed("R2-11 the device's token is revoked", 4401)
    await refused("R2-11 the revoked token", "/ws/device/" + name, 403, made["token"])
    status, _ = await call("DELETE", "/api/v1/devices/" + name)
    check("R2-11 the device is gone", status in (200, 204), status)
    await watcher.closed("R2-11 who watched it", 1008)


async def main():
    """All of page 2 that is not a matter of minutes."""
    await check_upgrade()
    device = await Stream.open(PATH, TOKENS["meter"])
    watcher = await Stream.open(PATH, TOKENS["watcher"])
    await check_payloads(device, watcher)
    await check_commands(device)
    before = device.socket.pings_seen
    await device.until("R2-9 PINGs come", lambda: device.socket.pings_seen > before)
    await check_takeover(device, watcher)
    await check_takeover_limit()
    await check_new_device()
    await watcher.close()


run(main)
