# SPDX-License-Identifier: MIT
"""Meetings that chance seldom makes: one worker is stopped until several things have come together,
and finds all of them in one turn of its loop: an answer of the database, clients who have gone, a
deadline that has passed, new clients, a connection that was ended."""

import time

from chaos_acts import REGISTER, WRITES_THAT_WAIT, leave, prepare, told, unsure
from chaos_stack import disturb
from chaos_wire import POOL_S, Fcgi, Gone, Hung, Request
# Of a round's quiet part, in this order.
KINDS = ("lanes", "sharing", "descriptors", "lanes", "sharing", "lanes")
WAITING = "select count(*) from pg_stat_activity where application_name = 'postern' and wait_event_type = 'Lock'"


class Peer:
    """A connection to the one worker, and what is asked on it."""

    def __init__(self, meeting, connection):
        self.meeting, self.connection, self.entry, self.until = meeting, connection, None, 0.0

    def send(self, entry):
        self.entry, self.until = entry, time.monotonic() + POOL_S
        try:
            self.connection.send(entry.request)
        except Gone:
            pass

    def go(self):
        if self.entry is not None:
            leave(self.entry)
        self.connection.close()

    def hear(self):
        """Takes the reply. The worker may be killed by others meanwhile; it may not be silent."""
        try:
            told(self.meeting.book, self.entry, self.connection.receive(max(self.until - time.monotonic(), 0.1)))
        except Gone:
            unsure(self.entry)
        except Hung:
            self.meeting.book.lie(f"{self.entry}: no reply, and the connection is open")
            unsure(self.entry)
        self.connection.close()


