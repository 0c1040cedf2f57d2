# SPDX-License-Identifier: MIT
"""How each operation is asked for, so that it works, as often as one likes; and a few requests that
are to be refused for what they are, whatever is missing."""

import base64
import hashlib
import hmac
import json
import time
import uuid

API = "/api/v1"


def blake2b(data, key=b""):
    return hashlib.blake2b(data, key=key, digest_size=32).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Case:
    """again: what the same may be answered with once it has failed; after: once it has worked; lost:
    once it has worked and the worker has not heard of it, so that what it revokes waits for the feed.
    whole: SQL that tells whether it was done entirely or not at all. lines: how many, of a reply that may be
    cut off, but never without being seen to be."""

    def __init__(
        self, method, path, body=None, token=None, ok=200, again=None, after=None, lost=(), whole=None, headers=(), lines=None
    ):
        self.method, self.path, self.body, self.token, self.ok = method, path, body, token, ok
        self.headers, self.whole, self.lines = headers, whole, lines
        self.after = after or (ok,)
        self.again = again or (ok, *self.after)
        self.lost = lost


class Person:
    def __init__(self, user, email):
        self.id, self.email = user, email
        self.access = self.refresh = self.session = None


class World:
    def __init__(self, web, db, settings):
        self.web, self.db = web, db
        self.password = settings["password"]
        with open(settings["secret"], "rb") as file:
            self.key = file.read().rstrip(b"\r\n")
        with open(settings["key"], "rb") as file:
            self.secret = blake2b(b"postern secret_key\0" + file.read().rstrip(b"\r\n"))
        self.owner = settings["email"]
        self.shared = settings["algorithm"] == "HS256"
        self.n = 0

    def prepare(self):
        self.hash = self.db.ask(f"select password from users where email = '{self.owner}'")
        self.admin = Person(self.db.ask(f"select id from users where email = '{self.owner}'"), self.owner)
        self.sign_in_truly(self.admin)
        self.until_ready()

    def number(self):
        self.n += 1
        return self.n

    def me(self):
        return Case("GET", API + "/me", token=self.admin.access)

    def ready(self):
        return self.web.send(self.me()).status == 200

    def until_ready(self):
        end = time.monotonic() + 10
        while not self.ready():
            if time.monotonic() > end:
                raise SystemExit("the pool does not come back")
            time.sleep(0.01)

    def guesses(self):
        return int(self.db.ask("select coalesce(sum(failures), 0) from attempts where kind <> 'mail'"))

    def person(self, verified=True):
        p = Person(str(uuid.uuid4()), f"p{self.number()}@x.example")
        self.db.ask(
            "insert into users (id, email, email_key, name, password, verified_at) values "
            f"('{p.id}', '{p.email}', '{p.email}', 'x', '{self.hash}', {'now()' if verified else 'null'})"
        )
        return p

    def sign_in(self, p):
        """A session of p, and its tokens, which cost no hash here."""
        if not self.shared:
            return self.sign_in_truly(p)
        p.session = str(uuid.uuid4())
        self.db.ask(
            "insert into sessions (id, user_id, idle_until, ends_at, cookie, address, user_agent) values "
            f"('{p.session}', '{p.id}', now() + interval '1 hour', now() + interval '1 hour', false, '', '')"
        )
        p.refresh = self.opaque("refresh", uuid.UUID(p.session))
        claims = {"sub": p.id, "email": p.email, "jti": str(uuid.uuid4()), "sid": p.session, "role": "user"}
        p.access = self.token({**self.claims, **claims})
        return p

    def sign_in_truly(self, p):
        body = {"email": p.email, "password": self.password}
        reply = self.web.send(Case("POST", API + "/auth/login", body)).json()
        p.access, p.refresh = reply["access_token"], reply["refresh_token"]
        claims = p.access.split(".")[1]
        self.claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        p.session = self.claims["sid"]
        return p

    def somebody(self):
        return self.sign_in(self.person())

    def token(self, claims):
        head = {"alg": "HS256", "typ": "JWT"}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
        return text + "." + base64url(hmac.digest(self.key, text.encode(), "sha256"))

    def opaque(self, purpose, what):
        """A keeper makes these: see cred/opaque.h."""
        message = b"\1" + what.bytes + bytes(4)
        return base64url(message + blake2b(message, blake2b(purpose.encode(), self.secret)))

    def proof(self, kind, user, change=None):
        """A proof of the database, and the token of its link."""
        proof = uuid.uuid4()
        change = f"'{change}'" if change else "null"
        self.db.ask(
            "insert into proofs (id, kind, user_id, email_change_id, code_until, link_until) values "
            f"('{proof}', '{kind}', '{user}', {change}, now() + interval '1 hour', now() + interval '1 hour')"
        )
        return str(proof), self.opaque(f"link:{kind}", proof)

    def change(self, p, done):
        """That p is to have, or has by now, another address."""
        change, new = str(uuid.uuid4()), f"new{self.number()}@x.example"
        self.db.ask(
            "insert into email_changes (id, user_id, old_email, old_email_key, new_email, new_email_key, "
            "expires_at, old_confirmed_at, new_confirmed_at, done_at) values "
            f"('{change}', '{p.id}', '{p.email}', '{p.email}', '{new}', '{new}', now() + interval '1 hour', "
            f"now(), {'now(), now()' if done else 'null, null'})"
        )
        if done:
            self.db.ask(f"update users set email = '{new}', email_key = '{new}' where id = '{p.id}'")
        return change, new


