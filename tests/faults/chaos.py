#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Everything that can go wrong, at once: python3 chaos.py SETTING=VALUE...

Rounds of three parts: meetings (chaos_turns.py) while nobody else is there, then a storm of clients,
of clients who leave, and of what is broken under them; then it is quiet, and what everybody was told
is held against the database (chaos_truth.py). Settings: run_dir, tls_port, psql (a command, as the
superuser), seconds, seed, lanes (of a worker), acquire (seconds), stubborn (1: goes on when something
was found). Prints a JSON object of figures; each
lie as a line on stderr.

What each actor does in step N of round R is drawn from (seed, actor, R, N) alone, so that a seed plays
the same plan again; how many steps fit into a round, and what meets what, is the machine's affair.
"""

import collections
import json
import random
import sys
import threading
import time

from chaos_acts import ALL, draw, leave, prepare, told, unsure
from chaos_people import HOST, Book
from chaos_stack import Pool, Sql, disturb, quiet
from chaos_truth import Truth, judge
from chaos_turns import KINDS, Meetings
from chaos_wire import Fcgi, Gone, Hung, Streams, Web, encode

CLIENTS, LEAVERS, RESETTERS, COMERS = 8, 4, 2, 1
STORM_S = 12
# Names decide what the statement that stores them does; see chaos_acts.py.
TRIGGER = """
create sequence if not exists chaos_turns;
create or replace function chaos_fail() returns trigger language plpgsql security definer as $$
begin
  case split_part(new.name, ' ', 2)
  when 'full' then perform pg_sleep(0.3); raise exception 'chaos: full' using errcode = '53100';
  when 'clash' then raise exception 'chaos: clash' using errcode = '40001';
  when 'again' then
    if nextval('chaos_turns') % 2 = 0 then raise exception 'chaos: again' using errcode = '40001'; end if;
  when 'slow' then perform pg_sleep(0.05);
  when 'late' then perform pg_sleep(30);
  else null;
  end case;
  return new;
end $$;
set client_min_messages = warning;
drop trigger if exists chaos on users;
create trigger chaos before update on users for each row execute function chaos_fail()"""


class World:
    """What all of them share."""

    def __init__(self, settings):
        self.run_dir, self.seed = settings["run_dir"], int(settings["seed"])
        self.socket = self.run_dir + "/sock/fcgi.sock"
        self.port, self.psql = int(settings["tls_port"]), settings["psql"]
        self.lanes, self.acquire_s = int(settings["lanes"]), float(settings["acquire"])
        self.book, self.pool = Book(), Pool(self.run_dir)
        self.tally = collections.Counter()
        self.round, self.over = 0, threading.Event()
        self.next_number = 10000
        self.numbers = threading.Lock()

    def sql(self):
        return Sql(self.psql)

    def draw(self, actor, step):
        return random.Random(f"{self.seed}/{actor}/{self.round}/{step}")

    def newcomer(self):
        with self.numbers:
            self.next_number += 1
            return self.book.person(self.next_number)


class Actor(threading.Thread):
    """Takes steps until the storm is over. A thread of its own for each round."""

    def __init__(self, world, name, people=()):
        super().__init__(name=name, daemon=True)
        self.world, self.book, self.people = world, world.book, people
        self.step_number = 0

    def run(self):
        try:
            while not self.world.over.is_set():
                self.step_number += 1
                self.step(self.world.draw(self.name, self.step_number))
        except Exception as e:  # pylint: disable=broad-except
            self.book.lie(f"{self.name}: {e!r}")
            raise
        finally:
            self.end()

    def rid(self):
        return f"c{self.world.seed}.{self.world.round}.{self.name}.{self.step_number:05d}"

    def step(self, rng):
        raise NotImplementedError

    def end(self):
        pass


class Client(Actor):
    """Asks one thing after the other, and listens. Half of them through nginx."""

    def __init__(self, world, name, people, through_nginx):
        super().__init__(world, name, people)
        self.through_nginx, self.connection = through_nginx, None

    def ask(self, entry):
        try:
            if self.connection is None:
                self.connection = Web(self.world.port) if self.through_nginx else Fcgi(self.world.socket, "10.1.1.1")
            told(self.book, entry, self.connection.ask(entry.request))
        except Gone:
            self.world.tally["cut"] += 1
            unsure(entry)
            self.end()
            time.sleep(0.02)
        except Hung:
            self.book.lie(f"{entry}: no reply, and the connection is open")
            unsure(entry)
            self.end()

    def step(self, rng):
        person = rng.choice(self.people)
        kind = draw(rng, person) if person.id else "register"
        if kind == "login" and rng.random() < 0.3:
            time.sleep(rng.random() * 0.1)
        self.ask(prepare(self.book, kind, person, rng, self.rid()))

    def end(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Comer(Client):
    """Registers people, and some of them are deleted."""

    def step(self, rng):
        fate = rng.random()
        if fate < 0.6 or not self.people:
            person = self.world.newcomer()
            self.ask(prepare(self.book, "register", person, rng, self.rid()))
            if person.here:
                self.people.append(person)
        else:
            person = self.people.pop(rng.randrange(len(self.people)))
            self.ask(prepare(self.book, "login", person, rng, self.rid()))
            if person.token:
                self.ask(prepare(self.book, "delete", person, rng, self.rid() + "d"))


class Leaver(Actor):
    """Sends a request to the pool's socket, or a part of it, and goes."""

    def step(self, rng):
        person = rng.choice([p for p in self.people if p.id] or [None])
        if person is None:
            return time.sleep(0.05)
        kind = draw(rng, person)
        if kind == "login":
            return self.sign_in(person, rng)
        entry = prepare(self.book, kind, person, rng, self.rid())
        size = len(encode(entry.request, "10.1.1.2"))
        part = rng.randrange(1, size) if rng.random() < 0.2 else size
        wait, way = rng.choice((0, 0, 0.0005, 0.002, 0.01, 0.05)), rng.randrange(4)
        leave(entry)
        try:
            connection = Fcgi(self.world.socket, "10.1.1.2")
            connection.send(entry.request, part)
            time.sleep(wait)
            if way == 0:
                connection.half()
            elif way == 1:
                connection.socket.settimeout(0.01)
                connection.socket.recv(rng.randrange(1, 64))
            connection.close()
        except (Gone, OSError):
            pass
        self.world.tally["left"] += 1
        return time.sleep(rng.choice((0, 0.002, 0.005)))

    def sign_in(self, person, rng):
        entry = prepare(self.book, "login", person, rng, self.rid())
        try:
            told(self.book, entry, Web(self.world.port).ask(entry.request))
        except (Gone, Hung):
            unsure(entry)


