#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sends mutated FastCGI requests to a live socket, a connection each.

    malformed.py SOCKET N [SEED]

Prints how many were answered, how many closed without an answer, how many were still open after
six seconds, and how long the slowest took in milliseconds.
"""

import importlib.util
import os
import random
import select
import socket
import struct
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("fcgi", os.path.join(here, "..", "bats", "fcgi.py"))
fcgi = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fcgi)

INTERESTING = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 16, 0x7F, 0x80, 0xFE, 0xFF]
AT_ONCE = 256
PATIENCE_S = 6


def seeds():
    paths = ["/api/v1/me", "/api/v1/users", "/api/v1/openapi.json", "/" + "a" * 3000, "/api/v1/auth/login"]
    whole = [fcgi.request(p, m) for p in paths for m in ("GET", "POST", "PUT")]
    folder = os.path.join(here, "..", "fuzz", "corpus", "frame")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as f:
            whole.append(f.read())
    return whole


def mutate(rng, data):
    b = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        kind = rng.randrange(8)
        at = rng.randrange(len(b) + 1) if b else 0
        if kind == 0 and b:
            b[at % len(b)] = rng.choice(INTERESTING)
        elif kind == 1 and b:
            b[at % len(b)] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del b[at : at + rng.choice((1, 2, 8, 64))]
        elif kind == 3:
            b[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 4, 8))))
        elif kind == 4:
            b[at:at] = b[rng.randrange(len(b) + 1) :][: rng.choice((8, 64, 512))]
        elif kind == 5:
            del b[at:]
        elif kind == 6 and len(b) >= 8:
            # The header of a record: type, id, length or padding.
            at = rng.choice([0, 16]) if len(b) > 24 else 0
            struct.pack_into(">BBHHB", b, at, 1, rng.randrange(12), rng.randrange(3), rng.choice((0, 1, 8, 65535, rng.randrange(4096))), rng.randrange(256))
        elif kind == 7:
            b += fcgi.record(rng.randrange(12), bytes(rng.randrange(64)), rng.randrange(3))
    # A connection that says nothing may stay for ever: it is idle.
    return bytes(b[:200000]) or b"\x01"


def run(path, n, rng):
    poll = select.epoll()
    going = {}
    whole = seeds()
    sent = answered = closed = stuck = 0
    slowest = 0.0

    def finish(fd):
        nonlocal slowest
        s, start, _ = going.pop(fd)
        slowest = max(slowest, time.monotonic() - start)
        poll.unregister(fd)
        s.close()

    while sent < n or going:
        while sent < n and len(going) < AT_ONCE:
            s = fcgi.connect(path)
            s.setblocking(False)
            try:
                s.send(mutate(rng, rng.choice(whole)))
                if rng.randrange(32) > 0:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            going[s.fileno()] = [s, time.monotonic(), False]
            poll.register(s.fileno(), select.EPOLLIN | select.EPOLLHUP)
            sent += 1
        for fd, _ in poll.poll(0.5):
            try:
                data = going[fd][0].recv(262144)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                answered += not going[fd][2]
                going[fd][2] = True
                # Kept connections stay open, as nginx would want.
                finish(fd)
            else:
                closed += 1
                finish(fd)
        now = time.monotonic()
        for fd in [fd for fd, (_, start, _) in going.items() if now - start > PATIENCE_S]:
            stuck += 1
            finish(fd)
    print(answered, closed, stuck, round(slowest * 1000))


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1))
