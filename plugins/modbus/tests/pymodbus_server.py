# SPDX-License-Identifier: Apache-2.0
"""A Modbus server by pymodbus: `pymodbus_server.py tcp` on a free port, or `pymodbus_server.py rtu DEVICE BAUD`.

Units 1 and 2 have 200 addresses in each table. Prints "ready PORT" (0 on a line) and runs until it is ended.
"""
import asyncio
import sys

from pymodbus.datastore import (
    ModbusSequentialDataBlock,
    ModbusServerContext,
    ModbusSlaveContext,
)
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

SIZE = 200


def slave(unit):
    """The values that the tests expect."""
    coils = [0] * SIZE
    discrete = [0] * SIZE
    inputs = [0] * SIZE
    holding = [0] * SIZE
    coils[3] = 1
    discrete[17] = 1
    inputs[4] = 1234
    holding[190] = 4000 + unit
    return ModbusSlaveContext(
        co=ModbusSequentialDataBlock(0, coils),
        di=ModbusSequentialDataBlock(0, discrete),
        ir=ModbusSequentialDataBlock(0, inputs),
        hr=ModbusSequentialDataBlock(0, holding),
        zero_mode=True,
    )


async def main():
    """Serves until ended."""
    context = ModbusServerContext(slaves={1: slave(1), 2: slave(2)}, single=False)
    identity = ModbusDeviceIdentification(
        info_name={
            "VendorName": "pymodbus",
            "ProductCode": "PM",
            "MajorMinorRevision": "3",
            "ProductName": "test peer",
        }
    )
    if sys.argv[1] == "tcp":
        server = ModbusTcpServer(
            context, framer=ModbusSocketFramer, identity=identity, address=("127.0.0.1", 0)
        )
        serving = asyncio.create_task(server.serve_forever())
        await server.serving
        print("ready", server.server.sockets[0].getsockname()[1], flush=True)
        await serving
    else:
        server = ModbusSerialServer(
            context,
            framer=ModbusRtuFramer,
            identity=identity,
            port=sys.argv[2],
            baudrate=int(sys.argv[3]),
            parity="N",
            ignore_missing_slaves=True,
        )
        await server.start()
        print("ready 0", flush=True)
        await server.serve_forever()


asyncio.run(main())
