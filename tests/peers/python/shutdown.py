# SPDX-License-Identifier: Apache-2.0
"""Clients of every protocol while the gateway ends: each is told. The test ends it when this says "all open"."""
import asyncio

from peer import TOKENS, Stream, run

PATHS = ("/ws/Manager1", "/ws/events", "/ws/alarms", "/ws/rooms", "/ws", "/ws/live", "/ws/device/ems_001")


async def main():
    """Waits for the ends."""
    streams = [await Stream.open(path, TOKENS["admin"]) for path in PATHS]
    for stream in streams:
        await stream.barrier()
    print("all open", flush=True)
    await asyncio.gather(*(stream.closed("shutdown: " + stream.path, 1001) for stream in streams))


run(main)
