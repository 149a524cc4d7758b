#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Forwards values from Tagwire's WebSocket to a webhook of Home Assistant, as they change.

usage: TAGWIRE_TOKEN=… homeassistant_forward.py WS_URL WEBHOOK_URL TOPIC…

    homeassistant_forward.py ws://127.0.0.1:8080/ws/live http://127.0.0.1:8123/api/webhook/SECRET points/plc1/boiler/temp

Each message of Tagwire becomes one POST of {"full/name": value, …}; a value whose quality is not good is null. When one
of the two is away it tries again after five seconds; then the newest values come at once. Needs python3-websockets.
"""
import asyncio
import json
import os
import sys
import urllib.request

import websockets

PAUSE_S = 5
TIMEOUT_S = 10


def post(url, values):
    request = urllib.request.Request(url, json.dumps(values).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        answer.read()


def values_of(message):
    """Of a snapshot and of an update: name and value of each point."""
    return {each["p"]: each["v"] if each["q"] == "good" else None for each in message.get("points", [])}


async def forward(source, target, topics):
    token = os.environ.get("TAGWIRE_TOKEN")
    async with websockets.connect(source) as socket:
        if token:
            await socket.send(json.dumps({"op": "auth", "access_token": token}))
        # One value a second of each point at most: Home Assistant need not see more.
        await socket.send(json.dumps({"op": "subscribe", "id": "ha", "topics": topics, "max_rate": "1/s"}))
        async for text in socket:
            message = json.loads(text)
            if message.get("op") == "error":
                raise OSError(message.get("message", text))
            if values := values_of(message):
                await asyncio.to_thread(post, target, values)


async def main():
    source, target, *topics = sys.argv[1:]
    while True:
        try:
            await forward(source, target, topics)
        except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException) as error:
            print(f"{error!r}; again in {PAUSE_S} s", file=sys.stderr, flush=True)
        await asyncio.sleep(PAUSE_S)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    asyncio.run(main())
