#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Readers of a reply in pieces, all at once, each so many bytes a second, against 127.0.0.1 only.

    streams.py PORT PATH N RATE SECONDS

The header Authorization is $AUTHORIZATION. After SECONDS whoever still reads leaves. Prints as JSON how many
had each status, how many bytes and lines came, how many replies were whole, and how many were cut off.
"""

import asyncio
import collections
import json
import os
import socket
import sys
import time

STEP = 16 * 1024
found = collections.Counter()


async def take(loop, s, rate, end):
    """The reply as far as it comes, at that rate: its head, how much came behind it, and its last bytes."""
    head, n, lines, tail, began = b"", 0, 0, b"", time.monotonic()
    while time.monotonic() < end:
        got = await asyncio.wait_for(loop.sock_recv(s, STEP), max(0.1, end - time.monotonic()))
        if not got:
            break
        if b"\r\n\r\n" not in head:
            head += got
            got = head.partition(b"\r\n\r\n")[2]
        # Not the line ends that separate the chunks.
        lines += got.count(b"\n") - (tail[-1:] + got).count(b"\r\n")
        n, tail = n + len(got), (tail + got)[-16:]
        if tail.endswith(b"\r\n0\r\n\r\n") or not head.startswith(b"HTTP/1.1 200"):
            break
        await asyncio.sleep(max(0, began + n / rate - time.monotonic()))
    return head, n, lines, tail


async def reader(port, path, rate, end):
    loop = asyncio.get_running_loop()
    s = socket.socket()
    s.setblocking(False)
    # What lies in the kernel for it is to be little, or nobody would see that it is slow.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {os.environ['AUTHORIZATION']}\r\n\r\n"
    try:
        await asyncio.wait_for(loop.sock_connect(s, ("127.0.0.1", port)), 10)
        await loop.sock_sendall(s, request.encode())
        head, n, lines, tail = await take(loop, s, rate, end)
        found[head[9:12].decode() or "none"] += 1
        if b"\nretry-after: " in head.lower():
            found["told when to come again"] += 1
        if head.startswith(b"HTTP/1.1 200"):
            found["bytes"] += n
            found["lines"] += lines
            found["whole" if tail.endswith(b"\r\n0\r\n\r\n") else "left" if time.monotonic() >= end else "cut"] += 1
    except (OSError, asyncio.TimeoutError):
        found["left" if time.monotonic() >= end else "broken"] += 1
    finally:
        s.close()


async def main(port, path, n, rate, seconds):
    end = time.monotonic() + seconds
    await asyncio.gather(*(reader(port, path, rate, end) for _ in range(n)))
    print(json.dumps(found))


asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
