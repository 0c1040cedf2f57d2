#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks for texts in the memory of a process: memory.py PID TEXT..., where hex:DIGITS stands for bytes.
Prints those that are there, each on a line. Ends with 1 when none is."""

import sys

PIECE = 1 << 24
HUGE = 1 << 30  # a sanitizer's shadow, which holds no text

pid, texts = sys.argv[1], sys.argv[2:]
wanted = {t: bytes.fromhex(t[4:]) if t.startswith("hex:") else t.encode() for t in texts}
longest = max(map(len, wanted.values()))
found = set()
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        span, mode, *_ = line.split()
        start, end = (int(x, 16) for x in span.split("-"))
        if not mode.startswith("rw") or end - start > HUGE:
            continue
        try:
            memory.seek(start)
            tail = b""
            while start < end:
                piece = memory.read(min(PIECE, end - start))
                start += len(piece)
                found |= {t for t, b in wanted.items() if b in tail + piece}
                tail = piece[1 - longest :]
        except OSError:
            pass
for text in texts:
    if text in found:
        print(text)
sys.exit(not found)
