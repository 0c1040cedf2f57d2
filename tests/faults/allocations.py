# SPDX-License-Identifier: MIT
"""Every allocation of every request fails once: python3 allocations.py SETTING=VALUE...

Asks a running pool with the preloaded allocations.c in it, one request at a time: the Nth allocation
fails, for N from 1 until a request needs fewer. Settings: port, master (pid), control (the file),
psql (a command), secret (a file), postern (the command), email, password, stride (1: each N), only
(names). Prints a JSON object of what happened; each thing that is wrong as a line on stderr.
"""

import collections
import json
import re
import subprocess
import sys
import time

from allocations_cases import CASES, World
from allocations_parts import ALL, ONLY, SPARE, Control, Database, Pool, Web

# They do not look whether they got what they asked for.
TRUSTING = ("libfcgi", "libzxcvbn", "libjwt")
SUSPECTS_MAX = 50
STEPS_MAX = 4000  # allocations of one request


def fitting(reply, case):
    """Whether it is the right answer."""
    if reply.status != case.ok or reply.cut:
        return False
    if case.lines is not None:
        return len([json.loads(line) for line in reply.text.splitlines()]) == case.lines
    return reply.status == 204 or reply.json() is not None


def refusal(reply):
    """Whether it is an error that says: not now."""
    error = (reply.json() or {}).get("error") if reply.status in (500, 503) else None
    if not isinstance(error, dict) or error.get("status") != reply.status:
        return False
    if not {"code", "message", "request_id"} <= error.keys():
        return False
    return reply.status == 500 or reply.headers.get("Retry-After", "").isdigit()


def library_of(where):
    """The one of those libraries through which it was asked for."""
    return next((library for library in TRUSTING if library in where.split(" < ")), None)


