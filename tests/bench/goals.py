# SPDX-License-Identifier: MIT
"""What is held against what, and how good it has to be. docs/performance.md explains each."""
from dataclasses import dataclass, field

CONTROL_MAX = 0.05  # what a subject may differ from itself
REPLY_US = ("app_us", "nginx_us", "pg_us")  # CPU of a reply, of all who took part
NAMES = {
    "postern": "Postern",
    "hashers": "Postern, keepers = CPUs",
    "unpipelined": "Postern, no pipeline",
    "before": "the other Postern",
    "seed": "S",
    "tuned": "S+",
    "fastify": "Fastify",
    "libfcgi": "F",
    "nginx": "N",
    "pgbench": "PG",
}


@dataclass
class Goal:
    id: str
    what: str
    values: list = field(repr=False)
    better: str  # low or high
    goal: float = None
    floor: float = None
    unit: str = ""
    statistic: str = "median"


def scaled(values, by):
    return [v * by for v in values]


def sign_ins(b):
    """Those whose yardstick has a number of processes in its name: crypto_pwhash."""
    all_cpus = next((s for s in b.subjects("P5") if s.startswith("bare")), "bare")
    flood = next((s for s in b.subjects("P7") if s.startswith("bare")), "bare 1")
    keepers = int(flood.split()[1])
    accepted, bare = b.values("P8", "postern", "rps"), b.values("P7", flood, "rps")
    p99 = "p99_us"
    return [
        Goal("P5", "sign-ins/s, keepers = CPUs, of bare crypto_pwhash", b.ratios("rps", ("P5", "hashers"), ("P5", all_cpus)), "high", 0.95, 0.90),
        Goal("P6", "sign-ins/s, keepers = CPUs, of S", b.ratios("rps", ("P5", "hashers"), ("P5", "seed")), "high", 1.3, 1.1),
        Goal("P6", "sign-ins/s, as installed, of S", b.ratios("rps", ("P5", "postern"), ("P5", "seed")), "high"),
        Goal("P7", "GET p99 under a flood of sign-ins", scaled(b.list("P7", "postern flooded", p99), 1e-3), "low", 25, None, "ms"),
        Goal("P7", "the same, of its quiet p99", b.ratios(p99, ("P7", "postern flooded"), ("P7", "postern quiet")), "low", 2),
        Goal("P7", "the same while the flood opens its connections", scaled(b.list("P7", "postern storm", p99), 1e-3), "low", None, None, "ms"),
        Goal("P7", "the same, of S under the same flood", b.ratios(p99, ("P7", "postern flooded"), ("P7", "seed flooded")), "low", 0.1),
        Goal("P8", f"sign-ins/s in the flood, of {keepers} x crypto_pwhash", [accepted[r] / bare[r] for r in accepted if r in bare], "high", 0.90),
        Goal("P8", "p99 of its refusals", scaled(b.list("P8", "postern", "refused_p99_us"), 1e-3), "low", 250, None, "ms"),
        Goal("P8", "memory of a hashing process", scaled(b.list("P8", "postern", "hashing_kib"), 1 / 1024 / keepers), "low", 21, None, "MiB"),
        Goal("P8", "memory of S in the flood", scaled(b.list("P8", "seed", "pss_kib"), 1 / 1024), "low", None, None, "MiB"),
    ]


def reads(b):
    ours = ("P1", "postern")
    p3, f = b.values("P3", "postern", "rps"), b.values("P3", "libfcgi", "rps")
    pg = b.values("P3", "pgbench", "rps")
    least = [p3[r] * (1 / f[r] + 1 / pg[r]) for r in p3 if r in f and r in pg]
    return [
        Goal("P1", "CPU of a GET by id, app, of S", b.ratios("app_us", ours, ("P1", "seed")), "low", 0.35, 0.50),
        Goal("P1", "CPU of a GET by id, app, of S+", b.ratios("app_us", ours, ("P1", "tuned")), "low", 0.60),
        Goal("P1", "CPU of a GET by id, app + nginx + PostgreSQL, of S", b.ratios(REPLY_US, ours, ("P1", "seed")), "low", 0.55, 0.70),
        Goal("P2", "GETs by id/s, of S", b.ratios("rps", ours, ("P1", "seed")), "high", 2.0, 1.5),
        Goal("P2", "GETs by id/s, of S+", b.ratios("rps", ours, ("P1", "tuned")), "high", 1.4, 1.2),
        Goal("P2", "p99 at half of the slower one's most, of S", b.ratios("p99_us", ("latency", "postern"), ("latency", "seed")), "low"),
        Goal("P3", "GETs by id/s without TLS, of PG", b.ratios("rps", ("P3", "postern"), ("P3", "pgbench")), "high", 0.70, 0.50),
        Goal("P3", "the same, of 1 / (1/F + 1/PG)", least, "high", 0.90),
        Goal("P4", "GETs by id/s, pipelined, of one at a time", b.ratios("rps", ("P4", "postern"), ("P4", "unpipelined")), "high", 1.5, 1.25),
    ]


