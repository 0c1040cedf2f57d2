#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Registers the people of people.jsonl.gz over HTTPS, lists them back page by page along the Link
header, and compares every field to the byte; then some of them sign in.

    roundtrip.py BASE_URL CA_FILE ADMIN_TOKEN [COUNT]
"""

import gzip
import http.client
import json
import re
import ssl
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 8  # more than the keepers can use, fewer than the password queue holds
SIGN_INS_ONE_IN = 50
PAGE = 100


class Client:
    """One kept connection."""

    def __init__(self, base, ca):
        url = urlsplit(base)
        context = ssl.create_default_context(cafile=ca)
        self.http = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=30)

    def call(self, method, path, body=None, token=None):
        headers = {"Accept": "application/json"}
        if body is not None:
            body = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.http.request(method, path, body, headers)
        reply = self.http.getresponse()
        return reply.status, reply.read(), reply.headers


def in_parallel(work, items):
    """Calls work(i, item) for all on CONNECTIONS threads; gives back what went wrong."""
    faults, todo, lock = [], iter(enumerate(items)), threading.Lock()

    def run():
        while True:
            with lock:
                i, item = next(todo, (None, None))
            if item is None:
                return
            try:
                fault = work(i, item)
            except Exception as e:  # one lost connection must not hide what the others find
                fault = f"{item['email']}: {e!r}"
            if fault:
                faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(CONNECTIONS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return faults


class RoundTrip:
    def __init__(self, base, ca, token):
        self.token = token
        self.make_client = lambda: Client(base, ca)
        self.local = threading.local()

    def client(self):
        if not hasattr(self.local, "client"):
            self.local.client = self.make_client()
        return self.local.client

    def register(self, _, p):
        body = {k: p[k] for k in ("email", "password", "name")}
        status, reply, _ = self.client().call("POST", "/api/v1/users", body)
        if status != 201:
            return f"{p['locale']} {p['email']} {p['name']!r}: {status} {reply.decode()}"
        user = json.loads(reply)
        if any(user[k] != p[k] for k in ("email", "name")):
            return f"{p['email']}: came back as {user}"
        p["id"], p["created_at"] = user["id"], user["created_at"]

    def sign_in(self, _, p):
        body = {k: p[k] for k in ("email", "password")}
        status, reply, _ = self.client().call("POST", "/api/v1/auth/login", body)
        if status != 200:
            return f"sign-in of {p['email']}: {status} {reply.decode()}"
        token = json.loads(reply)["access_token"]
        status, reply, _ = self.client().call("GET", "/api/v1/me", token=token)
        me = json.loads(reply)
        if status != 200 or (me["user_id"], me["email"], me["name"]) != (p["id"], p["email"], p["name"]):
            return f"/me of {p['email']}: {status} {reply.decode()}"

    def pages(self):
        path = f"/api/v1/users?limit={PAGE}"
        while path:
            status, reply, headers = self.client().call("GET", path, token=self.token)
            if status != 200:
                raise SystemExit(f"GET {path}: {status} {reply.decode()}")
            yield json.loads(reply.decode("utf-8", "strict"))
            link = re.search(r'<([^>]+)>; *rel="?next"?', headers.get("Link") or "")
            url = urlsplit(link[1]) if link else None
            path = url and url.path + "?" + url.query


def novel_first(people):
    """Whoever brings a character that nobody before had comes first, so that a few have all of them."""
    seen = set()

    def known(p):
        new = set(p["name"] + p["email"]) - seen
        seen.update(new)
        return not new

    return sorted(people, key=known)


def compare(people, listed):
    faults, found = [], {}
    for user in listed:
        if user["id"] in found:
            faults.append(f"{user['id']} is listed twice")
        found[user["id"]] = user
    for p in people:
        user = found.get(p.get("id"))
        if user is None:
            faults.append(f"{p['email']} is not listed")
            continue
        for key in ("email", "name", "created_at"):
            if user[key].encode() != p[key].encode():
                faults.append(f"{p['email']}: {key} is {user[key]!r}, was {p[key]!r}")
    # UUIDv7: the order of ids is the order in which they were made.
    ids = [u["id"] for u in listed]
    if ids != sorted(ids, reverse=True):
        faults.append("the list is not newest first")
    return faults


def main():
    base, ca, token = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 10_000
    with gzip.open(Path(__file__).with_name("people.jsonl.gz"), "rt", encoding="utf-8") as f:
        people = novel_first([json.loads(line) for line in f])[:count]
    trip = RoundTrip(base, ca, token)
    start = time.monotonic()
    faults = in_parallel(trip.register, people)
    took = time.monotonic() - start
    print(f"# {len(people)} people of {len({p['locale'] for p in people})} locales registered in {took:.0f} s")
    if not faults:
        listed = [user for page in trip.pages() for user in page]
        faults = compare(people, listed)
        faults += in_parallel(trip.sign_in, people[::SIGN_INS_ONE_IN])
    for fault in faults[:20]:
        print(f"# {fault}")
    if faults:
        raise SystemExit(f"{len(faults)} faults")


if __name__ == "__main__":
    main()
