# SPDX-License-Identifier: MIT
"""The kinds of request that chaos.py makes. Of each: what is sent, what may be answered to who knows
what it has done, and what the person knows afterwards. Whether it is true is for chaos_truth.py."""

from chaos_people import Entry, claims_of
from chaos_wire import Request

# What any request may be told: not now, or not so often.
NOT_NOW = (429, 503)
# Names by which the trigger of chaos.sql lets a statement fail; `again` works after a few tries.
FAILING = ("full", "clash", "late")


class Act:
    """How one kind is asked. ok: the status of success."""

    def __init__(self, ok, make, weight, known=None, doubt=None, lonely=False):
        self.ok, self.make, self.weight = ok, make, weight
        self.known = known  # (person, data, body): it was done
        self.doubt = doubt  # (person, data): it may have been done, now or later
        self.lonely = lonely  # needs no token


def _rename(person, rng, rid):
    name = f"p{person.number} {rng.choice(('plain',) * 16 + ('again', 'slow') + FAILING)} {rid}"
    return "PUT", f"/api/v1/users/{person.id}", {"email": person.email, "name": name}, name


def _register(person, rng, rid):
    name = next(iter(person.names))
    return "POST", "/api/v1/users", {"email": person.email, "password": person.passwords[0], "name": name}, None


def _registered(person, data, body):
    person.id, person.here = body["id"], True


def _login(person, rng, rid):
    password = rng.choice(person.passwords)
    return "POST", "/api/v1/auth/login", {"email": person.email, "password": password}, password


def _logged_in(person, password, body):
    person.passwords = [password]
    person.signed_in(body)


def _refreshed(person, data, body):
    person.exchanges += person.sid == data[1] and person.refresh == data[0]
    person.signed_in(body)


def _maybe_ended(person, data):
    person.may_end()


def _over(person, data, body):
    person.token = person.refresh = None
    person.ended = True


def _password(person, rng, rid):
    new = f"another passphrase {rid}"
    return "POST", "/api/v1/me/password", {"current_password": person.passwords[0], "password": new}, new


def _password_known(person, new, body):
    person.passwords = [new]
    _over(person, new, body)


def _password_doubt(person, new):
    person.passwords.append(new)
    person.may_end()


def _deleted(person, data, body):
    person.here = False


def _maybe_deleted(person, data):
    person.here = None


def _plain(method, path):
    return lambda person, rng, rid: (method, path.replace("{id}", str(person.id)), None, None)


ACTS = {
    "get": Act(200, _plain("GET", "/api/v1/users/{id}"), 30),
    "me": Act(200, _plain("GET", "/api/v1/me"), 10),
    "check": Act(204, _plain("GET", "/api/v1/auth/check"), 4),
    "sessions": Act(200, _plain("GET", "/api/v1/me/sessions"), 6),
    "put": Act(200, _rename, 40, lambda p, name, body: p.renamed(name), lambda p, name: p.may_be_renamed(name)),
    "login": Act(200, _login, 4, _logged_in, lonely=True),
    "refresh": Act(
        200,
        lambda p, rng, rid: ("POST", "/api/v1/auth/refresh", {"refresh_token": p.refresh}, (p.refresh, p.sid)),
        10,
        _refreshed,
        _maybe_ended,
        lonely=True,
    ),
    "logout": Act(
        204,
        lambda p, rng, rid: ("POST", "/api/v1/auth/logout", {"refresh_token": p.refresh}, p.sid),
        2,
        _over,
        _maybe_ended,
        lonely=True,
    ),
    "end_others": Act(204, _plain("DELETE", "/api/v1/me/sessions"), 4, None, _maybe_ended),
    "forgot": Act(
        202, lambda p, rng, rid: ("POST", "/api/v1/auth/forgot", {"email": p.email}, None), 3, lonely=True
    ),
    "verification": Act(202, _plain("POST", "/api/v1/me/verification"), 3),
    "email_ask": Act(
        202,
        lambda p, rng, rid: (
            "POST",
            "/api/v1/me/email",
            {"email": f"p{p.number}.{rid}@chaos.example", "password": p.passwords[0]},
            f"p{p.number}.{rid}@chaos.example",
        ),
        2,
    ),
    "email_cancel": Act(204, _plain("DELETE", "/api/v1/me/email"), 8),
    "password": Act(204, _password, 1, _password_known, _password_doubt),
}
# Of people who come and go.
REGISTER = Act(201, _register, 0, _registered, _maybe_deleted, lonely=True)
DELETE = Act(204, _plain("DELETE", "/api/v1/users/{id}"), 0, _deleted, _maybe_deleted)
ALL = dict(ACTS, register=REGISTER, delete=DELETE)
WRITES_THAT_WAIT = ("email_cancel", "refresh", "end_others", "verification")


