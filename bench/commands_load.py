#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands while the bus is full: writes by REST, each confirmed by reading back, through `tagwire run` with the plugins
modbus and ws. Once beside 100,000 values/s that are polled from the same device (10,000 registers every 100 ms), once on
an idle bus; before them, with the same device, the limit: a write and a read by a bare socket.

    bench/commands_load.py BUILD_DIR [--writes 100] [--rounds 3] [--clients 1 --clients 10]

Each client does its writes one after the other, with up to 30 ms between two, so that they fall anywhere in a poll cycle.
Told are medians of the rounds. Exit code 1 when the p99 under load is over 50 ms, a write did not succeed, or the device
was not polled as it was due."""
import argparse
import asyncio
import contextlib
import json
import pathlib
import statistics
import struct
import sys
import tempfile
import time

import modbus_parts as parts
import result

TARGET_MS = 50
POLLED = 10_000  # registers
WRITABLE = 16
PERIOD_MS = 100
SIDES = {"raw socket": None, "tagwire, idle bus": 0, "tagwire, 100,000 values/s": POLLED}


class Failed(Exception):
    """A write that was not confirmed; the text says how it ended."""


class RawClient:
    """A write and a read of one register, nothing decided."""

    def __init__(self, port, number):
        self.port, self.address, self.transaction = port, POLLED + number, 0

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, function, value):
        self.transaction += 1
        self.writer.write(struct.pack(">HHHBBHH", self.transaction, 0, 6, 1, function, self.address, value))
        head = await self.reader.readexactly(6)
        return await self.reader.readexactly(struct.unpack(">H", head[4:])[0])

    async def write(self, value):
        await self.ask(6, value)
        answer = await self.ask(3, 1)
        if struct.unpack(">H", answer[-2:])[0] != value:
            raise Failed(f"the device holds {answer[-2:].hex()}, not {value}")

    def close(self):
        self.writer.close()


class RestClient:
    """One connection that stays open."""

    def __init__(self, port, number):
        self.port, self.point = port, f"plc1/set/p{number}"

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def write(self, value):
        body = json.dumps({"point": self.point, "value": value}).encode()
        self.writer.write(b"POST /api/v1/commands HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                          b"Content-Length: %d\r\n\r\n%s" % (self.port, len(body), body))
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        size = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        answer = json.loads(await self.reader.readexactly(size))
        if " 200 " not in head.split("\r\n")[0] or answer["actual_value"] != value:
            raise Failed(json.dumps(answer))

    def close(self):
        self.writer.close()


async def write_all(kind, port, clients, writes):
    """Milliseconds that each write took."""
    async def one(number):
        client, took = kind(port, number), []
        await client.open()
        for i in range(writes):
            await asyncio.sleep(0.0003 * ((37 * i + 11 * number) % 100))
            began = time.perf_counter()
            await client.write(1000 * (number + 1) + i)
            took.append((time.perf_counter() - began) * 1000)
        client.close()
        return took

    return [each for took in await asyncio.gather(*map(one, range(clients))) for each in took]


def write_points(path, polled):
    rows = ["name,table,address,type,writable"]
    rows += [f"area{i // 100}/p{i},holding,{i},uint16," for i in range(polled)]
    rows += [f"set/p{i},holding,{POLLED + i},uint16,true" for i in range(WRITABLE)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@contextlib.contextmanager
def tagwire(options, plc, polled):
    port = parts.free_port()
    with tempfile.TemporaryDirectory(prefix="tagwire-commands-", dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        write_points(folder / "points.csv", polled)
        manifest = parts.write_manifest(folder, [
            parts.modbus_instance(1, plc.ports[0], PERIOD_MS if polled else 1000, None),
            {"id": "web", "type": "ws", "config": {
                "listen": f"127.0.0.1:{port}", "auth": {"anonymous": ["*:*"]}, "endpoints": []}}])
        with parts.tagwire(options.build, manifest):
            time.sleep(2)  # the first reads of everything
            yield port


def measure(options, side):
    """What each write took, by the number of clients, and what the device was polled meanwhile, in values/s."""
    polled = SIDES[side]
    with parts.plc(options.build, registers=POLLED + WRITABLE, writable=WRITABLE, change_ms=PERIOD_MS // 3) as plc, \
            contextlib.ExitStack() as stack:
        raw = polled is None
        kind, port = (RawClient, plc.ports[0]) if raw else (RestClient, stack.enter_context(tagwire(options, plc, polled)))
        plc.reset()
        took = {clients: asyncio.run(write_all(kind, port, clients, options.writes)) for clients in options.clients}
        figures = plc.figures()
        return took, figures["registers"] / figures["seconds"]


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--writes", type=int, default=100, help="of each client")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, action="append", choices=range(1, WRITABLE + 1))
    options = parser.parse_args()
    options.clients = options.clients or [1, 10]
    try:
        rounds = [{side: measure(options, side) for side in SIDES} for _ in range(options.rounds)]
    except Failed as how:
        sys.exit(f"does not hold: a write failed: {how}")

    def median(side, clients, part):
        return statistics.median(percentile(each[side][0][clients], part) for each in rounds)

    full = "tagwire, 100,000 values/s"
    rows = []
    for clients in options.clients:
        for side in SIDES:
            p50, p99 = median(side, clients, .5), median(side, clients, .99)
            rows.append((clients, side, f"{p50:.2f}", f"{p99:.2f}", f"{p50 / median('raw socket', clients, .5):.1f}",
                         f"{p99 / median('raw socket', clients, .99):.1f}",
                         f"{p99 / median('tagwire, idle bus', clients, .99):.1f}"))
    values = statistics.median(each[full][1] for each in rounds)
    print(f"write -> read back -> answer, {options.writes} writes a client, medians of {options.rounds} rounds, "
          f"{values:,.0f} values/s polled under load ({parts.machine()})")
    print("\n".join(parts.table(("clients", "", "p50 ms", "p99 ms", "p50 of raw", "p99 of raw", "p99 of idle"), rows,
                                False)))
    worst = max(median(full, clients, .99) for clients in options.clients)
    polls_well = values >= 0.95 * POLLED * 1000 / PERIOD_MS
    for clients in options.clients:
        result.report(f"command by REST, written and read back, beside 100,000 values/s polled, {clients} clients, p99", "ms",
                      median(full, clients, .99), limit=("write and read, bare socket", median("raw socket", clients, .99)),
                      at_most=TARGET_MS, also=("every poll there", polls_well))
    print(f"{'holds' if worst <= TARGET_MS else 'does not hold'}: p99 under load {worst:.2f} ms (target <= {TARGET_MS})")
    if not polls_well:
        print(f"DOES NOT KEEP UP: {values:,.0f} values/s polled, so its other figures compare with nothing")
    sys.exit(0 if worst <= TARGET_MS and polls_well else 1)


if __name__ == "__main__":
    main()
