#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Looks for texts in the memory of a process: memory.py PID TEXT..., where hex:DIGITS stands for bytes.
Prints those that are there, each on a line. Ends with 1 when none is."""

import sys

PAGE = 4096
PIECE = 1 << 24
HUGE = 1 << 30  # a sanitizer's shadow, which holds no text
HELD = 3  # of the two highest bits of a pagemap entry: in memory, or swapped out

pid, texts = sys.argv[1], sys.argv[2:]
wanted = {t: bytes.fromhex(t[4:]) if t.startswith("hex:") else t.encode() for t in texts}
longest = max(map(len, wanted.values()))
# Most texts begin alike, and most pieces hold none of them: those are looked through once.
beginnings = {b[:7] for b in wanted.values()}
found = set()


def held(pages, start, end):
    """Spans of pages that were ever written to; the others are zeros, and sanitizers have many."""
    pages.seek(start // PAGE * 8)
    entries = pages.read((end - start) // PAGE * 8)
    first = None
    for at, high in zip(range(start, end, PAGE), entries[7::8]):
        if high >> 6 & HELD:
            first = at if first is None else first
        elif first is not None:
            yield first, at
            first = None
    if first is not None:
        yield first, end


def look(memory, start, end):
    memory.seek(start)
    tail = b""
    while start < end:
        piece = memory.read(min(PIECE, end - start))
        start += len(piece)
        piece = tail + piece
        near = {b for b in beginnings if b in piece}
        found.update(t for t, b in wanted.items() if b[:7] in near and b in piece)
        tail = piece[1 - longest :]


with (
    open(f"/proc/{pid}/maps") as maps,
    open(f"/proc/{pid}/mem", "rb", 0) as memory,
    open(f"/proc/{pid}/pagemap", "rb") as pages,
):
    for line in maps:
        span, mode, *_ = line.split()
        start, end = (int(x, 16) for x in span.split("-"))
        if not mode.startswith("rw") or end - start > HUGE:
            continue
        for at, to in held(pages, start, end):
            try:
                look(memory, at, to)
            except OSError:
                pass
for text in texts:
    if text in found:
        print(text)
sys.exit(not found)