class Resetter(Leaver):
    """The same by streams of HTTP/2, which are reset before or while they are answered."""

    streams = None

    def step(self, rng):
        people = [p for p in self.people if p.id]
        if not people:
            return time.sleep(0.05)
        try:
            if self.streams is None or self.streams.next > 1500:
                self.end()
                self.streams = Streams(self.world.port)
            self.burst(rng, people)
        except Gone:
            self.end()
        return time.sleep(0.03)

    def burst(self, rng, people):
        out, resets = b"", b""
        for i in range(rng.randrange(1, 16)):
            person = rng.choice(people)
            kind = draw(rng, person, ("get", "put", "sessions", "end_others", "email_cancel", "verification", "check"))
            if kind == "login":
                self.sign_in(person, rng)
                continue
            entry = prepare(self.book, kind, person, rng, f"{self.rid()}.{i}")
            leave(entry)
            stream, data = self.streams.frames_of(entry.request)
            out += data
            resets += self.streams.reset(stream)
            self.world.tally["reset"] += 1
        self.streams.send(out)
        self.streams.drain(rng.choice((0.0005, 0.002, 0.005, 0.02)))
        self.streams.send(resets)

    def end(self):
        if self.streams is not None:
            self.streams.close()
        self.streams = None


class Vandal(Actor):
    """Breaks what is under them."""

    def __init__(self, world, name):
        super().__init__(world, name)
        self.session = world.sql()

    def step(self, rng):
        what = rng.choices(
            ("terminate", "cancel", "users", "audit", "sessions", "reload", "kill", "stop", "keeper"),
            (5, 5, 2, 2, 2, 1, 1, 3, 1),
        )[0]
        which, seconds, pause = rng.random(), rng.uniform(0.05, 0.9), rng.uniform(0.1, 0.8)
        self.world.over.wait(pause)
        self.world.tally[f"vandal: {what}"] += 1
        if what in ("terminate", "cancel"):
            self.session.rows(disturb(what))
        elif what in ("users", "audit", "sessions"):
            self.session.rows(f"begin; lock table {what} in access exclusive mode; select pg_sleep({seconds}); commit")
        elif what == "reload":
            self.world.pool.reload()
        else:
            self.strike(what, which)

    def strike(self, what, which):
        pool = self.world.pool
        found = pool.children("postern-keeper" if what == "keeper" else "postern-worker")
        if not found:
            return
        pid = found[int(which * len(found))]
        if what != "stop":
            return pool.kill(pid)
        with pool.turn:
            pool.stop(pid)
            time.sleep(which * 0.4)
            pool.go_on(pid)

    def end(self):
        self.session.close()


class Meeter(Actor):
    """Meetings in the middle of the storm."""

    def __init__(self, world, name, meetings):
        super().__init__(world, name)
        self.meetings = meetings

    def step(self, rng):
        self.world.tally["meeting: " + self.meetings.meet(rng, self.rid())] += 1
        self.world.over.wait(0.3)


