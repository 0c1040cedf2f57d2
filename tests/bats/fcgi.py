#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A FastCGI client for what nginx would never do (FastCGI 1.0, section 3).

    fcgi.py get SOCKET PATH [TOKEN]
                                  prints the status of one GET
    fcgi.py post SOCKET PATH ADDRESS BODY
                                  prints the status of one POST that comes from that address
    fcgi.py stall SOCKET N        sends half a record on N connections; prints "stalled" when all are,
                                  "closing" when the first one is closed, "closed" when the last one is
    fcgi.py garbage SOCKET        sends what is no FastCGI; prints "closed" when it is closed
    fcgi.py hang-up SOCKET N      sends N requests, each on its own connection, and goes
    fcgi.py between SOCKET HOW WORKER OTHER
                                  puts requests of 8 peers who leave ("close") or do not listen
                                  ("deaf") and 8 connections of others into one turn of that
                                  worker; prints how many of the others are answered
"""

import os
import select
import signal
import socket
import struct
import sys
import time

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content, request=1):
    return struct.pack(">BBHHBx", 1, kind, request, len(content), 0) + content


def pair(name, value):
    def length(s):
        return bytes([len(s)]) if len(s) < 128 else struct.pack(">I", len(s) | 1 << 31)

    n, v = name.encode(), value.encode()
    return length(n) + length(v) + n + v


def request(path, method="GET", address="127.0.0.1", body=b"", token=None, keep=False):
    params = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": path,
        "DOCUMENT_URI": path,
        "SCRIPT_NAME": path,
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address,
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "REQUEST_SCHEME": "https",
        "HTTP_HOST": "localhost",
        "HTTP_X_REQUEST_ID": "0123456789abcdef",
        "REQUEST_ID": "0123456789abcdef",
    }
    if token:
        params["HTTP_AUTHORIZATION"] = "Bearer " + token
    pairs = b"".join(pair(k, v) for k, v in params.items())
    begin = record(BEGIN, struct.pack(">HB5x", 1, keep))
    stdin = (record(STDIN, body) if body else b"") + record(STDIN, b"")
    return begin + record(PARAMS, pairs) + record(PARAMS, b"") + stdin


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    # To wait for room in the backlog it has to block, but not for ever.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 20, 0))
    s.connect(path)
    s.settimeout(20)
    return s


def until_closed(s):
    """Waits until the other side has closed it, but not for ever."""
    try:
        while s.recv(65536):
            pass
    except ConnectionError:
        pass


def ask(path, message):
    s = connect(path)
    s.sendall(message)
    out = b""
    while chunk := s.recv(65536):
        out += chunk
    head = out[8 : 8 + struct.unpack(">H", out[4:6])[0]].decode(errors="replace")
    line = head.split("\r\n", 1)[0]
    print(line.split()[1] if line.lower().startswith("status:") else 200)


def stall(path, n):
    half = request("/api/v1/me")[:20]
    all_of_them = [connect(path) for _ in range(n)]
    for s in all_of_them:
        s.sendall(half)
    print("stalled", flush=True)
    select.select(all_of_them, [], [])
    print("closing", flush=True)
    for s in all_of_them:
        until_closed(s)
    print("closed", flush=True)


def garbage(path):
    s = connect(path)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n" + bytes(64))
    until_closed(s)
    print("closed")


def hang_up(path, n):
    for _ in range(n):
        s = connect(path)
        s.sendall(request("/api/v1/health/ready"))
        s.close()


def reply(s):
    """Reads one whole reply; False when none comes."""
    data = b""
    s.settimeout(5)
    try:
        while True:
            while len(data) >= 8:
                _, kind, _, n, padding = struct.unpack(">BBHHBx", data[:8])
                if len(data) < 8 + n + padding:
                    break
                if kind == END:
                    return True
                data = data[8 + n + padding :]
            chunk = s.recv(65536)
            if not chunk:
                return False
            data += chunk
    except (TimeoutError, ConnectionError):
        return False


def go_on(*workers):
    for pid in workers:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass  # the test says what became of it


def between(path, how, worker, other):
    os.kill(other, signal.SIGSTOP)
    try:
        leaving = [connect(path) for _ in range(8)]
        for s in leaving:  # kept, so that the worker has accepted them
            s.sendall(request("/nowhere", keep=True))
            reply(s)
        os.kill(worker, signal.SIGSTOP)
        time.sleep(0.1)
        for s in leaving:
            if how == "deaf":
                s.shutdown(socket.SHUT_RD)
            s.sendall(request("/nowhere", keep=True))
            if how == "close":
                s.close()
        others = [connect(path) for _ in range(8)]
        for s in others:
            s.sendall(request("/api/v1/openapi.json", keep=True))
        go_on(worker)
        print(sum(reply(s) for s in others))
    finally:
        go_on(worker, other)


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    {
        "get": lambda: ask(where, request(rest[0], token=rest[1] if rest[1:] else None)),
        "post": lambda: ask(where, request(rest[0], "POST", rest[1], rest[2].encode())),
        "stall": lambda: stall(where, int(rest[0])),
        "garbage": lambda: garbage(where),
        "between": lambda: between(where, rest[0], int(rest[1]), int(rest[2])),
        "hang-up": lambda: hang_up(where, int(rest[0])),
    }[what]()
