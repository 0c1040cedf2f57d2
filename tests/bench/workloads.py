# SPDX-License-Identifier: MIT
"""The workloads P1 to P17; docs/performance.md says what each is for. Measure carries them out."""
import http.client
import json
import os
import subprocess
import time

from callers import ACTIVE, Refreshes, user_id
from machine import BUILD, CPUS, Subject, pss_kib, processes

CONNECTIONS = 32


class Workloads:
    def p1(self):
        """GET by id, each by its own user. The first one comes again at the end: the control."""
        subjects = [(s, s.name) for s in self.others("postern", "seed", "tuned", "fastify")]
        block = self.get_block()
        for s in self.others("tuned"):
            self.tune(s, block)
        self.interleave("P1", [*subjects, (self.postern, "again")], block)
        medians = {}
        for name in {n for _, n in subjects}:
            rates = sorted(b["rps"] for b in self.read() if b["workload"] == "P1" and b["subject"] == name)
            medians[name] = rates[len(rates) // 2]
        # The same for ours and for what it is held against; a peer that cannot do that, half of its own.
        rate = min(medians[n] for n in medians if n != "fastify") / 2

        def open_loop(subject, seconds):
            mine = round(min(rate, medians[subject.name] / 2))
            options = {"connections": 64, "rate": mine, "targets": self.gets, "tokens": self.tokens}
            return {**self.bench.load(subject, seconds, **options), "rate": mine}

        self.interleave("latency", subjects, open_loop, min(self.rounds, 3), warm=False)

    def tune(self, subject, block):
        """The pool of S+ has the size that it is fastest with here."""
        sizes = (2 * CPUS,) if self.args.quick else (CPUS, 2 * CPUS, 4 * CPUS, 8 * CPUS)
        rates = dict.fromkeys(sizes, 0)
        for size in [*sizes, *reversed(sizes)] if len(sizes) > 1 else ():
            subject.settings["POOL_SIZE"] = str(size)
            subject.stop()
            self.begin(subject)
            rates[size] += block(subject, min(3, self.seconds))["rps"]
        best = max(rates, key=rates.get)
        subject.settings["POOL_SIZE"] = str(best)
        subject.stop()
        self.begin(subject)
        self.bench.record("tuning", "tuned", 0, pool=best)
        print(f"  S+ has a pool of {best} connections", flush=True)

    def p3(self):
        """Without TLS, against the same statement by pgbench, and a responder that does nothing."""
        script = self.bench.write(
            "get.sql", ["select id, email, name, role, created_at from users where id = :id;"]
        )
        variables = {"id": user_id(self.active[0])}
        bench = lambda clients, seconds: self.bench.pgbench(script, clients, seconds, variables)
        self.against("P3", bench, (1, 2, 4, 8, 16), self.others("postern", "libfcgi"), self.get_block(plain=True))

    def against(self, workload, bench, clients, subjects, block):
        """Subjects and pgbench, with as many clients as it is fastest with, in turn."""
        best = max(clients, key=lambda n: bench(n, min(2, self.seconds)))
        for subject in subjects:
            block(subject, min(1, self.seconds))
        for i in range(self.rounds):
            rate = bench(best, self.seconds)
            self.bench.record(workload, "pgbench", i, rps=rate, clients=best)
            self.tell(workload, i, f"pgbench ({best} clients)", {"rps": rate})
            self.round(workload, i, [(s, s.name) for s in subjects], block)

    def p4(self):
        """The same program, sending one read at a time."""
        off = self.named["unpipelined"]
        if self.begin(off):
            subjects = [(self.postern, "postern"), (off, "unpipelined")]
            self.interleave("P4", subjects, self.get_block(plain=True, connections=64))
            off.stop()

    def bare(self, workload, i, processes_):
        seconds = max(1, round(self.seconds))
        command = [f"{BUILD}/pwhash", str(processes_), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
        rate = json.loads(done.stdout)["per_second"]
        self.bench.record(workload, f"bare {processes_}", i, rps=rate)
        self.tell(workload, i, f"crypto_pwhash, {processes_} processes", {"rps": rate})
        return rate

    def p5(self):
        """Sign-ins. With as many keepers as CPUs, as the peers use them; and as installed."""
        hashers = self.named["hashers"]
        if not self.begin(hashers):
            return
        block = self.sign_in_block()
        subjects = [hashers, *self.others("postern", "seed", "fastify")]
        for i in range(self.rounds):
            self.bare("P5", i, CPUS)
            self.round("P5", i, [(s, s.name) for s in subjects], block)
        hashers.stop()

    def p7(self):
        """GETs at 200 a second, quiet and while ten times as many sign-ins are asked for as can be."""
        known = processes()
        keepers = len(self.postern.pids(known, "postern-keeper"))
        bare = []
        for i in range(max(1, self.rounds // 2)):
            bare.append(self.bare("P7", i, keepers))
            self.flood(self.postern, i, rate=round(10 * bare[i]))
        # S last of all: when it gives back its gigabytes, some virtual machines stutter for a minute.
        for i in range(max(1, self.rounds // 4)):
            for s in self.others("seed"):
                self.flood(s, i, rate=round(10 * bare[i] * CPUS / keepers))

    def flood(self, subject, i, rate):
        """GETs when it is quiet, while the flood opens its 500 connections, and when they are open."""
        seconds, opening = max(2, self.seconds), 1.5
        gets = {"connections": 16, "rate": 200, "targets": self.gets, "tokens": self.tokens}
        quiet = self.bench.load(subject, seconds, **gets)
        self.bench.record("P7", f"{subject.name} quiet", i, **quiet)
        timeline = f"{self.bench.work}/timeline"
        started = []

        def start(seconds, **options):
            command = self.bench.load_command(subject, seconds, **options)
            started.append(process := subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            return lambda: json.loads(process.communicate(timeout=seconds + 60)[0])

        try:
            options = {"connections": 500, "rate": rate, "targets": self.logins, "timeline": timeline}
            signed = start(seconds + 2 * opening, timeout=3000 if self.args.quick else 10000, **options)
            storm = start(opening, **gets)
            time.sleep(opening)
            flooded = start(seconds, **gets)
            memory, hashing = self.watch_memory(subject, seconds)
            signed, storm, flooded = signed(), storm(), flooded()
        finally:
            for process in started:
                process.kill()
        self.bench.record("P7", f"{subject.name} storm", i, **{k: storm[k] for k in ("p50_us", "p99_us", "max_us")})
        figures = {k: flooded[k] for k in ("p50_us", "p99_us", "max_us", "by_status", "errors", "unsent")}
        good = flooded["by_class"]["2xx"]
        self.bench.record(
            "P7", f"{subject.name} flooded", i, rps=good / flooded["seconds"], bad=flooded["sent"] - good, **figures
        )
        with open(timeline) as f:
            refused = sorted(int(us) for _, status, us in map(str.split, f) if status in ("429", "503"))
        accepted = signed["by_class"]["2xx"] / signed["seconds"]
        self.bench.record(
            "P8",
            subject.name,
            i,
            rps=accepted,
            asked=rate,
            refused=len(refused),
            refused_p99_us=refused[int(0.99 * (len(refused) - 1))] if refused else None,
            lost=signed["unsent"] + sum(signed["errors"].values()),
            pss_kib=memory,
            hashing_kib=hashing,
        )
        print(
            f"  P7 {i + 1} {subject.name}: GET p99 {quiet['p99_us'] / 1e3:.1f} ms quiet, {flooded['p99_us'] / 1e3:.1f} "
            f"ms under {rate} sign-ins/s, of which {accepted:.1f}/s done and {len(refused)} refused",
            flush=True,
        )
        if subject.process is not None:  # what it has accepted would keep it busy for long
            subject.stop()
            self.begin(subject)

    def watch_memory(self, subject, seconds):
        """The most that it had: all of it, and its hashing processes."""
        most = hashing = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            known = processes()
            most = max(most, pss_kib(subject.pids(known)) or 0)
            hashing = max(hashing, pss_kib(subject.pids(known, "postern-keeper")) or 0)
            time.sleep(0.25)
        return most, hashing

    def p9(self):
        """What costs no database: nginx alone, a checked token, a peer's health."""
        check = "/api/v1/auth/check"
        if self.status(self.postern, check, self.token) // 100 != 2:
            check = "/api/v1/me"
            self.skip("P9: there is no GET /api/v1/auth/check yet; GET /api/v1/me stands in for it")
        idle = Subject("nginx", "fastcgi")
        idle.tls = self.postern.tls
        paths = {"nginx": "/api/v1/health", "postern": check, "seed": "/health", "libfcgi": "/any"}
        subjects = [(s, s.name) for s in (self.postern, idle, *self.others("seed", "libfcgi"))]
        self.interleave("P9", subjects, self.path_block(paths, self.tokens))

    def p10(self):
        """A list of 100."""
        subjects = [(s, s.name) for s in self.others("postern", "seed", "fastify")]
        self.interleave("P10", subjects, self.list_block())

    def p11(self):
        """One page after another by one client; p50 far down the list against p50 of its first page."""
        depth = self.args.users // 10
        pages = {
            "first": "/api/v1/users?limit=20",
            "keyset": f"/api/v1/users?limit=20&after={user_id(self.args.users - depth)}",
            "offset": f"/api/v1/users?limit=20&offset={depth}",
        }
        for i in range(max(3, self.rounds // 2)):
            for s in self.others("postern", "seed"):
                for page, path in pages.items():
                    if page == "keyset" and s.name != "postern":
                        continue
                    figures = self.path_block(path, self.admin_token, 1)(s, min(2, self.seconds))
                    self.bench.record("P11", f"{s.name} {page}", i, depth=depth, **figures)
                    self.tell("P11", i, f"{s.name} {page}", figures)

    def p12(self):
        """PUT, each user its own row, committed before the reply."""
        text = f"""\\set n random(1, {ACTIVE})
update users set email = 'user' || :n::int * {self.step} || '@bench.example',
	email_key = 'user' || :n::int * {self.step} || '@bench.example', name = 'Name ' || :n::int, updated_at = now()
where id = ('00000000-0000-7000-8000-' || lpad(to_hex(:n::int * {self.step}), 12, '0'))::uuid
returning id, email, name, role, created_at;"""
        script = self.bench.write("put.sql", text.split("\n"))
        bench = lambda clients, seconds: self.bench.pgbench(script, clients, seconds)
        self.against("P12", bench, (4, 8, 16, 32), self.others("postern", "seed", "fastify"), self.put_block())

    def p13(self):
        """One token: nanoseconds, and instructions by callgrind, which no neighbour disturbs."""
        programs = {"token_verify": [f"{BUILD}/verify", "token"], "identity_of": [f"{BUILD}/verify", "identity"]}
        crate = f"{self.bench.work}/bin/verify"
        if os.path.exists(crate):
            programs["jsonwebtoken"] = [crate]
        environment = {**os.environ, "JWT_SECRET": self.secret}
        ask = lambda command: subprocess.run(
            command, input=self.token + "\n", capture_output=True, text=True, env=environment, timeout=120, check=True
        )
        times = 20000 if self.args.quick else 200000
        for i in range(self.rounds):
            for name, program in programs.items():
                ns = float(ask([*program, str(times)]).stdout)
                self.bench.record("P13", name, i, ns=ns, bytes=len(self.token))
        for name, program in programs.items():
            counts = self.instructions(program, ask, 200 if self.args.quick else 1000)
            if counts is None:
                self.skip("P13: instructions (valgrind is not installed)")
                break
            self.bench.record("P13", name, 0, instructions=counts)
            print(f"  P13 {name}: {counts:.0f} instructions", flush=True)

    @staticmethod
    def instructions(program, ask, more):
        """What so many more take, so that starting does not count."""
        totals = []
        for times in (100, 100 + more):
            command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *program, str(times)]
            try:
                text = ask(command).stderr
            except FileNotFoundError:
                return None
            totals.append(int(next(line for line in text.splitlines() if "Collected" in line).split(":")[1]))
        return (totals[1] - totals[0]) / more

    def p14(self):
        """Memory after a restart and one request, and while 256 connections ask."""
        # One of each: two would share the memory of their program.
        measured = self.others("postern", "seed", "fastify")
        for s in self.others("postern", "seed", "tuned", "fastify"):
            s.stop()
        for s in measured:
            self.begin(s)
            self.status(s, f"/api/v1/users/{user_id(self.active[0])}", self.token)
            # Postern gives memory back when nothing has been asked for two seconds.
            time.sleep(3)
            idle = pss_kib(s.pids(processes()))
            if idle is None:
                self.skip("P14: the kernel does not show the memory of these processes to this user")
                break
            seconds = max(2, self.seconds)
            command = self.bench.load_command(s, seconds, connections=256, targets=self.gets, tokens=self.tokens)
            with subprocess.Popen(command, stdout=subprocess.DEVNULL):
                loaded, _ = self.watch_memory(s, seconds)
            self.bench.record("P14", s.name, 0, idle_kib=idle, loaded_kib=loaded)
            print(f"  P14 {s.name}: {idle / 1024:.1f} MiB idle, {loaded / 1024:.1f} MiB at 256 connections", flush=True)
        for s in self.others("tuned"):
            self.begin(s)

    def p15(self):
        """From exec to the first user read through nginx."""
        for i in range(self.args.starts):
            # Seconds each: a few will do.
            slow = ("fastify",) if i < 5 else ()
            for s in self.others("postern", "seed", *slow):
                source = self.for_start() if s is self.postern else s
                place = self.named[f"start_{source.kind}"]
                again = Subject(s.name, source.kind, source.key, source.command, source.settings)
                ms = self.start_once(again, place)
                self.bench.record("P15", s.name, i, ms=ms)

    def for_start(self, name="postern", stack="main"):
        """As installed: what looks for migrations first."""
        return self.pool(name, stack, APP__DATABASE__MIGRATE_ON_START="true")

    def start_once(self, subject, place):
        path = f"/api/v1/users/{user_id(self.active[0])}"
        connection = http.client.HTTPConnection("127.0.0.1", place.plain, timeout=20)
        begin = time.monotonic()
        subject.start(self.bench, place.socket(self.bench))
        try:
            while time.monotonic() < begin + 20:
                connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
                reply = connection.getresponse()
                reply.read()
                if reply.status == 200:
                    return (time.monotonic() - begin) * 1e3
                time.sleep(0.001)
            raise SystemExit(f"P15: {subject.name} does not start")
        finally:
            subject.process.stop(gently=False)
            connection.close()

    def p16(self):
        """Stripped programs; what Node brings along is counted beside."""
        for name, program in (("postern", f"{self.bench.work}/main/bin/postern"), ("seed", f"{self.bench.work}/bin/seed")):
            if os.path.exists(program):
                stripped = f"{self.bench.work}/stripped"
                subprocess.run(["strip", "--strip-unneeded", "-o", stripped, program], check=True)
                self.bench.record("P16", name, 0, kib=os.path.getsize(stripped) / 1024)
        if "fastify" in self.present:
            kib = sum(
                os.lstat(os.path.join(folder, name)).st_size
                for folder, _, names in os.walk(f"{self.bench.work}/fastify")
                for name in names
            )
            self.bench.record("P16", "fastify", 0, kib=kib / 1024)

    def refresh_block(self, subjects):
        """Each refresh token is good for once: a block has its own, more than it can use in its time."""
        most, probe = 10000, 0
        sessions = 4 * self.rounds * 2 * len(subjects) * most
        text = f"""insert into sessions (id, user_id, idle_until, ends_at, cookie, address, user_agent)
            select ('00000000-0000-7001-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                ('00000000-0000-7000-8000-' || lpad(to_hex(n % {self.args.users} + 1), 12, '0'))::uuid,
                now() + interval '30 days', now() + interval '90 days', false, '127.0.0.1', 'bench'
            from generate_series(0, {sessions}) n"""
        for database in ("postern", "before"):
            for statement in (text, "vacuum analyze sessions"):
                self.bench.psql(database, statement)
        makers = {}
        for s in subjects:
            # Older ones make their key of jwt_secret.
            for path in ("secret_key", "jwt_secret"):
                with open(f"{self.bench.work}/main/secrets/{path}") as f:
                    maker = Refreshes(f.read().strip())
                body = {"refresh_token": maker.sign(probe)}
                if self.ask(s, "POST", "/api/v1/auth/refresh", body)[0] == 200:
                    makers[s.name] = maker
                    break
        taken = [1]

        def block(subject, seconds):
            n = taken[0]
            taken[0] += most
            tokens = (makers[subject.name].sign(i) for i in range(n, n + most))
            lines = [f'POST /api/v1/auth/refresh {{"refresh_token":"{t}"}}' for t in tokens]
            targets = self.bench.write("refreshes", lines)
            return self.bench.load(subject, seconds, connections=CONNECTIONS, targets=targets)

        return block

    def p17(self):
        """Against another Postern, in short blocks by turns; and Postern against itself, to know the noise."""
        subjects = [self.named[n] for n in ("postern", "before", "again") if n in self.named]
        if len(subjects) < 3 or not all(s.process or self.begin(s) for s in subjects):
            return
        # What: a block, and its seconds. Of sign-ins there are few a second.
        blocks = {
            "GET": (self.get_block(), 1),
            "GET without TLS": (self.get_block(plain=True), 1),
            "auth/check": (self.path_block("/api/v1/auth/check", self.tokens), 1),
            "list": (self.list_block(), 1),
            "PUT": (self.put_block(), 1),
            "refresh": (self.refresh_block(subjects), 1),
            "sign-in": (self.sign_in_block(), 4),
        }
        for i in range(4 * self.rounds):
            # The pages of memory that a process happens to get make some percent, for as long as it lives.
            for s in subjects:
                s.stop()
                self.begin(s)
            for what, (block, seconds) in blocks.items():
                if i % seconds > 0:
                    continue
                for s in subjects:
                    block(s, 0.2)
                # It matters who was busy just before, so everybody is everywhere.
                for place in range(3):
                    s = subjects[(i + (place if i // 3 % 2 else -place)) % 3]
                    self.bench.record(f"P17 {what}", s.name, i, **block(s, min(seconds, self.seconds)))
            print(f"  P17 {i + 1}", flush=True)
        starts = [self.for_start(), self.for_start("before", "before")]
        for i in range(self.args.starts // 2):
            for s in starts if i % 2 else reversed(starts):
                ms = self.start_once(s, self.named["start_fastcgi"])
                self.bench.record("P17 start", s.name, i, ms=ms)
        for s in subjects[1:]:
            s.stop()
