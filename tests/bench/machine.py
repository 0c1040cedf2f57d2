# SPDX-License-Identifier: MIT
"""What the measurements need of the machine: processes and what they cost, and load.

CPU time is utime + stime of /proc/PID/stat, with that of children that have been waited for. Linux
scales the two to what the scheduler counted, so they are exact to one tick (10 ms) a process, and
reading them needs no privilege.
"""
import json
import os
import pwd
import signal
import subprocess
import time

TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
CPUS = os.cpu_count() or 1
BUILD = "build/bench"


def processes():
    """pid -> (parent, name, CPU microseconds with those of children that have ended)."""
    out = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as f:
                text = f.read()
        except OSError:
            continue  # it has just ended
        name = text[text.index("(") + 1 : text.rindex(")")]
        fields = text[text.rindex(")") + 2 :].split()
        out[int(entry)] = (int(fields[1]), name, sum(map(int, fields[11:15])) * TICK_US)
    return out


def tree(root, known):
    """The process and all that come from it."""
    children = {}
    for pid, (parent, _, _) in known.items():
        children.setdefault(parent, []).append(pid)
    out, todo = [], [root] if root in known else []
    while todo:
        pid = todo.pop()
        out.append(pid)
        todo += children.get(pid, [])
    return out


def pss_kib(pids):
    """Memory of processes, with what they share divided among the sharers; None: not to be read."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except ProcessLookupError:
            continue
        except OSError:
            return None
    return total


def machine_ticks():
    """All CPU time of the machine, what of it was idle, and what its host took away."""
    with open("/proc/stat") as f:
        fields = [int(n) for n in f.readline().split()[1:9]]
    return sum(fields), fields[3] + fields[4], fields[7]


class Process:
    """One that was started here, and whom it started. Ended with the measurements at the latest."""

    running = []

    def __init__(self, owner, command, log, environment=None):
        self.popen = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            **owner,
        )
        self.pid = self.popen.pid
        Process.running.append(self)

    def alive(self):
        return self.popen.poll() is None

    def stop(self, gently=True):
        """Gently: as an administrator would; otherwise at once, with all whom it started."""
        if gently and self.alive():
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
        if self in Process.running:
            Process.running.remove(self)

    @classmethod
    def stop_all(cls):
        for process in list(reversed(cls.running)):
            process.stop()


class Owner:
    """The user whom the database knows: www-data when we are root."""

    def __init__(self):
        self.popen = {}
        self.command = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("www-data")
            self.popen = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            self.command = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"]


class Subject:
    """A server behind nginx. kind: fastcgi or proxy. key: what names its socket in its settings."""

    def __init__(self, name, kind, key=None, command=None, settings=None):
        self.name, self.kind, self.key, self.command = name, kind, key, command
        self.settings = settings or {}
        self.tls = self.plain = None  # ports
        self.process = None
        self.pid = None

    def socket(self, bench):
        return f"{bench.work}/peers/{self.name}.sock"

    def start(self, bench, path=None):
        path = path or self.socket(bench)
        if os.path.exists(path):
            os.unlink(path)
        command = [path if word == "SOCKET" else word for word in self.command]
        settings = {**self.settings, **({self.key: path} if self.key else {})}
        self.process = Process(bench.owner.popen, command, bench.log(self.name), settings)
        self.pid = self.process.pid

    def stop(self):
        if self.process is not None:
            self.process.stop()
            self.process = self.pid = None

    def pids(self, known, name=None):
        return [p for p in tree(self.pid, known) if name is None or known[p][1] == name]


class Bench:
    """Where things are, and the blocks of measurements. A block is a line of blocks.jsonl."""

    def __init__(self, work, out):
        self.work, self.out, self.owner = work, out, Owner()
        self.nginx = None
        os.makedirs(f"{work}/log", exist_ok=True)
        os.makedirs(f"{work}/peers", exist_ok=True)
        if os.geteuid() == 0:
            user = pwd.getpwnam("www-data")
            os.chown(f"{work}/peers", user.pw_uid, user.pw_gid)
        with open(f"{work}/main/pg/postmaster.pid") as f:
            self.postgres = int(f.readline())
        self.blocks = open(f"{out}/blocks.jsonl", "w")
        self.count = 0

    def log(self, name):
        return open(f"{self.work}/log/{name}.log", "a")

    def write(self, name, lines):
        path = f"{self.work}/{name}"
        with open(path, "w") as f:
            f.writelines(line + "\n" for line in lines)
        return path

    def record(self, workload, subject, round_, **figures):
        self.count += 1
        block = {"workload": workload, "subject": subject, "round": round_, "order": self.count, **figures}
        json.dump(block, self.blocks)
        self.blocks.write("\n")
        self.blocks.flush()
        return block

    def costs(self, subject):
        known = processes()
        groups = {"nginx": tree(self.nginx.pid, known), "pg": tree(self.postgres, known)}
        if subject.pid is not None:
            groups["app"] = subject.pids(known)
        return {g: sum(known[p][2] for p in pids) for g, pids in groups.items()}, machine_ticks()

    def load(self, subject, seconds, *, plain=False, **options):
        """Load on a subject: what came back, and what that cost each of those who took part."""
        command = self.load_command(subject, seconds, plain=plain, **options)
        cpu, ticks = self.costs(subject)
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
        cpu2, ticks2 = self.costs(subject)
        if done.returncode != 0:
            raise SystemExit(f"load on {subject.name}: {done.stderr.strip()}")
        return figures(json.loads(done.stdout), cpu, cpu2, ticks, ticks2)

    def load_command(self, subject, seconds, *, plain=False, **options):
        address = f"http://127.0.0.1:{subject.plain}" if plain else f"https://127.0.0.1:{subject.tls}"
        command = [f"{BUILD}/load", "--json", "--url", address + options.pop("path", "/"), "--seconds", str(seconds)]
        for name, value in options.items():
            if value is not None:
                command += ["--" + name.replace("_", "-"), str(value)]
        return command

    def psql(self, database, statement):
        command = [*self.owner.command, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postern"]
        subprocess.run([*command, "-h", f"{self.work}/main/sock", "-c", statement, database], check=True, cwd="/")

    def pgbench(self, script, clients, seconds, variables=None):
        """Transactions a second, by clients on the unix socket."""
        command = self.owner.command + [self.pgbench_path, "-n", "-M", "prepared", "-f", script]
        command += ["-c", str(clients), "-j", str(min(clients, 2)), "-T", str(max(1, round(seconds)))]
        for name, value in (variables or {}).items():
            command += ["-D", f"{name}={value}"]
        command += ["-U", "postern", "-h", f"{self.work}/main/sock", "postern"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, cwd="/")
        for line in done.stdout.splitlines():
            if line.startswith("tps"):
                return float(line.split()[2])
        raise SystemExit(f"pgbench: {done.stderr.strip()}")


def figures(reply, cpu, cpu2, ticks, ticks2):
    good = reply["by_class"]["2xx"]
    out = {
        "good": good,
        "bad": reply["sent"] - good,
        "rps": good / reply["seconds"] if reply["seconds"] > 0 else 0,
        "seconds": reply["seconds"],
        "p50_us": reply["p50_us"],
        "p99_us": reply["p99_us"],
        "max_us": reply["max_us"],
        "by_status": reply["by_status"],
        "errors": reply["errors"],
        "unsent": reply["unsent"],
        "steal": (ticks2[2] - ticks[2]) / max(1, ticks2[0] - ticks[0]),
        "idle": (ticks2[1] - ticks[1]) / max(1, ticks2[0] - ticks[0]),
    }
    for group in cpu:
        out[f"{group}_us"] = (cpu2[group] - cpu[group]) / good if good else None
    return out


def wait_until(what, seconds, test):
    """Asks again and again; False when the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.02)
    print(f"  {what}: not within {seconds} s", flush=True)
    return False
