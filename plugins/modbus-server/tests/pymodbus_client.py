#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads and writes a Modbus TCP server on loopback with pymodbus; prints one line per finding, "ok" at the end.

usage: pymodbus_client.py PORT
"""
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.payload import BinaryPayloadBuilder, BinaryPayloadDecoder

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=5)
assert client.connect(), "no connection"


def expect(what, found, due):
    if found != due:
        print(f"{what}: {found} (due: {due})")
        sys.exit(1)


def floats(result):
    return BinaryPayloadDecoder.fromRegisters(result.registers, byteorder=Endian.Big,
                                              wordorder=Endian.Big).decode_32bit_float()


expect("float", floats(client.read_holding_registers(0, 2, slave=1)), 81.25)
expect("scaled", client.read_input_registers(0, 1, slave=1).registers[0] in (812, 813), True)
expect("coil", client.read_coils(0, 1, slave=1).bits[0], True)
expect("quality", client.read_discrete_inputs(100, 1, slave=1).bits[0], True)
expect("address", client.read_holding_registers(500, 1, slave=1).exception_code, 2)
expect("unit", client.read_holding_registers(0, 1, slave=9).exception_code, 11)

builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Big)
builder.add_32bit_float(12.5)
expect("write", client.write_registers(0, builder.to_registers(), slave=1).isError(), False)
expect("read back", floats(client.read_holding_registers(0, 2, slave=1)), 12.5)
expect("write coil", client.write_coil(0, False, slave=1).isError(), False)
expect("coil back", client.read_coils(0, 1, slave=1).bits[0], False)
expect("half", client.write_register(0, 1, slave=1).exception_code, 3)
expect("read-only", client.write_register(9, 1, slave=1).exception_code, 2)
request = ReadDeviceInformationRequest(0x01, 0x00)
request.unit_id = 1
identity = client.execute(request)
expect("identity", identity.information[0], b"Tagwire")
client.close()
print("ok")
