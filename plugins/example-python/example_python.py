#!/usr/bin/python3 -I
# SPDX-License-Identifier: Apache-2.0
"""A whole plugin in one file: source of a sine wave, sink that takes a point's mean. Copy the folder to begin.

Tagwire starts it with one end of a socket and speaks docs/isolation-protocol.md over it: CBOR in frames. The first part
is that protocol, as far as a plugin needs it, with nothing but the standard library; Example is the plugin.
"""
import math
import os
import select
import socket
import struct
import time

PROTOCOL = 1


# CBOR (RFC 8949): what Tagwire sends and takes. No tags, no lengths left open.

def encode(value):
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encode(key) + encode(each) for key, each in value.items())
    raise TypeError(f"{type(value).__name__} has no CBOR here")


def head(major, number):
    for bits, form, most in ((24, ">B", 0xFF), (25, ">H", 0xFFFF), (26, ">I", 0xFFFFFFFF), (27, ">Q", 2**64 - 1)):
        if number < 24:
            return bytes([major << 5 | number])
        if number <= most:
            return bytes([major << 5 | bits]) + struct.pack(form, number)
    raise OverflowError("an integer of more than 64 bits")


def decode(data, at=0):
    """The value that begins at `at`, and where it ends."""
    major, more = data[at] >> 5, data[at] & 31
    at += 1
    number = more
    if 24 <= more <= 27:
        size = 1 << (more - 24)
        raw = data[at:at + size]
        at += size
        if major == 7 and size > 1:
            return struct.unpack({2: ">e", 4: ">f", 8: ">d"}[size], raw)[0], at
        number = int.from_bytes(raw, "big")
    elif more > 27:
        raise ValueError("a length that is left open")
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        raw = data[at:at + number]
        return (bytes(raw) if major == 2 else str(raw, "utf-8")), at + number
    if major == 4:
        items = []
        for _ in range(number):
            item, at = decode(data, at)
            items.append(item)
        return items, at
    if major == 5:
        pairs = {}
        for _ in range(number):
            key, at = decode(data, at)
            pairs[key], at = decode(data, at)
        return pairs, at
    if major == 7:
        return {20: False, 21: True}.get(number), at
    raise ValueError("a tag")


class Host:
    """The other end of the socket."""

    def __init__(self):
        self.socket = socket.socket(fileno=int(os.environ["TAGWIRE_PLUGIN_FD"]))
        self.bytes = bytearray()

    def send(self, kind, body=None):
        payload = encode([kind, body])
        self.socket.sendall(struct.pack(">I", len(payload)) + payload)

    def receive(self, timeout=None):
        """The next message's type and body; None when the time is up. The end of the host is the end of the program."""
        while True:
            if len(self.bytes) >= 4:
                end = 4 + struct.unpack_from(">I", self.bytes)[0]
                if len(self.bytes) >= end:
                    message = decode(bytes(self.bytes[4:end]))[0]
                    del self.bytes[:end]
                    return message[0], message[1]
            if timeout is not None and not select.select([self.socket], [], [], timeout)[0]:
                return None
            some = self.socket.recv(65536)
            if not some:
                raise SystemExit(0)
            self.bytes += some

    def expect(self, kind):
        given, body = self.receive()
        if given != kind:
            raise SystemExit(f"{kind} was due, {given} came")
        return body

    def log(self, text, level="info"):
        self.send("log", {"level": level, "text": text})


def problems_of(config):
    """What is wrong with the configuration; Tagwire adds the file and the line."""
    problems = []
    for key in config:
        if key not in ("interval_ms", "amplitude", "input"):
            problems.append((key, f'unknown key "{key}" (allowed: interval_ms, amplitude, input)'))
    interval = config.get("interval_ms", 1000)
    if isinstance(interval, bool) or not isinstance(interval, int) or not 10 <= interval <= 3_600_000:
        problems.append(("interval_ms", "a whole number is due (allowed: 10 to 3600000)"))
    amplitude = config.get("amplitude", 10)
    if isinstance(amplitude, bool) or not isinstance(amplitude, (int, float)) or not 0 <= amplitude <= 1_000_000:
        problems.append(("amplitude", "a number is due (allowed: 0 to 1000000)"))
    if not isinstance(config.get("input", ""), str):
        problems.append(("input", "the full name of a point is due"))
    return [{"path": path, "message": message} for path, message in problems]


class Example:
    def __init__(self, host):
        self.host = host
        hello = host.expect("hello")
        host.send("hello", {"protocol": PROTOCOL})
        self.id = hello["id"]
        self.config = host.expect("create")["config"]
        problems = problems_of(self.config)
        if not problems:
            self.declare()
        reference = self.config.get("input")
        host.send("created", {
            "made": not problems,
            "problems": problems,
            # Tagwire checks that there is such a point, and tells its number by `start`.
            "references": [{"name": reference, "path": "input"}] if isinstance(reference, str) else [],
        })

    def declare(self):
        self.host.send("declare", {"call": 1, "points": [
            {"name": "sine", "type": "double"},
            {"name": "mean", "type": "double"},
            {"name": "amplitude", "type": "double", "writable": True, "min": 0.0},
        ]})
        self.sine, self.mean, self.amplitude_point = self.host.expect("declared")["ids"]

    def run(self):
        """Until Tagwire says `stop`, or is gone."""
        self.interval = self.config.get("interval_ms", 1000) / 1000
        self.amplitude = float(self.config.get("amplitude", 10))
        self.input = None
        self.values = []
        due = None  # when the next values go out; None: it was not started
        while True:
            message = self.host.receive(None if due is None else max(0, due - time.monotonic()))
            if message is None:
                self.publish()
                due = max(due + self.interval, time.monotonic())
                continue
            kind, body = message
            if kind == "start":
                self.learn(body["points"])
                due = time.monotonic() + self.interval
                self.host.send("status", {"state": "running", "text": ""})
            elif kind == "stop":
                return
            elif kind == "ping":
                self.host.send("pong", body)
            elif kind == "points":
                self.learn(body)
            elif kind == "samples":
                self.take(body)
                self.host.send("written")  # we can take the next
            elif kind == "command":
                self.execute(body)

    def learn(self, points):
        for point in points:
            if point["full_name"] == self.config.get("input"):
                self.input = point["id"]

    def take(self, samples):
        for sample in samples:  # [point, value, time], and when it is not good [point, value, time, quality]
            if sample[0] == self.input and len(sample) == 3 and isinstance(sample[1], (int, float)):
                self.values.append(sample[1])

    def execute(self, command):
        self.amplitude = command["value"]
        self.host.send("event", {"type": "command", "command_id": command["id"], "status": "succeeded",
                                 "actual_value": self.amplitude})

    def publish(self):
        now = time.time_ns()
        samples = [[self.sine, self.amplitude * math.sin(now / 1e9), now],
                   [self.amplitude_point, self.amplitude, now]]
        if self.values:
            samples.append([self.mean, sum(self.values) / len(self.values), now])
            self.values = []
        self.host.send("samples", samples)


if __name__ == "__main__":
    Example(Host()).run()
