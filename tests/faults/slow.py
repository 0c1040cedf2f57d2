#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients that are slow on purpose, many at a time (slowloris), against 127.0.0.1 only.

    slow.py headers|body|read PORT N SECONDS

headers: a header line now and then, never the last one. body: a long body, a byte now and then.
read: asks for a large reply and reads a byte now and then. A connection that is
closed is opened again. Prints how many could be held at most, and how often they were closed.
"""

import asyncio
import socket
import sys
import time

EACH_S = 3
state = {"open": 0, "most": 0, "closed": 0}


async def one(mode, port, end):
    loop = asyncio.get_running_loop()
    while time.monotonic() < end:
        s = socket.socket()
        s.setblocking(False)
        if mode == "read":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        try:
            await asyncio.wait_for(loop.sock_connect(s, ("127.0.0.1", port)), 5)
            state["open"] += 1
            state["most"] = max(state["most"], state["open"])
            try:
                await drip(loop, s, mode, end)
            finally:
                state["open"] -= 1
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            s.close()
        if time.monotonic() < end:
            state["closed"] += 1
            await asyncio.sleep(0.2)


async def drip(loop, s, mode, end):
    host = b"Host: localhost\r\n"
    if mode == "headers":
        await loop.sock_sendall(s, b"GET /api/v1/me HTTP/1.1\r\n" + host)
        more = b"X-A: b\r\n"
    elif mode == "body":
        head = b"POST /api/v1/users HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\n"
        await loop.sock_sendall(s, head + b"Content-Length: 60000\r\n\r\n{")
        more = b" "
    else:
        get = b"GET /api/v1/openapi.json HTTP/1.1\r\n" + host + b"\r\n"
        await loop.sock_sendall(s, get)
        more = None
    while time.monotonic() < end:
        await asyncio.sleep(EACH_S)
        if more is None:
            if not await loop.sock_recv(s, 1):
                return
        else:
            await loop.sock_sendall(s, more)
            try:
                if not s.recv(65536):
                    return
            except BlockingIOError:
                pass


async def run(mode, port, n, seconds):
    end = time.monotonic() + seconds
    tasks = []
    for i in range(n):
        tasks.append(asyncio.create_task(one(mode, port, end)))
        if i % 25 == 24:
            await asyncio.sleep(0.02)
    await asyncio.gather(*tasks)
    print(state["most"], state["closed"])


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