CASES = []


class Entry:
    def __init__(self, make, name, handler, keeper, trusting):
        self.make, self.name, self.handler, self.keeper, self.trusting = make, name, handler, keeper, trusting


def case(operation=True, keeper=False, trusting=False):
    """Takes a function; named like a handler it is about that operation, unless operation is False."""

    def take(make):
        name = make.__name__.replace("_", " ") if not operation else make.__name__
        CASES.append(Entry(make, name, make.__name__ if operation else None, keeper, trusting))
        return make

    return take


@case(keeper=True, trusting=True)
def user_create(w):
    email = f"new{w.number()}@bücher.example"
    body = {"email": email, "name": "Zoë", "password": "a löng passphrase"}
    count = f"select count(*) from users where email = '{email}'"
    mails = f"select count(*) from outbox where recipient = '{email}'"
    return Case("POST", API + "/users", body, ok=201, after=(409,), whole=f"select ({count}) = 1 and ({mails}) = 1")


@case()
def user_list(w):
    return Case("GET", API + "/users?limit=5", token=w.admin.access)


@case(trusting=True)
def user_get(w):
    return Case("GET", f"{API}/users/{w.admin.id}", token=w.admin.access)


@case()
def user_put(w):
    p = w.somebody()
    name = f"Name {w.number()}"
    return Case("PUT", f"{API}/users/{p.id}", {"email": p.email, "name": name}, p.access)


@case()
def user_remove(w):
    p = w.somebody()
    left = f"(select count(*) from users where id = '{p.id}') + (select count(*) from sessions where user_id = '{p.id}')"
    return Case("DELETE", f"{API}/users/{p.id}", token=w.admin.access, ok=204, after=(404,), whole=f"select {left} = 0")


@case()
def user_patch(w):
    p = w.somebody()
    whole = (
        f"select disabled_at is not null and not exists (select from sessions where user_id = '{p.id}') "
        f"and exists (select from audit where subject = '{p.id}' and action like 'user.%') from users where id = '{p.id}'"
    )
    return Case("PATCH", f"{API}/users/{p.id}", {"disabled": True}, w.admin.access, whole=whole)


@case()
def user_session_list(w):
    return Case("GET", f"{API}/users/{w.admin.id}/sessions", token=w.admin.access)


@case()
def user_session_remove(w):
    p = w.somebody()
    return Case("DELETE", f"{API}/users/{p.id}/sessions/{p.session}", token=w.admin.access, ok=204, after=(404,))


@case()
def user_session_remove_all(w):
    p = w.somebody()
    return Case("DELETE", f"{API}/users/{p.id}/sessions", token=w.admin.access, ok=204)


