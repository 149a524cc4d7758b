# SPDX-License-Identifier: Apache-2.0
"""Page 3: an alarm viewer."""
import time

from peer import (TOKENS, BorrowedToken, Stream, check, check_door, first_message, fits, is_iso, run, same, web_token,
                  write)

PATH = "/ws/alarms"
TEMPERATURE, PRESSURE = 59, 64
THRESHOLDS = {"warning_threshold": 75, "alarm_threshold": 80}
RANGE = {"warning_threshold": None, "alarm_threshold": None, "alarm_threshold_low": 2, "alarm_threshold_high": 8,
         "warning_threshold_low": 3, "warning_threshold_high": 7}


async def prove(stream):
    """The snapshot is the welcome."""
    await stream.wait_for("R3-3 the snapshot", fits(type="snapshot"))


def transition(rule, state):
    """A test for a message of R3-4."""
    return fits(type="alarm_state", rule_id=rule, state=state)


async def check_transition(stream, state, value, **fields):
    """R3-4: a new value, a new state, with every field."""
    await write(TEMPERATURE, value)
    got = await stream.wait_for("R3-4 " + state, transition(77, state))
    expected = {"datapoint_id": 59, "rule_name": "Boiler High Temp", "severity": "critical", "comparison": "above",
                "value": value, "message": f"Rule Boiler High Temp -> {state}", **THRESHOLDS, **fields}
    wrong = {key: got.get(key) for key in expected if key not in got or not same(got[key], expected[key])}
    check("R3-4 its fields", not wrong, wrong)
    check("R3-4 its ts: microseconds and offset", is_iso(got["ts"], 6) and got["ts"].endswith("+00:00"), got["ts"])


async def check_web_tokens():
    """R3-6: whose JSON Web Token is taken."""
    for what, token in (
        ("permissions", web_token(permissions=["alarms:read"])),
        ("scope", web_token(scope="points:read alarms:read")),
        ("leeway", web_token(permissions=["alarms:read"], exp=int(time.time()) - 3)),
    ):
        stream = await Stream.open(PATH)
        await stream.ask("R3-6 a JWT: " + what, first_message(token), fits(type="snapshot"))
        await stream.close()
    for what, code, token in (
        ("expired", 4401, web_token(permissions=["alarms:read"], exp=int(time.time()) - 300)),
        ("without exp", 4401, web_token(permissions=["alarms:read"], exp=None)),
        ("alg none", 4401, web_token("none", permissions=["alarms:read"])),
        ("changed", 4401, web_token(permissions=["points:read"])[:-6] + "AAAAAA"),
        ("without the permission", 4403, web_token(permissions=["points:read"])),
    ):
        stream = await Stream.open(PATH)
        await stream.send(first_message(token))
        await stream.closed("R3-6 a JWT " + what, code)


async def main():
    """Snapshot, transitions, filters."""
    await write(TEMPERATURE, 20)
    await write(PRESSURE, 5)
    await check_door(PATH, "alarms:read", prove)
    for permission in ("alarms:admin", "alarms:*"):
        borrowed = await BorrowedToken.make(permission)
        stream = await Stream.open(PATH)
        await stream.ask(f"R3-2 {permission} suffices", first_message(borrowed.text), fits(type="snapshot"))
        await stream.close()
        await borrowed.revoke()

    await check_web_tokens()
    stream = await Stream.open(PATH, TOKENS["reader"])
    snapshot = await stream.wait_for("R3-3 the snapshot", fits(type="snapshot", active=[]))
    check("R3-3 its ts", is_iso(snapshot["ts"], 6), snapshot)
    filtered = await Stream.open(PATH, TOKENS["reader"])
    await prove(filtered)
    wish = {"type": "filter", "rules": [88], "severities": ["minor"], "areas": ["brewhouse"]}
    await filtered.ask("R3-5 a filter", wish, fits(type="snapshot"))
    await check_transition(stream, "WARNING", 76)
    await check_transition(stream, "ALARM", 85.5)
    await write(TEMPERATURE, 86)  # still ALARM: no message
    late = await Stream.open(PATH, TOKENS["reader"])
    snapshot = await late.wait_for("R3-3 a later snapshot", fits(type="snapshot"))
    check("R3-3 has the active alarm", len(snapshot["active"]) == 1 and
          fits(rule_id=77, state="ALARM", rule_name="Boiler High Temp", severity="critical")(snapshot["active"][0]),
          snapshot)
    await write(PRESSURE, 9)
    for each in (stream, filtered):
        got = await each.wait_for("R3-4 a range rule", transition(88, "ALARM"))
        check("R3-4 its thresholds", fits(comparison="outside_range", **RANGE)(got), got)
    await check_transition(stream, "OK", 20)
    await write(PRESSURE, 5)
    await filtered.wait_for("R3-4 the range rule is OK", transition(88, "OK"))
    await stream.wait_for("R3-4 for all", transition(88, "OK"))
    states = [m["state"] for m in stream.messages if m.get("rule_id") == 77]
    check("R3-4 no state is repeated", states == ["WARNING", "ALARM", "OK"], states)
    check("R3-5 the filter lets nothing else through", not [m for m in filtered.messages if m.get("rule_id") == 77])

    for what, message in (("rubbish", "{rubbish"), ("an unknown type", {"type": "dance"}),
                          ("a wrong filter", {"type": "filter", "rules": "all"})):
        await stream.ask(f"an error for {what}", message,
                         lambda m: m["type"] in ("error", "result") and not m.get("ok"))
    await stream.barrier()
    for each in (stream, filtered, late):
        await each.close()


run(main)
