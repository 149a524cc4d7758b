#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same reads with pymodbus: AsyncModbusTcpClient, one block after the other, on an absolute schedule.

    modbus_pymodbus.py --ports 15020,15021 [--registers 10000] [--period-ms 100]"""
import argparse
import asyncio
import signal

from pymodbus.client import AsyncModbusTcpClient

REGISTERS_IN_ONE_REQUEST = 125


async def read(port, registers, period):
    loop = asyncio.get_running_loop()
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    values = [0] * registers
    due = loop.time()
    while True:
        for first in range(0, registers, REGISTERS_IN_ONE_REQUEST):
            count = min(REGISTERS_IN_ONE_REQUEST, registers - first)
            answer = await client.read_holding_registers(first, count, 1)
            values[first:first + count] = answer.registers
        due += (max(loop.time() - due, 0) // period + 1) * period
        await asyncio.sleep(due - loop.time())


async def read_all(options):
    tasks = [asyncio.create_task(read(int(port), options.registers, options.period_ms / 1000))
             for port in options.ports.split(",")]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, lambda: [task.cancel() for task in tasks])
    await asyncio.gather(*tasks)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ports", required=True)
    parser.add_argument("--registers", type=int, default=10_000)
    parser.add_argument("--period-ms", type=int, default=100)
    try:
        asyncio.run(read_all(parser.parse_args()))
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    main()
