#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A network that fails on command: TCP on 127.0.0.1 in front of a unix socket.

    proxy.py PORT SOCKET MODE_FILE ACCEPTED

MODE_FILE holds one word and perhaps a number, and is looked at all the time:
    pass       everything goes through
    delay MS   everything arrives so much later, in each direction
    hole       nothing arrives any more, nothing is closed, new connections are accepted
    half       what is asked arrives, what is answered does not
    reset      all connections are reset, new ones too
Each connection that is accepted is a line in ACCEPTED: milliseconds of the wall clock, the mode.
"""

import asyncio
import os
import socket
import struct
import sys
import time

LOOK_S = 0.005
mode = ["pass", 0.0]
writers = set()
changed = None


def reset(writer):
    """Closes with RST instead of FIN."""
    s = writer.get_extra_info("socket")
    if s is not None and s.family == socket.AF_INET:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def carry(reader, writer, answers):
    """One direction. What was held back by a hole goes on when the hole is closed."""
    queue = asyncio.Queue()

    async def take():
        try:
            while data := await reader.read(65536):
                late = mode[1] / 1000 if mode[0] == "delay" else 0
                queue.put_nowait((time.monotonic() + late, data))
        except OSError:
            pass
        queue.put_nowait((0, b""))

    taking = asyncio.create_task(take())
    try:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - time.monotonic()))
            # A side that goes does not tell the other one through a hole, either.
            while mode[0] == "hole" or (mode[0] == "half" and answers):
                await asyncio.sleep(LOOK_S)
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        taking.cancel()
        writer.close()


async def on_client(target, accepted, reader, writer):
    print(int(time.time() * 1000), mode[0], file=accepted, flush=True)
    if mode[0] == "reset":
        reset(writer)
        return
    while mode[0] == "hole":
        await asyncio.sleep(LOOK_S)
    try:
        to_reader, to_writer = await asyncio.open_unix_connection(target)
    except OSError:
        reset(writer)
        return
    pair = {writer, to_writer}
    writers.update(pair)
    await asyncio.gather(carry(reader, to_writer, False), carry(to_reader, writer, True))
    writers.difference_update(pair)


async def watch(path):
    seen = None
    while True:
        try:
            with open(path, encoding="ascii") as f:
                words = f.read().split()
        except OSError:
            words = None
        if words and words != seen:
            seen = words
            mode[:] = [words[0], float(words[1]) if len(words) > 1 else 0.0]
            if mode[0] == "reset":
                for w in list(writers):
                    reset(w)
        await asyncio.sleep(LOOK_S)


async def run(port, target, path, log):
    with open(log, "w", encoding="ascii") as accepted:
        server = await asyncio.start_server(
            lambda r, w: on_client(target, accepted, r, w), "127.0.0.1", port, backlog=512
        )
        async with server:
            await watch(path)


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(run(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]))
