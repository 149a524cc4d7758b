# SPDX-License-Identifier: Apache-2.0
"""What the clients in this folder share: websockets and http.client against a running gateway.

TAGWIRE_URL is where it listens, TAGWIRE_TOKENS a JSON object of its tokens by name, TAGWIRE_JWT_KEY the key that signs
JSON Web Tokens. Every check prints what was seen; the first one that does not hold ends the script with 1 and says what
was missing.
"""
import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import os
import sys
import time
import urllib.parse
from datetime import datetime

import websockets

PLACE = urllib.parse.urlsplit(os.environ["TAGWIRE_URL"]).netloc
TOKENS = json.loads(os.environ["TAGWIRE_TOKENS"])
PATIENCE = 10  # seconds until what is due counts as missing


class Missing(Exception):
    """Something that the contract promises did not come."""


def check(what, holds, got=None):
    """Prints `what`, or ends the script when it does not hold."""
    if not holds:
        raise Missing(f"{what}; got {json.dumps(got, default=str)}")
    print("ok", what, flush=True)


def same(one, other):
    """Equal as JSON is: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def fits(**fields):
    """A test for messages that have these fields with these values."""
    return lambda message: all(key in message and same(message[key], value) for key, value in fields.items())


def is_iso(text, digits=None):
    """Whether it is a time with an offset, and so many digits of the second if that is ruled."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return False
    fraction = text.partition(".")[2][: digits + 1] if digits else ""
    return moment.tzinfo is not None and (not digits or (fraction[:digits].isdigit() and not fraction[-1:].isdigit()))


class CountingProtocol(websockets.WebSocketClientProtocol):
    """Answers PINGs as the library does, and counts them."""

    pings_seen = 0

    async def pong(self, data=b""):
        self.pings_seen += 1
        await super().pong(data)


class Stream:
    """An open WebSocket that is read all the time. Keeps the messages as parsed JSON; `answer` may reply to each."""

    def __init__(self, socket, path, answer):
        self.socket = socket
        self.path = path
        self.answer = answer
        self.messages = []
        self.raw = []
        self.seen = 0
        self.news = asyncio.Event()
        self.reading = asyncio.create_task(self.read())

    @classmethod
    async def open(cls, path, token=None, answer=None):
        """Connects with a Bearer token in the header, or without any."""
        headers = {"Authorization": "Bearer " + token} if token else {}
        socket = await websockets.connect(
            f"ws://{PLACE}{path}", extra_headers=headers, create_protocol=CountingProtocol, ping_interval=None
        )
        return cls(socket, path, answer)

    async def read(self):
        """Runs until the stream has ended."""
        try:
            async for text in self.socket:
                message = json.loads(text)
                self.raw.append(text)
                self.messages.append(message)
                if self.answer:
                    await self.answer(self, message)
                self.news.set()
        except websockets.ConnectionClosed:
            pass
        finally:
            self.news.set()

    async def send(self, message):
        """Text, bytes and lists of pieces go out as they are, all else as JSON."""
        await self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def until(self, what, holds):
        """Waits until something holds that messages, PINGs or the end may change."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if self.reading.done() or time.monotonic() > deadline:
                end = f", closed with {self.socket.close_code}" if self.reading.done() else ""
                raise Missing(f"{what} on {self.path}{end}; the last messages: {json.dumps(self.messages[-5:])}")
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), 0.1)
            except asyncio.TimeoutError:
                pass
        print("ok", what, flush=True)

    async def wait_for(self, what, test=lambda message: True):
        """The next message that fits. Those before it are passed by."""
        found = []

        def look():
            while not found and self.seen < len(self.messages):
                self.seen += 1
                found.extend(filter(test, self.messages[self.seen - 1 : self.seen]))
            return bool(found)

        await self.until(what, look)
        return found[0]

    async def has(self, what, test, count=1):
        """So many messages that fit came at any time, or come."""
        await self.until(what, lambda: sum(map(bool, map(test, self.messages))) >= count)

    async def ask(self, what, message, test):
        """Sends and waits for what fits."""
        await self.send(message)
        return await self.wait_for(what, test)

    async def barrier(self):
        """All that was sent to us before this has come when it returns: a PONG takes its turn behind it."""
        await asyncio.wait_for(await self.socket.ping(), PATIENCE)

    async def closed(self, what, code, reason=None):
        """Waits for the server's close."""
        try:
            await asyncio.wait_for(asyncio.shield(self.reading), PATIENCE)
        except asyncio.TimeoutError:
            raise Missing(f"{what} on {self.path}: close {code}; the stream is open") from None
        got = (self.socket.close_code, self.socket.close_reason)
        check(f"{what}: close {code}", got[0] == code and reason in (None, got[1]), got)

    async def close(self):
        """Ends the stream from here; the server says the same (RFC 6455, 7.1.5)."""
        await self.socket.close()
        if self.socket.close_code != 1000:
            raise Missing(f"our close is answered on {self.path}; got {self.socket.close_code}")


