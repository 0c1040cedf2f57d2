# SPDX-License-Identifier: MIT
"""Makes the report of blocks.jsonl: a table, results.json, table.md, report.html, and on demand the
newest table in docs/performance.md. Called by tests/bench/run."""
import argparse
import datetime
import html
import json
import os
import platform
import random
import re
import subprocess

import charts
from goals import CONTROL_MAX, NAMES, REPLY_US, goals, lines

DOCS = "docs/performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def median(values):
    v = sorted(values)
    return (v[(len(v) - 1) // 2] + v[len(v) // 2]) / 2


def percentile(values, part):
    v = sorted(values)
    return v[min(len(v) - 1, round(part * (len(v) - 1)))]


class Blocks:
    """What was measured, by workload and subject."""

    def __init__(self, path):
        self.all = {}
        self.steal, self.failed = [], {}
        with open(path) as f:
            for line in f:
                b = json.loads(line)
                self.all.setdefault((b["workload"], b["subject"]), []).append(b)
                if "steal" in b:
                    self.steal.append(b["steal"])
                if b.get("bad") and b["workload"] != "P7":
                    key = f"{b['workload']} {b['subject']}"
                    self.failed[key] = self.failed.get(key, 0) + b["bad"]

    def subjects(self, workload):
        return [s for w, s in self.all if w == workload]

    def workloads(self):
        return dict.fromkeys(w for w, _ in self.all)

    def values(self, workload, subject, field):
        """round -> value. field: a name, or names that are added."""
        fields = (field,) if isinstance(field, str) else field
        out = {}
        for b in self.all.get((workload, subject), []):
            found = [b[f] for f in fields if b.get(f) is not None]
            if found:
                out[b["round"]] = sum(found)
        return out

    def list(self, workload, subject, field):
        return list(self.values(workload, subject, field).values())

    def ratios(self, field, a, b):
        """a and b: (workload, subject), paired by their rounds."""
        upper, lower = self.values(*a, field), self.values(*b, field)
        return [upper[r] / lower[r] for r in upper if lower.get(r)]


def interval(values, what=median):
    """The 95 % interval of a statistic, by bootstrap; always the same for the same values."""
    if len(values) < 3:
        return min(values), max(values)
    dice = random.Random(1)
    samples = sorted(what(dice.choices(values, k=len(values))) for _ in range(4000))
    return samples[100], samples[3899]


def judge(blocks):
    """The goals with their figures; those whose subjects were not measured are left out."""
    out = []
    for g in goals(blocks):
        if not g.values:
            continue
        what = (lambda v: percentile(v, 0.95)) if g.statistic == "p95" else median
        figure, (low, high) = what(g.values), interval(g.values, what)
        worst = high if g.better == "low" else low
        meets = lambda bound: bound is not None and (worst <= bound if g.better == "low" else worst >= bound)
        verdict = "goal" if meets(g.goal) else "floor" if meets(g.floor) else "missed"
        if g.goal is None:
            verdict = ""
        out.append(
            {
                "id": g.id,
                "what": g.what,
                "unit": g.unit,
                "better": g.better,
                "goal": g.goal,
                "floor": g.floor,
                "figure": figure,
                "interval": [low, high],
                "n": len(g.values),
                "verdict": verdict,
            }
        )
    return out


def number(v):
    if v is None:
        return "-"
    return f"{v:,.0f}" if abs(v) >= 100 else f"{v:.1f}" if abs(v) >= 10 else f"{v:.2f}"


def goal_rows(results):
    rows = [["", "what", "figure", "95 % interval", "goal (floor)", "verdict"]]
    for g in results:
        sign = "<=" if g["better"] == "low" else ">="
        bound = "" if g["goal"] is None else f"{sign} {number(g['goal'])}"
        if g["floor"] is not None:
            bound += f" ({number(g['floor'])})"
        unit = f" {g['unit']}" if g["unit"] else ""
        spread = "" if g["n"] == 1 else f"{number(g['interval'][0])} .. {number(g['interval'][1])}"
        rows.append([g["id"], g["what"], number(g["figure"]) + unit, spread, bound, g["verdict"]])
    return rows


def absolute(blocks):
    """Plain figures of each subject, for who wants to see more than ratios: label -> name -> value."""
    columns = {
        "GET req/s": ("P1", "rps", 1),
        "CPU us: app": ("P1", "app_us", 1),
        "CPU us: nginx": ("P1", "nginx_us", 1),
        "CPU us: PostgreSQL": ("P1", "pg_us", 1),
        "p50 ms": ("latency", "p50_us", 1e-3),
        "p99 ms": ("latency", "p99_us", 1e-3),
        "at req/s": ("latency", "rate", 1),
        "list of 100/s": ("P10", "rps", 1),
        "PUT/s": ("P12", "rps", 1),
        "sign-ins/s": ("P5", "rps", 1),
        "idle MiB": ("P14", "idle_kib", 1 / 1024),
        "at 256 MiB": ("P14", "loaded_kib", 1 / 1024),
        "start ms": ("P15", "ms", 1),
        "size KiB": ("P16", "kib", 1),
    }
    out = {}
    for label, (workload, field, scale) in columns.items():
        for name in ("postern", "hashers", "seed", "tuned", "fastify"):
            values = blocks.list(workload, name, field)
            if values:
                out.setdefault(label, {})[name] = median(values) * scale
    return out


def absolute_rows(figures):
    names = [n for n in ("postern", "hashers", "seed", "tuned", "fastify") if any(n in f for f in figures.values())]
    rows = [["", *(NAMES[n] for n in names)]]
    for label, by_name in figures.items():
        rows.append([label, *(number(by_name.get(n)) for n in names)])
    return rows


def control(blocks):
    """The first subject of P1 against itself."""
    out = {}
    for label, field in (("throughput", "rps"), ("CPU of the app", "app_us")):
        ratios = blocks.ratios(field, ("P1", "again"), ("P1", "postern"))
        if ratios:
            out[label] = median(ratios)
    return out


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        return (done.stdout or done.stderr).strip().split("\n")[0]
    except OSError:
        return None


def locked_crates():
    with open("tests/bench/axum/Cargo.lock") as f:
        found = dict(re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"', f.read()))
    return {n: found[n] for n in ("axum", "sqlx", "tokio", "jsonwebtoken", "argon2")}


def locked_modules():
    with open("tests/bench/fastify/package-lock.json") as f:
        packages = json.load(f)["packages"]
    return {n: packages[f"node_modules/{n}"]["version"] for n in ("fastify", "pg", "@fastify/jwt", "argon2")}


def environment(blocks):
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())
    text = lambda d: ", ".join(f"{k} {v}" for k, v in d.items())
    steal = blocks.steal or [0]
    env = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPUs ({model}), Linux {platform.release()}",
        "Postern": first_line("git", "describe", "--always", "--dirty") or "no git",
        "PostgreSQL": first_line("psql", "--version"),
        "nginx": first_line("nginx", "-v") or first_line("/usr/sbin/nginx", "-v"),
        "S, S+": f"{first_line('rustc', '--version') or 'no rustc'}; {text(locked_crates())}",
        "Fastify": f"node {first_line('node', '--version') or '-'}; {text(locked_modules())}",
        "CPU taken by the host": f"{100 * median(steal):.1f} % of the time (median), {100 * max(steal):.1f} % at most",
    }
    return {k: v for k, v in env.items() if v}


def notes(args, blocks, ratios, skipped):
    out = [f"{args.rounds} rounds of blocks of {args.seconds:g} s; {args.users:,} users; CPU time is of one reply."]
    if args.quick:
        out.append("A smoke test: it shows that everything runs. Its figures mean nothing.")
    for pool in blocks.list("tuning", "tuned", "pool"):
        out.append(f"S+ has a pool of {pool} connections{'' if args.quick else ', with which it was fastest'}.")
    for what, ratio in ratios.items():
        off = abs(ratio - 1)
        verdict = "as it should be" if off <= CONTROL_MAX else "VOID: the machine was too noisy to tell subjects apart"
        out.append(f"Control: {what} of Postern against itself {ratio:.3f} ({verdict}; up to {CONTROL_MAX:.0%} is allowed).")
    for what, n in blocks.failed.items():
        out.append(f"{what}: {n} requests were not answered with 2xx.")
    out += [f"Skipped: {line}." for line in skipped]
    return out


def text_table(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in rows)


def markdown_table(rows):
    body = ["| " + " | ".join(r) + " |" for r in rows]
    return "\n".join([body[0], "|" + "---|" * len(rows[0]), *body[1:]])


def html_table(rows, classes=lambda row: ""):
    cell = lambda tag, c: f"<{tag}>{html.escape(c)}</{tag}>"
    head = "".join(cell("th", c) for c in rows[0])
    body = "".join(f'<tr class="{classes(r)}">' + "".join(cell("td", c) for c in r) + "</tr>\n" for r in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>"


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Postern: measured side by side</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.15rem; margin-top: 2.2rem; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }}
th, td {{ text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #ddd; }}
tr.goal td:last-child {{ color: #1a7f37; font-weight: 600; }} tr.floor td:last-child {{ color: #9a6700; font-weight: 600; }}
tr.missed td:last-child {{ color: #c62828; font-weight: 600; }}
figure {{ margin: 1.5rem 0; overflow-x: auto; }} figcaption {{ color: #555; font-size: .9rem; }} svg {{ max-width: 100%; height: auto; }}
</style>
<h1>Postern: measured side by side</h1>
{notes}
<h2>Goals</h2>
<p>A goal or floor is met when the worse end of the interval meets it. Ratios are medians of pairs of blocks that ran in turn.</p>
{goals}
<h2>Plain figures</h2>
{absolute}
{charts}
<h2>The machine</h2>
{environment}
</html>
"""


def write_page(path, results, rows, plain, said, env, blocks):
    paragraphs = "\n".join(f"<p>{html.escape(line)}</p>" for line in said)
    figures = charts.draw(blocks, results, median, interval)
    if figures is None:
        print("no charts: python3-matplotlib is not installed")
    drawn = "\n".join(
        f"<h2>{html.escape(title)}</h2><figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"
        for title, caption, svg in figures or []
    )
    with open(path, "w") as f:
        f.write(
            PAGE.format(
                notes=paragraphs,
                goals=html_table(rows, lambda r: r[-1]),
                absolute=html_table(plain),
                charts=drawn,
                environment=html_table([["", ""], *map(list, env.items())]),
            )
        )


def update_docs(table):
    with open(DOCS) as f:
        text = f.read()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    with open(DOCS, "w") as f:
        f.write(f"{before}{BEGIN}\n{table}\n{END}{after}")
    print(f"{DOCS} has the new table")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--update-docs", action="store_true")
    args = parser.parse_args()
    blocks = Blocks(f"{args.out}/blocks.jsonl")
    with open(f"{args.out}/skipped.txt") as f:
        skipped = f.read().splitlines()
    results, figures, ratios = judge(blocks), absolute(blocks), control(blocks)
    env, rows, plain = environment(blocks), goal_rows(results), absolute_rows(figures)
    said = notes(args, blocks, ratios, skipped)
    everything = {
        "environment": env,
        "options": {k: v for k, v in vars(args).items() if k != "out"},
        "goals": results,
        "subjects": figures,
        "control": ratios,
        "skipped": skipped,
    }
    with open(f"{args.out}/results.json", "w") as f:
        json.dump(everything, f, indent="\t")
    parts = [f"{env['date']}, {env['machine']}.", markdown_table(rows), markdown_table(plain), "\n".join(f"- {s}" for s in said)]
    parts.append("\n".join(f"- {k}: {v}" for k, v in env.items() if k not in ("date", "machine")))
    table = "\n\n".join(parts)
    with open(f"{args.out}/table.md", "w") as f:
        f.write(table + "\n")
    write_page(f"{args.out}/report.html", results, rows, plain, said, env, blocks)
    tables = [text_table(t) + "\n" for t in (rows, plain) if len(t) > 1]
    print("", *tables, *said, *lines(blocks, median), "", sep="\n")
    if args.update_docs:
        update_docs(table)


if __name__ == "__main__":
    main()