def others(b):
    p9 = ("P9", "postern")
    return [
        Goal("P9", "CPU of a checked token, all processes, of N", b.ratios(REPLY_US, p9, ("P9", "nginx")), "low", 2.0),
        Goal("P9", "the same, of S's /health", b.ratios(REPLY_US, p9, ("P9", "seed")), "low", 0.9),
        Goal("P10", "CPU of a list of 100, app, of S", b.ratios("app_us", ("P10", "postern"), ("P10", "seed")), "low", 0.5, 0.7),
        Goal("P11", "p50 of a page far down, of the first one", b.ratios("p50_us", ("P11", "postern keyset"), ("P11", "postern first")), "low", 1.2),
        Goal("P11", "the same by offset", b.ratios("p50_us", ("P11", "postern offset"), ("P11", "postern first")), "low"),
        Goal("P11", "the same by offset, S", b.ratios("p50_us", ("P11", "seed offset"), ("P11", "seed first")), "low"),
        Goal("P12", "PUTs/s, of the UPDATE by pgbench", b.ratios("rps", ("P12", "postern"), ("P12", "pgbench")), "high", 0.80, 0.65),
        Goal("P12", "PUTs/s, of S", b.ratios("rps", ("P12", "postern"), ("P12", "seed")), "high", 1.2),
        Goal("P13", "a token that is new to the worker", b.list("P13", "token_verify", "ns"), "low", 1000, None, "ns"),
        Goal("P13", "a token that it knows", b.list("P13", "identity_of", "ns"), "low", 1000, None, "ns"),
        Goal("P13", "a token that is new, of jsonwebtoken", b.ratios("ns", ("P13", "token_verify"), ("P13", "jsonwebtoken")), "low", 0.4),
        Goal("P13", "the same in instructions", b.ratios("instructions", ("P13", "token_verify"), ("P13", "jsonwebtoken")), "low", 0.4),
        Goal("P14", "memory, idle", scaled(b.list("P14", "postern", "idle_kib"), 1 / 1024), "low", 8, None, "MiB"),
        Goal("P14", "memory at 256 connections", scaled(b.list("P14", "postern", "loaded_kib"), 1 / 1024), "low", 16, None, "MiB"),
        Goal("P14", "memory, idle, of S", b.ratios("idle_kib", ("P14", "postern"), ("P14", "seed")), "low", 0.5),
        Goal("P15", "exec to the first GET by id, p95", b.list("P15", "postern", "ms"), "low", 50, None, "ms", "p95"),
        Goal("P15", "exec to the first GET by id, of S", b.ratios("ms", ("P15", "postern"), ("P15", "seed")), "low", 1.0),
        Goal("P16", "stripped program", b.list("P16", "postern", "kib"), "low", 1024, None, "KiB"),
        Goal("P16", "stripped program, of S", b.ratios("kib", ("P16", "postern"), ("P16", "seed")), "low"),
    ]


def against(b):
    """Of another program of Postern, when there is one. What nobody changed reads as the control does."""
    out = []
    for what in (w.removeprefix("P17 ") for w in b.workloads() if w.startswith("P17 ")):
        of = lambda field, subject="postern": b.ratios(field, (f"P17 {what}", subject), (f"P17 {what}", "before"))
        out += [
            Goal("P17", f"{what}/s, of the other Postern", of("rps"), "high", 0.98, 0.95),
            Goal("P17", f"{what}: CPU of the app, of the other Postern", of("app_us"), "low", 1.02, 1.05),
            Goal("P17", f"{what}: CPU of PostgreSQL, of the other Postern", of("pg_us"), "low", 1.02, 1.05),
            Goal("P17", f"{what}: time, of the other Postern", of("ms"), "low", 1.02, 1.05),
            Goal("P17", f"{what}/s, of itself", b.ratios("rps", (f"P17 {what}", "again"), (f"P17 {what}", "postern")), "high"),
        ]
    return out


def goals(b):
    found = reads(b) + others(b) + sign_ins(b) + against(b)
    return sorted(found, key=lambda g: int(g.id[1:]))


def lines(b, median):
    """In short, for who works on the engine or on sign-ins."""
    out = []
    f, p, a = (b.list("P3", s, "rps") for s in ("libfcgi", "pgbench", "postern"))
    if f and p and a:
        f, p, a = median(f), median(p), median(a)
        l = 1 / (1 / f + 1 / p)
        out.append(f"F {f:.0f}/s, P {p:.0f}/s, L {l:.0f}/s")
        out.append(f"GET /users/{{id}} at 32 connections: {a:.0f}/s = {a / l:.2f} L (goal 0.90)")
    on, off = b.list("P4", "postern", "rps"), b.list("P4", "unpipelined", "rps")
    if on and off:
        on, off = median(on), median(off)
        out.append(
            f"pipelined {on:.0f}/s, one query in flight {off:.0f}/s at 64 connections: {on / off:.2f} times (goal 1.50)"
        )
    bare = next((s for s in b.subjects("P7") if s.startswith("bare")), None)
    accepted = b.list("P8", "postern", "rps")
    if bare is not None and accepted:
        rate, done = median(b.list("P7", bare, "rps")), median(accepted)
        p99 = median(b.list("P7", "postern flooded", "p99_us")) / 1e3
        failed = sum(b.list("P7", "postern flooded", "bad"))
        word = lambda good: "pass" if good else "FAIL"
        out.append(f"bare crypto_pwhash with {bare.split()[1]} process(es): {rate:.1f}/s")
        out.append(f"{word(p99 < 25)}  p99 of GET: {p99:.1f} ms (goal 25)")
        out.append(f"{word(failed == 0)}  failed GETs: {failed}")
        out.append(f"{word(done >= 0.9 * rate)}  sign-ins a second: {done:.1f} = {done / rate:.2f} of bare (goal 0.90)")
    return out
