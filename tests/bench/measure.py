# SPDX-License-Identifier: MIT
"""Carries out the workloads against all subjects that there are, block by block, and writes what was
measured to blocks.jsonl. report.py makes figures of it. Called by tests/bench/run."""
import argparse
import http.client
import json
import os
import signal
import sys
import time

from callers import ACTIVE, PASSWORD, Tokens, email, user_id
from front import Nginx
from machine import CPUS, Bench, Process, Subject, wait_until
from workloads import CONNECTIONS, Workloads


class Measure(Workloads):
    def __init__(self, args):
        self.args = args
        self.rounds, self.seconds = args.rounds, args.seconds
        self.bench = Bench(args.work, args.out)
        self.bench.pgbench_path = f"{args.pgbin}/pgbench"
        self.postern = self.pool("postern")
        self.subjects = [self.postern, *self.pools(), *self.peers(), *self.for_starts()]
        self.named = {s.name: s for s in self.subjects}
        self.bench.nginx = Nginx(self.bench, self.subjects)
        self.bench.nginx.start()
        self.end_pool_of_stack()
        self.present = set()
        for name in ("postern", "seed", "tuned", "fastify", "libfcgi"):
            if name in self.named and self.begin(self.named[name]):
                self.present.add(name)
        if "postern" not in self.present:
            raise SystemExit("the pool of Postern does not answer behind the nginx of the measurements")
        self.users()

    # --- subjects -----------------------------------------------------------------------------

    def end_pool_of_stack(self):
        """deploy/stack has the database. All subjects are started here: where sessions are scheduled as
        groups, one that shares its session with the load would run at other moments than those that do not."""
        with open(f"{self.bench.work}/main/pid/pool") as f:
            pid = int(f.read())
        os.kill(pid, signal.SIGTERM)
        if not wait_until("the end of the pool of the stack", 20, lambda: not os.path.exists(f"/proc/{pid}")):
            raise SystemExit(1)

    def settings(self, stack, **more):
        """Those of a stack, and others."""
        with open(f"{stack}/env") as f:
            found = dict(line.rstrip("\n").split("=", 1) for line in f)
        del found["APP__SERVER__LISTEN"]
        return {**found, **more}

    def pool(self, name, stack="main", **more):
        stack = f"{self.bench.work}/{stack}"
        settings = self.settings(stack, **more)
        return Subject(name, "fastcgi", "APP__SERVER__LISTEN", [f"{stack}/bin/postern", "serve"], settings)

    def pools(self):
        """Other settings of Postern, started when they are needed, and another program of it."""
        out = [
            self.pool("unpipelined", APP__DATABASE__PIPELINE="false"),
            self.pool("hashers", APP__SERVER__KEEPERS=str(CPUS)),
        ]
        if os.path.exists(f"{self.bench.work}/before"):
            out += [self.pool("before", "before"), self.pool("again")]
        return out

    def peers(self):
        work = self.bench.work
        with open(f"{work}/main/secrets/jwt_secret") as f:
            self.secret = f.read().strip()
        database = f"postgres:///postern?host={work}/main/sock&user=postern"
        seed = {"JWT_SECRET": self.secret, "DATABASE_URL": database}
        out = [Subject("libfcgi", "fastcgi", None, [f"{work}/bin/responder", "SOCKET", str(CPUS)])]
        if os.path.exists(f"{work}/bin/seed"):
            command = [f"{work}/bin/seed"]
            out.append(Subject("seed", "proxy", "LISTEN", command, seed))
            out.append(Subject("tuned", "proxy", "LISTEN", command, {**seed, "POOL_SIZE": str(2 * CPUS)}))
        if os.path.exists(f"{work}/fastify/server.js"):
            settings = {"JWT_SECRET": self.secret, "DATABASE_HOST": f"{work}/main/sock", "NODE_ENV": "production"}
            out.append(Subject("fastify", "proxy", "LISTEN", ["node", f"{work}/fastify/server.js"], settings))
        return out

    def for_starts(self):
        """Places behind nginx where P15 starts a second one of each."""
        return [Subject("start_fastcgi", "fastcgi"), Subject("start_proxy", "proxy")]

    def begin(self, subject):
        subject.start(self.bench)
        if self.ready(subject):
            return True
        subject.stop()
        self.skip(f"{subject.name} does not start; its log: {self.keep_log(subject.name)}")
        return False

    def keep_log(self, name):
        path = f"{self.args.out}/{name}.log"
        with open(f"{self.bench.work}/log/{name}.log") as f, open(path, "w") as g:
            g.write(f.read())
        return path

    def skip(self, what):
        print(f"skipped: {what}", flush=True)
        with open(f"{self.args.out}/skipped.txt", "a") as f:
            f.write(what + "\n")

    def ready(self, subject):
        path = "/health" if subject.kind == "proxy" else "/api/v1/health/ready"
        return wait_until(subject.name, 15, lambda: self.status(subject, path) == 200)

    def status(self, subject, path, token=None):
        return self.ask(subject, "GET", path, token=token)[0]

    def ask(self, subject, method, path, body=None, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", subject.plain, timeout=20)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def others(self, *names):
        return [self.named[n] for n in names if n in self.present]

    # --- users --------------------------------------------------------------------------------

    def users(self):
        """Who calls. Everybody's password is the same, and so is its hash."""
        step = self.args.users // ACTIVE
        self.active = [n * step for n in range(1, ACTIVE + 1)]
        self.step = step
        admin, payload = self.ask(self.postern, "POST", "/api/v1/auth/login", {"email": "bench@example.org", "password": PASSWORD})
        if admin != 200:
            raise SystemExit(f"the administrator cannot sign in: {payload.decode()}")
        tokens = Tokens(self.secret, json.loads(payload)["access_token"])
        # Older ones ask for claims that the token of today has no more.
        self.admin = tokens.sign_for(tokens.claims["sub"], "bench@example.org", "admin")
        w = self.bench.write
        signed = [tokens.sign(n) for n in self.active]
        self.token = signed[0]
        self.tokens = w("tokens", signed)
        self.admin_token = w("admin-token", [self.admin])
        self.gets = w("gets", [f"GET /api/v1/users/{user_id(n)}" for n in self.active])
        body = '{"email":"%s","name":"Name %d"}'
        self.puts = w("puts", [f"PUT /api/v1/users/{user_id(n)} {body % (email(n), n)}" for n in self.active])
        body = '{"email":"%s","password":"%s"}'
        self.logins = w("logins", [f"POST /api/v1/auth/login {body % (email(n), PASSWORD)}" for n in self.active])

    # --- blocks -------------------------------------------------------------------------------

    def interleave(self, workload, subjects, block, rounds=None, warm=True):
        """A B C, then C B A, and so on: whatever drifts hits all alike."""
        for subject, _ in subjects if warm else []:
            block(subject, min(1, self.seconds))
        for i in range(rounds or self.rounds):
            self.round(workload, i, subjects, block)

    def round(self, workload, i, subjects, block):
        for subject, name in subjects if i % 2 == 0 else reversed(subjects):
            figures = block(subject, self.seconds)
            self.bench.record(workload, name, i, **figures)
            self.tell(workload, i, name, figures)

    @staticmethod
    def tell(workload, i, name, f):
        cost = " ".join(f"{g} {f[g + '_us']:.1f}" for g in ("app", "nginx", "pg") if f.get(g + "_us") is not None)
        bad = f"; {f['bad']} failed" if f.get("bad") else ""
        steal = f"; steal {100 * f['steal']:.0f} %" if f.get("steal", 0) > 0.005 else ""
        latency = f"; p50 {f['p50_us'] / 1e3:.2f} p99 {f['p99_us'] / 1e3:.2f} ms" if "p50_us" in f else ""
        print(f"  {workload} {i + 1} {name}: {f['rps']:.0f}/s; us {cost}{latency}{bad}{steal}", flush=True)

    def get_block(self, plain=False, connections=CONNECTIONS):
        options = {"connections": connections, "targets": self.gets, "tokens": self.tokens, "plain": plain}
        return lambda subject, seconds: self.bench.load(subject, seconds, **options)

    def put_block(self):
        options = {"connections": CONNECTIONS, "targets": self.puts, "tokens": self.tokens}
        return lambda subject, seconds: self.bench.load(subject, seconds, **options)

    def sign_in_block(self):
        return lambda subject, seconds: self.bench.load(subject, seconds, connections=16, targets=self.logins)

    def list_block(self):
        return self.path_block("/api/v1/users?limit=100&offset=0", self.admin_token)

    def path_block(self, paths, token=None, connections=CONNECTIONS):
        def block(subject, seconds):
            path = paths[subject.name] if isinstance(paths, dict) else paths
            return self.bench.load(subject, seconds, path=path, tokens=token, connections=connections)

        return block

    def read(self):
        with open(f"{self.args.out}/blocks.jsonl") as f:
            return [json.loads(line) for line in f]

    def run(self):
        # P14 first: what is idle has never been busy. P2 comes with P1, P6 with P5, P8 with P7.
        order = {"P14": "P14", "P15": "P15", "P16": "P16", "P13": "P13", "P1": "P1 P2", "P9": "P9", "P10": "P10"}
        order |= {"P11": "P11", "P3": "P3", "P4": "P4", "P12": "P12", "P5": "P5 P6", "P7": "P7 P8", "P17": "P17"}
        only = set(self.args.only.split(",")) if self.args.only else None
        for first, names in order.items():
            if only is None or only & set(names.split()):
                begin = time.monotonic()
                print(f"{names}: {getattr(self, first.lower()).__doc__ or ''}".split("\n")[0], flush=True)
                getattr(self, first.lower())()
                print(f"  ({time.monotonic() - begin:.0f} s)", flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ("--work", "--out", "--pgbin"):
        parser.add_argument(name, required=True)
    for name in ("--rounds", "--users", "--starts"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        Measure(parser.parse_args()).run()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Process.stop_all()


if __name__ == "__main__":
    main()
