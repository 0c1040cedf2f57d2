#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks for a text in the memory of a process: memory.py PID TEXT. Ends with 1 when it is not there."""

import sys

pid, text = sys.argv[1], sys.argv[2].encode()
found = 0
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        span, mode, *_ = line.split()
        if not mode.startswith("rw"):
            continue
        start, end = (int(x, 16) for x in span.split("-"))
        try:
            memory.seek(start)
            found += memory.read(end - start).count(text)
        except OSError:
            pass
print(found)
sys.exit(found == 0)