@case(keeper=True)
def auth_login(w):
    p = w.person()
    return Case("POST", API + "/auth/login", {"email": p.email, "password": w.password})


@case(keeper=True)
def auth_refresh(w):
    p = w.somebody()
    # Its session is to live on, and to be told the same token again for a while.
    whole = f"select count(*) = 1 from sessions where id = '{p.session}'"
    return Case("POST", API + "/auth/refresh", {"refresh_token": p.refresh}, whole=whole)


@case(keeper=True)
def auth_logout(w):
    p = w.somebody()
    whole = (
        f"select not exists (select from sessions where id = '{p.session}') "
        f"and exists (select from events where subject = '{p.session}')"
    )
    return Case("POST", API + "/auth/logout", {"refresh_token": p.refresh}, ok=204, whole=whole)


@case(operation=False)
def auth_logout_by_access_token(w):
    p = w.somebody()
    whole = f"select not exists (select from sessions where id = '{p.session}')"
    return Case("POST", API + "/auth/logout", {}, p.access, ok=204, whole=whole)


def mailed(user, kind, least):
    """As many mails as proofs, at least so many."""
    proofs = f"select count(*) from proofs where kind = '{kind}' and user_id = '{user}'"
    mails = (
        "select count(*) from outbox join proofs on proofs.id = outbox.proof_id "
        f"where kind = '{kind}' and user_id = '{user}'"
    )
    return f"select ({proofs}) = ({mails}) and ({proofs}) >= {least}"


@case(keeper=True)
def auth_forgot(w):
    p = w.person()
    return Case("POST", API + "/auth/forgot", {"email": p.email}, ok=202, whole=mailed(p.id, "reset", 1))


@case(keeper=True)
def auth_unlock(w):
    p = w.person()
    return Case("POST", API + "/auth/unlock", {"email": p.email}, ok=202, whole=mailed(p.id, "unlock", 1))


@case(keeper=True)
def auth_reset(w):
    p = w.somebody()
    proof, token = w.proof("reset", p.id)
    whole = (
        f"select password <> '{w.hash}' and not exists (select from sessions where user_id = '{p.id}') and "
        f"(select used_at is not null from proofs where id = '{proof}') from users where id = '{p.id}'"
    )
    body = {"token": token, "password": "another löng passphrase"}
    return Case("POST", API + "/auth/reset", body, ok=204, after=(410,), whole=whole)


@case(keeper=True)
def auth_verify(w):
    p = w.person(verified=False)
    proof, token = w.proof("verify", p.id)
    whole = (
        f"select verified_at is not null and (select used_at is not null from proofs where id = '{proof}') "
        f"from users where id = '{p.id}'"
    )
    return Case("POST", API + "/auth/verify", {"token": token, "password": w.password}, ok=204, after=(410,), whole=whole)


@case(keeper=True)
def auth_email_confirm(w):
    p = w.person()
    change, new = w.change(p, False)
    _, token = w.proof("email_new", p.id, change)
    whole = (
        f"select email = '{new}' and (select done_at is not null from email_changes where id = '{change}') and "
        f"(select count(*) = 2 from outbox where recipient in ('{p.email}', '{new}')) from users where id = '{p.id}'"
    )
    return Case("POST", API + "/auth/email/confirm", {"token": token, "password": w.password}, after=(410,), whole=whole)


@case(keeper=True)
def auth_email_undo(w):
    p = w.person()
    change, _ = w.change(p, True)
    proof, token = w.proof("email_undo", p.id, change)
    whole = (
        f"select email = '{p.email}' and (select used_at is not null from proofs where id = '{proof}') "
        f"from users where id = '{p.id}'"
    )
    return Case("POST", API + "/auth/email/undo", {"token": token}, ok=204, after=(410,), whole=whole)


@case()
def auth_check(w):
    return Case("GET", API + "/auth/check", token=w.admin.access, ok=204)


@case()
def me_get(w):
    # Nobody has judged this token before.
    return Case("GET", API + "/me", token=w.somebody().access)


