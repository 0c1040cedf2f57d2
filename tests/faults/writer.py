#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes one thing after another and remembers which were acknowledged.

    writer.py put PORT SECONDS THREADS    each thread renames users of its own: n1, n2, ...; the ids
                                          are those of `people` in tests/faults/common
    writer.py create PORT SECONDS THREADS TAG    each thread registers TAG-THREAD-N@x.example
    writer.py get PORT SECONDS THREADS    the same, reading them
    writer.py check LOG < "ID NAME" lines: prints how many acknowledged renames are missing, how
                                          many names nobody sent, how many were acknowledged
    writer.py gap LOG FROM_MS             milliseconds from FROM_MS to the first success after it
    writer.py away LOG                    the longest time without a success, in milliseconds

Prints "START_MS END_MS STATUS KEY SEQUENCE" for each request; status 0 is no reply. A bearer token
is taken from $TOKEN. Ends early on SIGTERM.
"""

import http.client
import json
import os
import signal
import sys
import threading
import time

EACH = 4  # users a thread takes turns with
stopping = threading.Event()
out = threading.Lock()


def now():
    return int(time.time() * 1000)


def send(port, kept, method, path, body):
    """Status of one request over a kept connection, never sent twice; 0: no reply."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["TOKEN"]}
    try:
        if kept[0] is None:
            kept[0] = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        kept[0].request(method, path, body and json.dumps(body), headers)
        reply = kept[0].getresponse()
        reply.read()
        return reply.status
    except (OSError, http.client.HTTPException):
        if kept[0] is not None:
            kept[0].close()
        kept[0] = None
        return 0


def person(n):
    return "00000000-0000-7000-8000-%012x" % n


def run(port, seconds, requests):
    end = time.monotonic() + seconds
    kept = [None]
    for key, sequence, method, path, body in requests:
        if stopping.is_set() or time.monotonic() > end:
            return
        start = now()
        status = send(port, kept, method, path, body)
        with out:
            print(start, now(), status, key, sequence, flush=True)
        if status // 100 != 2:
            time.sleep(0.01)


def renames(thread):
    n = 0
    while True:
        n += 1
        who = thread * EACH + n % EACH + 1
        body = {"email": "%d@x.example" % who, "name": "n%d" % n}
        yield person(who), n, "PUT", "/api/v1/users/" + person(who), body


def reads(thread):
    n = 0
    while True:
        n += 1
        time.sleep(0.002)
        yield "r", n, "GET", "/api/v1/users/" + person(thread * EACH + n % EACH + 1), None


def registrations(thread, tag):
    n = 0
    while True:
        n += 1
        email = "%s-%d-%d@x.example" % (tag, thread, n)
        body = {"email": email, "name": "n%d" % n, "password": "a long passphrase"}
        yield email, n, "POST", "/api/v1/users", body


def start(port, seconds, count, make):
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    threads = [threading.Thread(target=run, args=(port, seconds, make(i))) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def check(log):
    acked, sent = {}, {}
    count = 0
    with open(log, encoding="ascii") as lines:
        for line in lines:
            _, _, status, key, sequence = line.split()
            sent[key] = int(sequence)
            if status == "200":
                acked[key] = int(sequence)
                count += 1
    missing = strange = 0
    for line in sys.stdin:
        key, name = line.split()
        stored = int(name[1:]) if name[0] == "n" else 0
        missing += stored < acked.get(key, 0)
        strange += stored > sent.get(key, 0)
    print(missing, strange, count)


def gap(log, since):
    with open(log, encoding="ascii") as lines:
        ends = [int(e) for s, e, status, *_ in map(str.split, lines) if int(e) > since and status[0] == "2"]
    print(min(ends) - since if ends else 999999)


def away(log):
    with open(log, encoding="ascii") as lines:
        ends = sorted(int(e) for s, e, status, *_ in map(str.split, lines) if status[0] == "2")
    print(max((b - a for a, b in zip(ends, ends[1:])), default=999999))


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "put":
        start(int(rest[0]), float(rest[1]), int(rest[2]), renames)
    elif what == "get":
        start(int(rest[0]), float(rest[1]), int(rest[2]), reads)
    elif what == "create":
        start(int(rest[0]), float(rest[1]), int(rest[2]), lambda t: registrations(t, rest[3]))
    elif what == "check":
        check(rest[0])
    elif what == "gap":
        gap(rest[0], int(rest[1]))
    elif what == "away":
        away(rest[0])
