# SPDX-License-Identifier: Apache-2.0
"""Clients that never stop talking."""
import asyncio
import time

import websockets
from peer import TOKENS, Stream, fits, run


async def keep_talking(what, path, message, is_error):
    """Too many messages for 5 s: 50 a second by the clock, however seldom a busy machine lets us send."""
    stream = await Stream.open(path, TOKENS["reader"])
    start = time.monotonic()
    sent = 0
    while not stream.reading.done():
        try:
            while sent < (time.monotonic() - start) * 50:
                await stream.send(message)
                sent += 1
        except websockets.ConnectionClosed:
            break
        await asyncio.sleep(0.02)
    await stream.closed(what, 1008)
    await stream.has(what + ": errors before", is_error)


async def main():
    """All at once."""
    await asyncio.gather(
        keep_talking("R4-12 over 20 messages a second", "/ws/rooms", {"type": "ping", "data": {}}, fits(type="error")),
        keep_talking("R5-8 over 10 messages a second", "/ws", {"type": "ping"}, fits(type="error")),
    )


run(main)