async def refused(what, path, status, token=None):
    """The upgrade must be answered with this HTTP status."""
    try:
        stream = await Stream.open(path, token)
    except websockets.InvalidStatusCode as refusal:
        check(f"{what}: HTTP {status}", refusal.status_code == status, refusal.status_code)
        return
    await stream.close()
    raise Missing(f"{what}: HTTP {status}; {path} was let in")


def call_now(method, path, body, token):
    """One request; status and parsed body."""
    connection = http.client.HTTPConnection(PLACE, timeout=PATIENCE)
    headers = {"Authorization": "Bearer " + token} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = body if isinstance(body, str) else json.dumps(body)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text) if text else None


async def call(method, path, body=None, token=None):
    """The same beside open streams."""
    return await asyncio.to_thread(call_now, method, path, body, token or TOKENS["admin"])


async def write(number, value):
    """Has the PLC's point changed by a command (R5-9); its answer."""
    body = {"endpointId": number, "value": value, "commandType": "write"}
    status, answer = await call("POST", "/api/os/command", body)
    check(f"R5-9 point {number} becomes {value}", status == 200 and answer["status"] == "succeeded", answer)
    return answer


class BorrowedToken:
    """A token that is made, and revoked again, over REST (R2-11)."""

    def __init__(self, name, text):
        self.name = name
        self.text = text

    @classmethod
    async def make(cls, *permissions):
        """With these permissions."""
        name = f"borrowed-{os.getpid()}-{time.monotonic_ns()}"
        body = {"name": name, "permissions": permissions}
        status, answer = await call("POST", "/api/v1/tokens", body)
        if status != 201:
            raise Missing(f"R2-11 a new token; got {status} {answer.get('error')}")
        return cls(name, answer["token"])

    async def revoke(self):
        """Ends it everywhere."""
        status, answer = await call("DELETE", "/api/v1/tokens/" + self.name)
        check("R2-11 the token is revoked", status in (200, 204), (status, answer))


def web_token(algorithm="HS256", **claims):
    """A JSON Web Token of these claims (R3-6), valid for a minute unless `exp` says otherwise; None leaves it out."""
    claims = {"sub": "python", "exp": int(time.time()) + 60, **claims}
    given = {key: value for key, value in claims.items() if value is not None}

    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    signed = b".".join(encoded(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT"}, given))
    key = os.environ["TAGWIRE_JWT_KEY"].encode()
    signature = hmac.digest(key, signed, hashlib.sha256) if algorithm == "HS256" else b""
    return (signed + b"." + encoded(signature)).decode()


def first_message(token):
    """How all but `live` show a token behind the upgrade."""
    return {"type": "auth", "access_token": token}


async def check_door(path, permission, prove, first=first_message):
    """What holds at every path that takes a first message. `prove(stream)` shows that a stream was let in."""
    for key in ("token", "access_token", "api_key", "jwt"):
        await refused(f"a credential as {key} in the query", f"{path}?{key}=secret", 400)
    await refused("a wrong token in the header", path, 403, "wrong")
    await refused("a token without the permission in the header", path, 403, TOKENS["nothing"])
    await refused("a path that is not there", path + "/no/such", 404, TOKENS["admin"])

    stream = await Stream.open(path)
    await stream.send(first("wrong"))
    await stream.closed("a wrong first message", 4401)
    check("nothing is sent before it", not stream.messages, stream.messages)

    stream = await Stream.open(path)
    await stream.send(first(TOKENS["nothing"]))
    await stream.closed("a first message without the permission", 4403)

    stream = await Stream.open(path, TOKENS["admin"])
    await prove(stream)
    await stream.send(b"\x00\x01")
    await stream.closed("a binary message", 1003)

    borrowed = await BorrowedToken.make(permission)
    by_header = await Stream.open(path, borrowed.text)
    by_message = await Stream.open(path)
    await by_message.send(first(borrowed.text))
    renewed = await Stream.open(path, borrowed.text)
    for each in (by_header, by_message, renewed):
        await prove(each)
    await renewed.send(first(TOKENS["admin"]))
    await renewed.barrier()
    check("a PING is answered", True)
    await borrowed.revoke()
    await by_header.closed("the token in the header is revoked", 4401)
    await by_message.closed("the token in the first message is revoked", 4401)
    await refused("the revoked token", path, 403, borrowed.text)
    before = renewed.socket.pings_seen
    await renewed.until("a fresh first message kept the stream, and PINGs come",
                        lambda: renewed.socket.pings_seen > before)
    await renewed.close()


def run(main):
    """Runs a script's coroutine; the exit code tells how it went."""
    try:
        asyncio.run(main())
    except Missing as problem:
        print("MISSING", problem, flush=True)
        sys.exit(1)
    print("done", flush=True)