def draw(rng, person, kinds=None):
    """A kind that this person can do now. The same number of draws, whoever it is."""
    kinds = kinds or list(ACTS)
    kind = rng.choices(kinds, [ACTS[k].weight for k in kinds])[0]
    if kind in ("refresh", "logout") and person.refresh is None:
        return "login"
    if kind != "login" and person.token is None and not ACTS[kind].lonely:
        return "login"
    return kind


def prepare(book, kind, person, rng, rid):
    method, path, body, data = ALL[kind].make(person, rng, rid)
    token = None if ALL[kind].lonely else person.token
    person.ends += kind in ("logout", "end_others", "password", "delete", "refresh")
    entry = Entry(Request(rid, method, path, body, token), kind, person, data)
    book.entries.append(entry)
    return entry


def leave(entry):
    """Nobody waits for what becomes of it."""
    entry.left = True
    unsure(entry)


def unsure(entry):
    if ALL[entry.kind].doubt:
        ALL[entry.kind].doubt(entry.person, entry.data)


def allowed(entry, reply):
    """Whether that can be the answer to who knows only what was told."""
    person, act = entry.person, ALL[entry.kind]
    if reply.status == act.ok:
        return not (entry.kind == "put" and entry.data.split()[1] in FAILING)
    if reply.status in NOT_NOW:
        return True
    if reply.status == 401:
        return person.ended or (entry.kind == "login" and len(person.passwords) > 1)
    if reply.status == 403:
        return entry.kind in ("password", "email_ask") and len(person.passwords) > 1
    if reply.status == 404:
        return person.here is None
    if reply.status == 409:
        return entry.kind == "register" and person.here is None
    return False


def told(book, entry, reply):
    """What the person learns; what cannot be true is a lie."""
    person, act = entry.person, ALL[entry.kind]
    entry.status, entry.body = reply.status, reply.body
    strangers = book.strangers(person, reply)
    if strangers:
        book.lie(f"{entry}: speaks of {' '.join(strangers)}")
    if reply.names(entry.request.rid) is False:
        book.lie(f"{entry}: is the reply to another request: {reply.text[:200]}")
    if not allowed(entry, reply):
        book.lie(f"{entry}: {reply.text[:200]}")
    if reply.status == act.ok:
        try:
            _check_body(book, entry, reply)
            if act.known:
                act.known(person, entry.data, reply.body)
        except (KeyError, TypeError, ValueError, IndexError) as e:
            book.lie(f"{entry}: {e!r} in {reply.text[:200]}")
        if entry.kind == "register":
            book.of_id[person.id] = person
    elif reply.status == 503:
        unsure(entry)
    elif reply.status == 401:
        person.token = person.refresh = None


def _check_body(book, entry, reply):
    person, body = entry.person, reply.body
    wrong = None
    if entry.kind == "get":
        wrong = body["id"] != person.id or body["email"] != person.email or body["name"] not in person.names
    elif entry.kind == "me":
        wrong = person.id not in (body.get("id"), body.get("user_id")) or body["name"] not in person.names
    elif entry.kind == "put":
        wrong = body["id"] != person.id or body["name"] != entry.data
    elif entry.kind == "check":
        wrong = reply.headers.get("x-auth-user", person.id) != person.id
    elif entry.kind == "sessions":
        wrong = not person.ended and person.sid not in [s["id"] for s in body]
    elif entry.kind == "refresh":
        claims = claims_of(body["access_token"])
        wrong = claims["sub"] != person.id or claims["sid"] != entry.data[1]
    elif entry.kind == "login":
        wrong = claims_of(body["access_token"])["sub"] != person.id
    if wrong:
        book.lie(f"{entry}: {reply.text[:300]}, known are {person.id} and {sorted(person.names)[:4]}")
