# SPDX-License-Identifier: MIT
"""Holds what people were told against the database, when it is quiet. A change is noted in the audit
log, with the id of its request, in the transaction that makes it: what was told 2xx has its note and
its rows, what was refused has neither, and what nobody knows has both or neither."""

from chaos_acts import ALL
from chaos_people import HOST

NOTES = {
    "put": "user.update",
    "register": "user.register",
    "login": "session.begin",
    "delete": "user.delete",
    "password": "password.change",
    "email_ask": "email.change-ask",
}


class Truth:
    """The database as it is now, as far as these people are in it."""

    def __init__(self, sql, since):
        self.notes = {}
        for rid, action, session in sql.rows(
            f"select request_id, action, coalesce(session::text, '') from audit where at >= '{since}'"
        ):
            self.notes.setdefault((rid, action), []).append(session)
        self.users = {
            row[0]: row[1:] for row in sql.rows(f"select id, email, name from users where email like '%@{HOST}'")
        }
        self.emails = {email for email, _ in self.users.values()}
        self.sessions = {row[0]: (row[1], int(row[2])) for row in sql.rows("select id, user_id, counter from sessions")}
        self.proofs = {
            row[0]: row[1:]
            for row in sql.rows(f"select id, coalesce(user_id::text, ''), kind from proofs where created_at >= '{since}'")
        }
        self.mails, self.mailed = set(), set()
        for recipient, proof in sql.rows(
            f"select recipient, coalesce(proof_id::text, '') from outbox where created_at >= '{since}'"
        ):
            self.mails.add(proof)
            self.mailed.add(recipient)
        self.changes = {
            row[0]: row[1] for row in sql.rows("select user_id, new_email from email_changes where done_at is null")
        }

    def noted(self, entry):
        return self.notes.get((entry.request.rid, NOTES.get(entry.kind)), [])


def proof_made(truth, body, name, person):
    """Whether the proof that the reply names is there, is that person's, and its mail was queued."""
    proof = body[name]
    return truth.proofs.get(proof, [""])[0] == person.id and proof in truth.mails


def _kept(truth, entry):
    """Why what was told 2xx is not there; None: it is."""
    person, body, kind = entry.person, entry.body, entry.kind
    if kind in NOTES and not truth.noted(entry):
        return "was not committed"
    if kind == "register":
        if person.here and truth.users.get(person.id, [None])[0] != person.email:
            return "the user is not there"
        if person.email not in truth.mailed:
            return "its mail was not queued"
    elif kind == "logout" and entry.data in truth.sessions:
        return "the session is still there"
    elif kind == "delete" and person.id in truth.users:
        return "the user is still there"
    elif kind in ("forgot", "verification") and not body.get("verified"):
        return None if proof_made(truth, body, "id", person) else "the proof or its mail is not there"
    elif kind == "email_ask":
        both = proof_made(truth, body, "old_id", person) and proof_made(truth, body, "new_id", person)
        return None if both else "the proofs or their mails are not there"
    return None


def _not_half(truth, entry):
    """Why what nobody knows is half there; None: it is whole, or not there."""
    person, done = entry.person, bool(truth.noted(entry))
    if entry.kind == "register":
        there = [person.email in truth.emails, person.email in truth.mailed]
        if person.here is not False and there != [done, done]:
            return f"noted: {done}, user and mail: {there}"
    elif entry.kind == "login" and done and entry.status == 0 and person.here:
        # Sessions that were begun and never ended by anybody stay.
        if not person.ends and not any(s in truth.sessions for s in truth.noted(entry)):
            return "the session is noted, and not there"
    elif entry.kind == "email_ask" and done and entry.data not in truth.mailed:
        return "the change is noted, and its mail was not queued"
    return None


def judge(book, truth):
    """Each entry, then each person. Puts down what is now known, and how often what was told."""
    for entry in book.entries:
        why = None
        if entry.status == ALL[entry.kind].ok:
            why = _kept(truth, entry)
        elif 400 <= entry.status < 500 and truth.noted(entry):
            why = "was committed"
        if why is None and entry.status // 100 != 4:
            why = _not_half(truth, entry)
        if why:
            book.lie(f"{entry}: {why}")
    for person in list(book.people.values()):
        if person.id is not None:
            _judge_person(book, truth, person)


def _judge_person(book, truth, person):
    row = truth.users.get(person.id)
    who = f"p{person.number} ({person.id})"
    if row is None:
        if person.here is True:
            book.lie(f"{who}: has gone, and nobody deleted it")
        person.here = False
        left = [s for s, (owner, _) in truth.sessions.items() if owner == person.id]
        if left:
            book.lie(f"{who}: has gone, and sessions are left of it")
        return
    email, name = row
    if person.here is False:
        book.lie(f"{who}: is there, and was deleted")
    if name not in person.names:
        book.lie(f"{who}: is named {name!r}, and could be {sorted(person.names)[:5]}")
    if email != person.email:
        book.lie(f"{who}: has the address {email}")
    session = truth.sessions.get(person.sid)
    if person.token and not person.ended:
        if session is None:
            book.lie(f"{who}: its session {person.sid} is not there")
        elif session[0] != person.id or session[1] < person.exchanges:
            book.lie(f"{who}: its session is of {session[0]} with {session[1]} of {person.exchanges} exchanges")
    person.here = True
    person.settled(name)
