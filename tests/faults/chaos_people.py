# SPDX-License-Identifier: MIT
"""The people of chaos.py: what each has been told, and so what must be true of it. One thread at a
time acts for a person. What was sent and not answered is a possibility, until it is looked up."""

import base64
import json
import re

HOST = "chaos.example"
MARK = re.compile(r"\bp(\d+)[ .]")  # everything about person N that is text says pN
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Person:
    def __init__(self, number):
        self.number = number
        self.email = f"p{number}.x@{HOST}"
        self.passwords = [f"a long passphrase, number {number}"]
        self.names = {f"p{number} to begin with"}
        self.id = self.token = self.refresh = self.sid = None
        self.here = False  # None: nobody knows
        # What was sent and not answered may still come true, until it is quiet.
        self.adrift, self.ends_adrift = set(), False
        self.ends = 0  # how often it asked for an end of sessions
        self.ended = False  # something may have ended its session
        self.exchanges = 0  # of the refresh token of this session

    def signed_in(self, body):
        claims = claims_of(body["access_token"])
        new = claims["sid"] != self.sid
        self.token, self.refresh, self.sid = body["access_token"], body.get("refresh_token"), claims["sid"]
        if new:
            self.ended, self.exchanges = self.ends_adrift, 0

    def may_end(self):
        self.ended = self.ends_adrift = True

    def renamed(self, name):
        self.names = {name} | self.adrift

    def may_be_renamed(self, name):
        self.names.add(name)
        self.adrift.add(name)

    def settled(self, name):
        """It is quiet, and that is the name."""
        self.names, self.adrift, self.ends_adrift = {name}, set(), False


class Book:
    """Whose id is whose, and the journal of what was asked."""

    def __init__(self):
        self.people = {}
        self.of_id = {}
        self.entries = []
        self.lies = []

    def person(self, number):
        self.people[number] = Person(number)
        return self.people[number]

    def lie(self, text):
        self.lies.append(text)

    def strangers(self, person, reply):
        """What a reply to that person says of others."""
        text = reply.text + str(reply.headers)
        found = [f"p{n}" for n in MARK.findall(text) if int(n) != person.number]
        return found + [i for i in UUID.findall(text) if self.of_id.get(i, person) is not person]


class Entry:
    """One request; status is 0 when there was no reply, or nobody waited for it."""

    __slots__ = ("request", "kind", "person", "data", "status", "body", "left")

    def __init__(self, request, kind, person, data):
        self.request, self.kind, self.person, self.data = request, kind, person, data
        self.status, self.body, self.left = 0, None, False

    def __str__(self):
        told = "left before its reply" if self.left else f"told {self.status or 'nothing'}"
        return f"{self.request.rid} {self.kind} of p{self.person.number}, {told}"


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
