#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a command that asks for a password at a terminal of its own, and says what became of that.

    terminal.py HOW PASSWORD COMMAND...

HOW it goes on once it has asked: enter (the password and Enter), suspend (Ctrl-Z before that), interrupt
(Ctrl-C), quit (Ctrl-\\), end (Ctrl-D), or the name of a signal. With GO in the environment not before there
is a file of that name.
"""

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
import time

KEYS = {"interrupt": b"\x03", "quit": b"\x1c", "end": b"\x04"}
PATIENCE = 60


def shown(fd):
    return "yes" if termios.tcgetattr(fd)[3] & termios.ECHO else "no"


def own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(fd, word):
    seen = b""
    while word not in seen:
        if not select.select([fd], [], [], PATIENCE)[0]:
            sys.exit("nothing more was said after %r" % seen)
        try:
            more = os.read(fd, 4096)
        except OSError:  # nobody has the other end any more
            break
        if not more:
            break
        seen += more
    return seen


def main():
    how, password, command = sys.argv[1], sys.argv[2].encode(), sys.argv[3:]
    ours, theirs = os.openpty()
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=own_terminal)
    seen = read_until(ours, b"Password: ")
    while shown(theirs) == "yes" and child.poll() is None:
        select.select([], [], [], 0.01)  # it asks, and then stops showing
    print("echo while asked:", shown(theirs), flush=True)
    # Not for ever: a test that has failed meanwhile makes no such file, and bats waits for this.
    until = time.monotonic() + PATIENCE
    while "GO" in os.environ and not os.path.exists(os.environ["GO"]) and time.monotonic() < until:
        select.select([], [], [], 0.02)
    if how in ("enter", "suspend"):
        os.write(ours, (b"\x1a" if how == "suspend" else b"") + password + b"\n")
    elif how in KEYS:
        os.write(ours, KEYS[how])
    else:
        child.send_signal(getattr(signal, "SIG" + how))
    status = child.wait(PATIENCE)
    print("echo afterwards:", shown(theirs))
    os.close(theirs)
    print((seen + read_until(ours, b"\0")).decode(errors="replace"))
    print("exit status:", status)


if __name__ == "__main__":
    main()
