# SPDX-License-Identifier: Apache-2.0
"""Clients that never say who they are: each stream waits 10 s for a first message."""
import asyncio

from peer import Stream, check, refused, run

SILENT = ("/ws/Manager1", "/ws/events", "/ws/alarms", "/ws/rooms", "/ws", "/ws/live")


async def stay_silent(path):
    stream = await Stream.open(path)
    await asyncio.wait([stream.reading], timeout=20)
    await stream.closed("no first message on " + path, 4401)
    check("nothing is sent before it", not stream.messages, stream.messages)


async def main():
    """All at once."""
    await refused("R2-2 a device takes no first message", "/ws/device/ems_001", 401)
    await asyncio.gather(*map(stay_silent, SILENT))


run(main)
