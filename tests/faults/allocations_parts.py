# SPDX-License-Identifier: MIT
"""What allocations.py works with: the preloaded code's control file, the pool's processes, HTTP, SQL."""

import collections
import http.client
import json
import mmap
import os
import struct
import subprocess
import time

ALL, SPARE, ONLY = range(3)  # as enum fault_spare


class Control:
    """The layout of struct fault_control in allocations.h."""

    FAIL_AT, COUNT, TOTAL, FAILED, PID, SPARE, TRIAL, LOST, WHERE = 0, 8, 16, 24, 32, 36, 40, 44, 48
    WHERE_SIZE, LIVE, SLOTS = 1024, 48 + 1024, 1 << 16
    SLOT = 24
    SIZE = LIVE + SLOTS * SLOT
    QUIET = 0.2  # seconds that the worker asks for nothing by itself, of 0.3

    def __init__(self, path):
        with open(path, "r+b") as file:
            file.truncate(self.SIZE)
            self.map = mmap.mmap(file.fileno(), self.SIZE)
        self.heard = 0.0

    def _get(self, kind, at):
        return struct.unpack_from(kind, self.map, at)[0]

    def _put(self, kind, at, value):
        struct.pack_into(kind, self.map, at, value)

    def arm(self, pid, trial, n, spare):
        self._put("=q", self.FAILED, 0)
        self._put("=q", self.COUNT, 0)
        self._put("=q", self.FAIL_AT, n)
        self._put("=i", self.SPARE, spare)
        self._put("=i", self.PID, pid)
        self._put("=i", self.TRIAL, trial)

    def disarm(self):
        """Goes on seeing what is freed."""
        self._put("=i", self.TRIAL, 0)

    def failed(self):
        return self._get("=q", self.FAILED)

    def where(self):
        text = self.map[self.WHERE : self.WHERE + self.WHERE_SIZE]
        return text.split(b"\0")[0].decode("ascii", "replace")

    def quiet(self, pid):
        """Until the worker has just read what was revoked, and will not for a while."""
        self._put("=i", self.PID, pid)
        if time.monotonic() - self.heard < self.QUIET:
            return
        before, end = self._get("=q", self.TOTAL), time.monotonic() + 1
        while self._get("=q", self.TOTAL) == before and time.monotonic() < end:
            time.sleep(0.001)
        while before != (before := self._get("=q", self.TOTAL)):
            time.sleep(0.004)
        self.heard = time.monotonic()

    def left(self):
        """Trial, place in it, and address of who asked for each block that was not freed."""
        for at in range(self.LIVE, self.SIZE, self.SLOT):
            block, caller, trial, nth = struct.unpack_from("=QQII", self.map, at)
            if block != 0:
                yield trial, nth, caller

    def forget(self):
        """The process is no more, and its blocks are neither."""
        self.map[self.LIVE : self.SIZE] = bytes(self.SIZE - self.LIVE)


class Pool:
    def __init__(self, master):
        self.master = master

    def pid(self, kind):
        with open(f"/proc/{self.master}/task/{self.master}/children", encoding="ascii") as file:
            for pid in map(int, file.read().split()):
                try:
                    with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                        if comm.read().strip() == kind[:15]:
                            return pid
                except OSError:
                    pass
        return 0

    def library(self, pid, address):
        """What the code at that address belongs to."""
        with open(f"/proc/{pid}/maps", encoding="ascii") as file:
            for line in file:
                start, end = (int(x, 16) for x in line.split()[0].split("-"))
                if start <= address < end:
                    return line.split("/")[-1].split(".so")[0].strip()
        return "?"

    def alive(self, pid):
        """Not even dying: that takes a while, with its memory to be written down."""
        time.sleep(0.001)
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    def wait_for(self, kind, before):
        end = time.monotonic() + 10
        while self.pid(kind) in (0, before):
            if time.monotonic() > end:
                raise SystemExit(f"no other {kind} came")
            time.sleep(0.005)


class Reply:
    def __init__(self, status, headers, text, cut=False):
        self.status, self.headers, self.text = status, headers, text
        self.cut = cut  # seen to be not the whole

    def json(self):
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Web:
    """One connection to nginx; nothing is sent twice."""

    def __init__(self, port):
        self.port, self.kept = port, None

    def close(self):
        if self.kept is not None:
            self.kept.close()
        self.kept = None

    def send(self, case):
        headers = dict(case.headers)
        body = case.body
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        if case.token is not None:
            headers["Authorization"] = "Bearer " + case.token
        try:
            if self.kept is None:
                self.kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.kept.request(case.method, case.path, body, headers)
            reply = self.kept.getresponse()
            return Reply(reply.status, reply.headers, reply.read().decode("utf-8", "replace"))
        except http.client.IncompleteRead as e:
            self.close()
            return Reply(reply.status, reply.headers, e.partial.decode("utf-8", "replace"), True)
        except (OSError, http.client.HTTPException):
            self.close()
            return Reply(0, {}, "")


class Database:
    """One psql for all questions."""

    END = "that was the answer"

    def __init__(self, command):
        self.psql = subprocess.Popen(
            command.split() + ["-XqAt", "-v", "ON_ERROR_STOP=1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=os.sep,
        )

    def ask(self, sql):
        self.psql.stdin.write(f"{sql};\n\\echo {self.END}\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline().rstrip("\n")) != self.END:
            if self.psql.poll() is not None:
                raise SystemExit(f"psql has ended: {sql}")
            lines.append(line)
        return "\n".join(lines)