class Run:
    def __init__(self, settings):
        self.world, self.stubborn = World(settings), settings.get("stubborn") == "1"
        self.book, self.sql = self.world.book, self.world.sql()
        self.sql.rows(TRIGGER)
        self.meetings = Meetings(self.world, range(500, 514))
        self.own = {f"k{i}": [self.book.person(10 * i + n) for n in range(1, 4)] for i in range(CLIENTS)}
        self.own |= {f"l{i}": [self.book.person(200 + 10 * i + n) for n in range(1, 4)] for i in range(LEAVERS)}
        self.own |= {f"h{i}": [self.book.person(300 + 10 * i + n) for n in range(1, 5)] for i in range(RESETTERS)}

    def settle_in(self):
        """Everybody registers."""
        client = Client(self.world, "first", [], True)
        for person in [p for people in self.own.values() for p in people]:
            client.step_number += 1
            client.ask(prepare(self.book, "register", person, random.Random(0), client.rid()))
        client.end()

    def actors(self):
        world = self.world
        yield from (Client(world, f"k{i}", self.own[f"k{i}"], i % 2 == 0) for i in range(CLIENTS))
        yield from (Comer(world, f"n{i}", [], i % 2 == 0) for i in range(COMERS))
        yield from (Leaver(world, f"l{i}", self.own[f"l{i}"]) for i in range(LEAVERS))
        yield from (Resetter(world, f"h{i}", self.own[f"h{i}"]) for i in range(RESETTERS))
        yield Vandal(world, "v")
        yield Meeter(world, "m", self.meetings)

    def storm(self, seconds):
        self.world.over.clear()
        actors = list(self.actors())
        for actor in actors:
            actor.start()
        time.sleep(seconds)
        self.world.over.set()
        for actor in actors:
            actor.join(60)
            if actor.is_alive():
                self.book.lie(f"{actor.name} does not come to an end")

    def look(self, since):
        """It is quiet: what is true?"""
        if not quiet(self.sql):
            self.book.lie(f"round {self.world.round}: the service is not done with the database")
        judge(self.book, Truth(self.sql, since))
        for entry in self.book.entries:
            word = "left" if entry.left else str(entry.status or "no reply")
            self.world.tally[f"{entry.kind} {word}"] += 1
        self.book.entries.clear()
        for line in self.book.lies:
            print(f"  {line}", file=sys.stderr, flush=True)
        self.world.tally["lies"] += len(self.book.lies)
        self.book.lies.clear()
        self.forget_newcomers()

    def forget_newcomers(self):
        self.sql.rows(f"delete from users where email ~ '^p[1-9][0-9]{{4,}}[.].*@{HOST}$'")
        for number in [n for n in self.book.people if n > 10000]:
            self.book.of_id.pop(self.book.people.pop(number).id, None)

    def one_round(self, storm_s):
        self.world.round += 1
        since = self.sql.value("select now()")
        if self.world.round == 1:
            self.settle_in()
        for i, kind in enumerate(KINDS):
            tag = f"c{self.world.seed}.{self.world.round}.q{i}"
            self.world.tally["meeting: " + self.meetings.meet(self.world.draw("quiet", i), tag, kind)] += 1
        self.storm(storm_s)
        self.look(since)

    def faults(self):
        """What stands in the logs and must not."""
        pool = self.world.pool
        shared = pool.matching("postgresql.log", "already a transaction in progress|there is no transaction in progress")
        sick = pool.matching("postern.log", r"ERROR: [A-Za-z]+Sanitizer|runtime error:|Assertion .* failed|stack smashing")
        # What the service says of itself when one of its invariants does not hold.
        sick += pool.matching("postern.log", "one that does not hold it|closed while it was watched")
        strange, deaths = pool.deaths()
        for line in [*shared[:3], *sick[:6], *strange[:3]]:
            print(f"  {line}", file=sys.stderr, flush=True)
        return {"transactions": len(shared), "reports": len(sick), "strange deaths": len(strange), "deaths": deaths}

    def run(self, seconds):
        end, found, memory = time.monotonic() + seconds, {}, 0
        while time.monotonic() < end:
            self.one_round(min(STORM_S, max(end - time.monotonic() - 8, 4)))
            memory = memory or self.world.pool.largest_worker()
            found = self.faults()
            if not self.stubborn and (self.world.tally["lies"] or any(found[k] for k in found if k != "deaths")):
                break
        self.meetings.close()
        self.sql.rows("drop trigger chaos on users")
        requests = sum(n for k, n in self.world.tally.items() if k.split()[0] in ALL)
        figures = {"rounds": self.world.round, "requests": requests, **found}
        figures |= {"memory before": memory, "memory after": self.world.pool.largest_worker()}
        print(json.dumps(figures | dict(sorted(self.world.tally.items()))))


def main():
    settings = dict(word.split("=", 1) for word in sys.argv[1:])
    Run(settings).run(float(settings["seconds"]))


if __name__ == "__main__":
    main()