@case(keeper=True)
def me_reauth(w):
    p = w.somebody()
    whole = f"select count(*) = 1 from audit where subject = '{p.id}' and action = 'session.prove'"
    return Case("POST", API + "/me/reauth", {"password": w.password}, p.access, whole=whole)


@case(keeper=True)
def me_password(w):
    p = w.somebody()
    body = {"current_password": w.password, "password": "another löng passphrase"}
    whole = (
        f"select password <> '{w.hash}' and exists (select from audit where subject = '{p.id}' "
        f"and action = 'password.change') from users where id = '{p.id}'"
    )
    return Case("POST", API + "/me/password", body, p.access, ok=204, after=(401,), lost=(403,), whole=whole)


@case()
def me_verification(w):
    p = w.sign_in(w.person(verified=False))
    return Case("POST", API + "/me/verification", token=p.access, ok=202, whole=mailed(p.id, "verify", 1))


@case(keeper=True)
def me_email_ask(w):
    p = w.somebody()
    body = {"email": f"new{w.number()}@x.example", "password": w.password}
    whole = f"select count(*) = 1 from email_changes where user_id = '{p.id}'"
    return Case("POST", API + "/me/email", body, p.access, ok=202, whole=whole)


@case()
def me_email_cancel(w):
    p = w.somebody()
    w.change(p, False)
    whole = f"select count(*) = 0 from email_changes where user_id = '{p.id}'"
    return Case("DELETE", API + "/me/email", token=p.access, ok=204, whole=whole)


@case()
def me_session_list(w):
    return Case("GET", API + "/me/sessions", token=w.admin.access)


@case()
def me_session_remove(w):
    p = w.somebody()
    first, access = p.session, p.access
    w.sign_in(p)
    del access
    return Case("DELETE", f"{API}/me/sessions/{first}", token=p.access, ok=204, after=(404,))


@case()
def me_session_remove_others(w):
    p = w.somebody()
    w.sign_in(p)
    whole = f"select count(*) = 1 from sessions where user_id = '{p.id}'"
    return Case("DELETE", API + "/me/sessions", token=p.access, ok=204, whole=whole)


@case()
def audit_list(w):
    return Case("GET", API + "/audit?limit=5", token=w.admin.access)


@case()
def audit_export(w):
    # More than a page: what fails behind the first is cut off.
    w.db.ask(
        f"insert into audit (id, action, subject, address, request_id, detail) select gen_random_uuid(), 'test.note', "
        f"'{w.admin.id}', '', '', '' from generate_series(1, 120) where not exists (select from audit where action = 'test.note')"
    )
    return Case("GET", API + "/audit/export?action=test.note", token=w.admin.access, lines=120)


@case()
def jwks_get(_):
    return Case("GET", "/.well-known/jwks.json")


@case()
def health_ready(_):
    return Case("GET", API + "/health/ready")


@case()
def openapi_get(_):
    return Case("GET", API + "/openapi.json")


# --- what is to be refused for what it is ----------------------------------------------------------


@case(operation=False)
def a_token_that_is_not_ours(w):
    head, claims, signature = w.admin.access.split(".")
    forged = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    return Case("GET", API + "/me", token=".".join((head, claims, forged)), ok=401)


@case(operation=False, keeper=True)
def a_wrong_password(w):
    return Case("POST", API + "/auth/login", {"email": w.person().email, "password": "not this one"}, ok=401)


@case(operation=False)
def JSON_that_is_not(_):
    return Case("POST", API + "/users", b'{"email": "a@x.example", "name": {"a": [1, 2', ok=400)


@case(operation=False)
def many_faults(_):
    return Case("POST", API + "/users", {"email": "no", "name": "", "passwort": "x", "a/b": 1}, ok=400)


@case(operation=False)
def a_password_that_is_guessed(w):
    body = {"email": f"weak{w.number()}@x.example", "name": "x", "password": "password1"}
    return Case("POST", API + "/users", body, ok=400)


@case(operation=False)
def a_path_that_is_not(_):
    return Case("GET", API + "/nowhere%20at%20all?a=%C3%A4", ok=404)
