# SPDX-License-Identifier: MIT
"""What chaos.py knows of the stack: SQL as the superuser, the pool's processes, its logs."""

import os
import re
import shlex
import signal
import subprocess
import threading
import time

PATIENCE_S = 30


class Sql:
    """One session of psql, for one thread. Statements that fail are told on stderr, and go on."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.mark = 0

    def begin(self, text):
        """Sends it and comes back; `finish` waits for it."""
        self.mark += 1
        self.process.stdin.write(f"{text};\n\\echo chaos-mark-{self.mark}\n")
        self.process.stdin.flush()

    def finish(self):
        """Rows, each a list of strings."""
        rows = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == f"chaos-mark-{self.mark}":
                return rows
            rows.append(line.split("|"))
        raise RuntimeError("psql has ended")

    def rows(self, text):
        self.begin(text)
        return self.finish()

    def value(self, text):
        return self.rows(text)[0][0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Pool:
    """The processes of the pool. Whoever stops or ends one says so: every other end is a fault."""

    def __init__(self, run_dir):
        self.run_dir = run_dir
        with open(f"{run_dir}/pid/pool", encoding="ascii") as f:
            self.master = int(f.read())
        self.killed, self.stopped = set(), set()
        self.turn = threading.Lock()  # of who stops processes

    def children(self, kind):
        found = []
        with open(f"/proc/{self.master}/task/{self.master}/children", encoding="ascii") as f:
            for pid in map(int, f.read().split()):
                try:
                    with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                        if comm.read().strip() == kind[:15]:
                            found.append(pid)
                except OSError:
                    pass
        return sorted(found)

    def workers(self):
        return self.children("postern-worker")

    def kill(self, pid):
        self.killed.add(pid)
        self._signal(pid, signal.SIGKILL)

    def stop(self, pid):
        """For less than a worker may be silent, or it is taken for one that hangs."""
        self.stopped.add(pid)
        self._signal(pid, signal.SIGSTOP)

    def go_on(self, pid):
        self._signal(pid, signal.SIGCONT)

    def reload(self):
        self._signal(self.master, signal.SIGHUP)

    @staticmethod
    def _signal(pid, what):
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            pass

    def deaths(self):
        """Of the log: ends that nobody here has caused, and how many there were in all."""
        strange, count = [], 0
        pattern = re.compile(r"\(pid (\d+)\) (was ended by signal (\d+)|left with status)|pid (\d+) gives no sign of life")
        for line in self.log("postern.log"):
            found = pattern.search(line)
            if not found:
                continue
            pid = int(found[1] or found[4])
            by_kill = found[3] == str(int(signal.SIGKILL)) or found[4]
            count += 1
            if not (by_kill and (pid in self.killed or pid in self.stopped)):
                strange.append(line.strip())
        return strange, count

    def log(self, name):
        with open(f"{self.run_dir}/log/{name}", encoding="utf-8", errors="replace") as f:
            yield from f

    def matching(self, name, pattern):
        sought = re.compile(pattern)
        return [line.strip() for line in self.log(name) if sought.search(line)]

    def largest_worker(self):
        """Its kilobytes (RSS)."""
        largest = 0
        for pid in self.workers():
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                largest = max(largest, next(int(line.split()[1]) for line in f if line.startswith("VmRSS:")))
        return largest


BUSY = """select count(*) from pg_stat_activity
	where application_name = 'postern' and (state like 'idle in transaction%' or state = 'active' or wait_event_type = 'Lock')"""


def quiet(sql, seconds=PATIENCE_S):
    """Whether the service has nothing left to do with the database, soon enough."""
    end, still = time.monotonic() + seconds, 0
    while still < 6 and time.monotonic() < end:
        still = still + 1 if sql.value(BUSY) == "0" else 0
        time.sleep(0.1)
    return still >= 6


def disturb(what):
    """SQL that ends or cancels one connection of the service, whichever."""
    function = {"terminate": "pg_terminate_backend", "cancel": "pg_cancel_backend"}[what]
    active = "and state = 'active'" if what == "cancel" else ""
    return f"""select count({function}(pid)) from (select pid from pg_stat_activity
		where application_name = 'postern' {active} order by random() limit 1) one"""