class Meetings:
    def __init__(self, world, numbers):
        self.book, self.pool, self.world = world.book, world.pool, world
        self.people = [self.book.person(n) for n in numbers]
        self.sql, self.holder = world.sql(), world.sql()
        self.serial, self.rng = 0, None

    def close(self):
        self.sql.close()
        self.holder.close()

    # --- one worker -----------------------------------------------------------------------------

    def pick(self, rng):
        """A worker, and the others."""
        workers = self.pool.workers()
        one = rng.choice(workers) if workers else 0
        return one, [w for w in workers if w != one]

    def peers(self, worker, others, count):
        """Connections that this worker has taken: the others are stopped while they are made."""
        for pid in others:
            self.pool.stop(pid)
        try:
            made = []
            for _ in range(count):
                connection = Fcgi(self.world.socket, "10.9.9.9")
                made.append(Peer(self, connection))
                connection.send(Request("a-greeting", "GET", "/nope"))
                connection.receive(5)
            return made
        except (Gone, Hung):
            return []
        finally:
            for pid in others:
                self.pool.go_on(pid)

    def ready(self, tag):
        """Everybody is signed in, with a session that is surely there."""
        for person in self.people:
            for _ in range(5):
                if person.token is not None and not person.ended:
                    break
                kind = "register" if person.id is None else "login"
                self.ask(person, kind, tag)

    def rid(self, tag):
        self.serial += 1
        return f"{tag}.{self.serial:04d}"

    def ask(self, person, kind, tag):
        entry = prepare(self.book, kind, person, self.rng, self.rid(tag))
        try:
            connection = Fcgi(self.world.socket, "10.9.9.8")
            peer = Peer(self, connection)
            peer.send(entry)
            peer.hear()
        except Gone:
            unsure(entry)

    # --- the meetings ---------------------------------------------------------------------------

    def meet(self, rng, tag, kind=None):
        """One of them, by the seed's choice if need be. Nobody else stops workers meanwhile."""
        self.rng = rng
        self.ready(tag)
        kind = getattr(self, kind or rng.choice(KINDS))
        with self.pool.turn:
            worker, others = self.pick(rng)
            heard = kind(rng, tag, worker, others) if worker else []
        for peer in heard:
            if peer.entry is not None:
                peer.hear()
            else:
                peer.go()
        return kind.__name__

    def until_waiting(self, count, seconds=0.4):
        """So many statements wait for a row, or it takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and int(self.sql.value(WAITING)) < count:
            time.sleep(0.005)

    def put(self, person, word, tag):
        entry = prepare(self.book, "put", person, self.rng, self.rid(tag))
        entry.data = f"p{person.number} {word} {entry.request.rid}"
        entry.request = Request(
            entry.request.rid, "PUT", entry.request.path, {"email": person.email, "name": entry.data}, person.token
        )
        return entry

    def lanes(self, rng, tag, worker, others):
        """All lanes wait for one row and more wait for a lane; the row is let go, and some of those who
        wait leave (or their time is up) before the worker has seen that lanes are free."""
        waiting = rng.randrange(3, 8)
        peers = self.peers(worker, others, self.world.lanes + waiting)
        people = rng.sample(self.people, 1 + waiting)
        if not peers or any(p.token is None for p in people):
            return peers
        first, rest = people[0], people[1:]
        self.holder.rows(f"begin; select 1 from sessions where id = '{first.sid}' for update")
        holders, queue = peers[: self.world.lanes], peers[self.world.lanes :]
        for peer in holders:
            peer.send(prepare(self.book, "refresh", first, rng, self.rid(tag)))
        self.until_waiting(self.world.lanes)
        for peer, person in zip(queue, rest):
            peer.send(prepare(self.book, rng.choice(WRITES_THAT_WAIT), person, rng, self.rid(tag)))
            time.sleep(0.02)
        # Sometimes their time is up at the same moment.
        late = rng.random() < 0.3
        time.sleep(self.world.acquire_s - 0.3 if late else 0.05)
        self.pool.stop(worker)
        self.holder.rows("commit")
        time.sleep(0.3 if late else 0.1)
        # The first in the queue are those to whom the lanes go next.
        goers = queue[: rng.randrange(1, waiting)] if rng.random() < 0.7 else rng.sample(peers, rng.randrange(1, waiting))
        for peer in goers:
            peer.go()
        self.pool.go_on(worker)
        return [p for p in peers if p not in goers]

    def sharing(self, rng, tag, worker, others):
        """Several changes go out in one transaction, of which some fail; who asked for those leaves, or
        stays; or the connection is ended under them."""
        count = rng.randrange(3, 8)
        peers = self.peers(worker, others, count)
        people = rng.sample(self.people, count)
        if not peers or any(p.token is None for p in people):
            return peers
        bad = rng.sample(range(count), rng.choice((0, 1, 1, 1, 2)))
        word = rng.choice(("full", "full", "clash", "again", "late"))
        self.pool.stop(worker)
        for i, (peer, person) in enumerate(zip(peers, people)):
            peer.send(self.put(person, word if i in bad else "slow", tag))
        self.pool.go_on(worker)
        time.sleep(rng.choice((0.05, 0.1, 0.15)))
        goers = {i for i in bad if rng.random() < 0.75} | {i for i in range(count) if rng.random() < 0.1}
        for i in goers:
            peers[i].go()
        if rng.random() < 0.3:
            self.sql.rows(disturb(rng.choice(("terminate", "cancel"))))
        return [p for i, p in enumerate(peers) if i not in goers]

    def descriptors(self, rng, tag, worker, others):
        """Clients go with their requests unanswered, and others come, before the worker has seen either;
        more go and come while it is at it."""
        count, hasty = rng.randrange(4, 12), rng.randrange(8, 24)
        peers = self.peers(worker, others, count + hasty)
        people = rng.sample(self.people, count)
        if not peers or any(p.token is None for p in people):
            return peers
        for pid in (worker, *others):
            self.pool.stop(pid)
        for peer in peers[count:]:
            peer.connection.send(Request(self.rid(tag), "GET", "/api/v1/openapi.json"))
        for peer, person in zip(peers, people):
            if rng.random() < 0.5:
                peer.connection.send(Request(self.rid(tag), "GET", "/nope"))
            else:
                peer.send(prepare(self.book, "get", person, rng, self.rid(tag)))
            peer.go()
        come = [Peer(self, Fcgi(self.world.socket, "10.9.9.7")) for _ in people]
        for peer, person in zip(come, people):
            peer.send(prepare(self.book, rng.choice(("get", "me", "check")), person, rng, self.rid(tag)))
        self.pool.go_on(worker)
        for i, peer in enumerate(peers[count:]):
            peer.go()
            if i % 2 == 0:
                come.append(Peer(self, Fcgi(self.world.socket, "10.9.9.7")))
                come[-1].send(prepare(self.book, "get", people[i % count], rng, self.rid(tag)))
        time.sleep(0.15)
        for pid in others:
            self.pool.go_on(pid)
        return come
