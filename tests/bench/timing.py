# SPDX-License-Identifier: MIT
# Times pairs of requests over one kept connection; see tests/bench/timing. usage: timing.py PORT N
# Prints NAME|MEDIAN|MEDIAN|RATIO|LOW|HIGH: in ms, of known and unknown addresses, and between what the
# ratio lies with 95 % certainty, by drawing the timings anew.
import http.client
import json
import random
import socket
import statistics
import sys
import time

WARM_UP = 20
DRAWS = 1000
port, n = int(sys.argv[1]), int(sys.argv[2])
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
connection.connect()
connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def timed(path, body, status):
    data = json.dumps(body).encode()
    begun = time.perf_counter_ns()
    connection.request("POST", path, data, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read()
    took = time.perf_counter_ns() - begun
    if reply.status != status:
        sys.exit(f"{path}: {reply.status} {text.decode()}")
    return took / 1e6


# The same length, in any order: what differs is only whether somebody has it.
def address(known, i):
    return f"{'known' if known else 'nobod'}.{i}@example.org"


def compare(name, path, status, more):
    times = {True: [], False: []}
    for i in range(1, n + WARM_UP + 1):
        for known in random.sample([True, False], 2):
            took = timed(path, {"email": address(known, i), **more}, status)
            if i > WARM_UP:
                times[known].append(took)
    medians = [statistics.median(times[known]) for known in (True, False)]
    drawn = sorted(
        statistics.median(random.choices(times[True], k=n)) / statistics.median(random.choices(times[False], k=n))
        for _ in range(DRAWS)
    )
    low, high = drawn[DRAWS * 25 // 1000], drawn[DRAWS * 975 // 1000]
    print(f"{name}|{medians[0]:.3f}|{medians[1]:.3f}|{medians[0] / medians[1]:.4f}|{low:.4f}|{high:.4f}", flush=True)


compare("sign in", "/api/v1/auth/login", 401, {"password": "not the passphrase"})
compare("forgot", "/api/v1/auth/forgot", 202, {})
compare("register", "/api/v1/users", 201, {"password": "another passphrase", "name": "Known"})
