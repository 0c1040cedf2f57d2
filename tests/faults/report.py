#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes one text of what the faults have said, build/faults-report/report.txt, and with --update-docs
the table of docs/reliability.md."""

import os
import platform
import sys

FOLDER, PAGE = "build/faults-report", "docs/reliability.md"
BEGIN, END = "<!-- faults:begin -->", "<!-- faults:end -->"
# In the order of the page; a fault that is not named here is among the last.
GROUPS = {
    "Processes": "kills frozen crash-at-start reloads herd",
    "Database": "database-restarts database-hangs terminated locks conflicts failover",
    "Network and peers": "network half-records malformed huge slowloris streams attackers",
    "Memory, disk, logs": "memory soak allocations out-of-memory disk-full logs",
    "Time": "clock revocation",
    "Data": "races power-loss",
    "Mail": "mail",
    "All at once": "chaos",
    "Others": "",
}


def read():
    """Of each fault its date, its mode, and rows of result, promise and figure."""
    found = {}
    for name in sorted(os.listdir(FOLDER)):
        if not name.endswith(".tsv"):
            continue
        with open(f"{FOLDER}/{name}", encoding="utf-8", errors="replace") as f:
            rows = [line.rstrip("\n").split("\t") for line in f]
        found[name[:-4]] = (rows[0][1], rows[0][2], [(row + ["", ""])[:3] for row in rows[1:]])
    return found


def grouped(found):
    left = set(found)
    for group, names in GROUPS.items():
        here = [n for n in names.split() if n in left] if names else sorted(left)
        left -= set(here)
        if here:
            yield group, here


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").strip()


def text(found):
    return "".join(f"{result}  {name}  {promise}: {figure}\n" for name in found for result, promise, figure in found[name][2])


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def table(found):
    results = [row[0] for _, _, rows in found.values() for row in rows]
    dates = sorted({date for date, _, _ in found.values()})
    total = ", ".join(f"{results.count(r)} {word}" for r, word in (("pass", "passed"), ("FAIL", "failed"), ("skip", "skipped")))
    lines = [
        f"{' to '.join(dates[:1] + dates[1:][-1:])}, {os.cpu_count()} CPUs ({processor()}), Linux {platform.release()}: {total}.",
        "",
        "| promise | test | figure | verdict |",
        "|---|---|---|---|",
    ]
    for group, names in grouped(found):
        lines.append(f"| **{group}** | | | |")
        for name in names:
            mode = f" ({found[name][1]})" if found[name][1] else ""
            lines += [f"| {cell(promise)} | {name}{mode} | {cell(figure)} | {result} |" for result, promise, figure in found[name][2]]
    return "\n".join(lines)


def update(page):
    with open(PAGE, encoding="utf-8") as f:
        before, rest = f.read().split(BEGIN)
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(f"{before}{BEGIN}\n{page}\n{END}{rest.split(END)[1]}")


def main():
    found = read()
    with open(f"{FOLDER}/report.txt", "w", encoding="utf-8") as f:
        f.write(text(found))
    if "--update-docs" in sys.argv[1:] and found:
        update(table(found))


if __name__ == "__main__":
    main()