class Run:
    def __init__(self, settings):
        self.set = settings
        self.control = Control(settings["control"])
        self.web = Web(int(settings["port"]))
        self.pool = Pool(int(settings["master"]))
        self.world = World(self.web, Database(settings["psql"]), settings)
        self.tally = collections.Counter()
        self.steps = {}
        self.trial = 0
        self.trials, self.sites = {}, {}

    def wrong(self, what, name, n, text):
        self.tally[what] += 1
        print(f"  {name}, allocation {n}: {text}", file=sys.stderr)
        print(f"    {self.where()}", file=sys.stderr)

    def where(self):
        """The functions of the program through which the allocation was asked for."""
        frames = [f.split("+") for f in self.control.where().split() if "+" in f]
        ours = [at for name, at in frames if name.startswith("postern")]
        found = subprocess.run(
            ["addr2line", "-fsCe", self.set["binary"], *ours], capture_output=True, text=True, check=False
        ).stdout.split("\n")[::2]
        names = iter(found)
        return " < ".join(next(names, "?") if n.startswith("postern") else n.split(".so")[0] for n, _ in frames)

    def settle(self, kind, before):
        """After a crash: until there is another one that has grown up."""
        self.pool.wait_for(kind, before)
        time.sleep(1.05)
        self.web.close()
        self.world.until_ready()
        self.control.forget()

    def attempt(self, name, make, kind, n, spare):
        """One request whose Nth allocation fails; False when it needed fewer."""
        case = make(self.world)
        guesses = self.world.guesses()
        pid = self.pool.pid(kind)
        self.trial += 1
        self.trials[self.trial] = (name, make, kind, n, spare)
        if kind == "postern-worker":
            self.control.quiet(pid)
        self.control.arm(pid, self.trial, n, spare)
        first = self.web.send(case)
        self.control.disarm()
        if self.control.failed() == 0:
            return False
        self.tally["tried"] += 1
        self.sites[self.trial] = self.control.where()
        if not self.pool.alive(pid):
            self.crashed(name, kind, n, pid)
        self.judge(name, n, case, first)
        if case.ok < 300 and self.world.guesses() > guesses:
            self.counted(name, n, first)
        again = self.web.send(case)
        right = case.after if fitting(first, case) else case.again
        if self.lost_answer(first):
            right += case.lost
        if again.status not in right:
            self.wrong("again", name, n, f"the same once more gives {again.status} {again.text[:200]} after {first.status}")
        if case.whole is not None and self.world.db.ask(case.whole) != "t":
            self.wrong("half", name, n, "it was done in part")
        return True

    def lost_answer(self, reply):
        """Whether what the database had answered was not read: the request is told that it failed."""
        return reply.status == 503 and "next_result" in self.where()

    def counted(self, name, n, reply):
        """A guess is counted before it is looked at. Whether it was is not known when that answer is
        lost, and then it stays."""
        if self.lost_answer(reply):
            self.tally["lost counts"] += 1
        else:
            self.wrong("guess", name, n, "it was counted as a failed guess")

    def crashed(self, name, kind, n, pid):
        where = self.where()
        self.tally[f"deaths in {library_of(where)}" if library_of(where) else "crashes"] += 1
        if library_of(where) is None:
            print(f"  {name}, allocation {n}: {kind} has crashed\n    {where}", file=sys.stderr)
        self.settle(kind, pid)

    def judge(self, name, n, case, reply):
        if fitting(reply, case):
            self.tally["right"] += 1
        elif refusal(reply):
            self.tally[f"refused {reply.status}"] += 1
        elif reply.cut and case.lines is not None:
            self.tally["cut off"] += 1
        elif reply.status == 0:
            self.wrong("silent", name, n, "no answer")
        else:
            self.wrong("untrue", name, n, f"answered {reply.status} {reply.text[:200]}")

    def each(self, name, make, kind, spare, stride=1):
        first = make(self.world)
        warm = self.web.send(first)  # whatever is made once is there
        if not fitting(warm, first):
            self.wrong("untrue", name, 0, f"without a fault {warm.status} {warm.text[:300]}")
            return
        for n in range(1 + (stride > 1), STEPS_MAX, stride):
            if not self.attempt(name, make, kind, n, spare):
                break
            self.steps[f"{name} ({kind})"] = n

    def by_itself(self, name, make, kind, n, spare):
        """As attempt, but nobody asks: it is what the worker does several times a second."""
        pid = self.pool.pid(kind)
        self.trial += 1
        self.trials[self.trial] = (name, make, kind, n, spare)
        self.control.quiet(pid)
        self.control.arm(pid, self.trial, n, spare)
        time.sleep(0.35)
        self.control.disarm()
        if self.control.failed() == 0:
            return False
        self.tally["tried"] += 1
        self.sites[self.trial] = self.control.where()
        if not self.pool.alive(pid):
            self.crashed(name, kind, n, pid)
        reply = self.web.send(self.world.me())
        if reply.status != 200:
            self.wrong("again", name, n, f"a token is answered {reply.status} {reply.text[:200]} afterwards")
        return True

    def idle(self, stride):
        for n in range(1, STEPS_MAX, stride):
            if not self.by_itself("by itself", None, "postern-worker", n, ALL):
                return
            self.steps["by itself (postern-worker)"] = n

    def left(self):
        """Blocks of requests whose allocations failed, once all that is kept was made anew: trial,
        place in it, and the library that asked for it."""
        self.world.db.ask("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'postern'")
        time.sleep(6)
        self.world.until_ready()
        pid = self.pool.pid("postern-worker")
        for trial, nth, caller in sorted(self.control.left()):
            library = self.pool.library(pid, caller)
            # What OpenSSL keeps is its list of errors, or libjwt's to free.
            if library == "libcrypto" or "libjwt" in self.sites[trial]:
                self.tally["left by libjwt"] += 1
            else:
                yield trial, nth, library

    def leaks(self):
        """What is left once may be what is kept for later, and was needed for the first time; what
        is left each time is a leak."""
        suspects = sorted({trial for trial, _, _ in self.left()})
        self.control.forget()
        for trial in suspects[:SUSPECTS_MAX]:
            name, make, kind, n, spare = self.trials[trial]
            (self.attempt if make else self.by_itself)(name, make, kind, n, spare)
        for trial, nth, library in self.left() if suspects else ():
            name, _, kind, n, _ = self.trials[trial]
            self.tally["leaks"] += 1
            print(f"  {name} ({kind}), allocation {n}: the {nth}th, of {library}, is not freed", file=sys.stderr)


def listed(postern):
    lines = subprocess.run(postern.split() + ["routes"], check=True, capture_output=True, text=True).stdout
    return {re.split(r" +", line)[4] for line in lines.splitlines() if re.match(r"[A-Z]+ +/", line)}


def main():
    settings = dict(a.split("=", 1) for a in sys.argv[1:])
    run = Run(settings)
    stride = int(settings["stride"])
    deaths = int(settings["deaths"])
    only = settings.get("only", "").split()
    missing = listed(settings["postern"]) - {c.handler for c in CASES}
    for handler in sorted(missing) if not only else []:
        run.wrong("missing", handler, 0, "nobody has said how to ask for it")
    run.world.prepare()
    for c in CASES:
        if only and c.name not in only:
            continue
        run.each(c.name, c.make, "postern-worker", SPARE, stride)
        if c.keeper:
            run.each(c.name, c.make, "postern-keeper", SPARE, stride)
        if c.trusting:
            run.each(c.name + ", libfcgi", c.make, "postern-worker", ONLY, deaths)
        if c.trusting and c.keeper:
            run.each(c.name + ", libzxcvbn", c.make, "postern-keeper", ONLY, deaths)
    if not only or "idle" in only:
        run.idle(stride)
    run.leaks()
    run.tally["endpoints"] = len({c.handler for c in CASES if c.handler})
    print(json.dumps({**run.tally, "steps": run.steps}))


main()
