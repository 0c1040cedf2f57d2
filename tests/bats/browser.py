#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Opens a page in Chromium, over its own protocol on a pair of pipes, and does what it is told there.

    browser.py LANGUAGE URL STEP...

A STEP is "key:Tab" or such, "loaded" (waits for the next page), "until:" and an expression that is to
become true, on whichever page, or an expression in JavaScript whose promise is waited for. With the variable NO_SCRIPTS the pages' own scripts do not run. Prints JSON: what
the last expression gave, what was asked of the network and with which Referer, and what the browser
complained about.
"""

import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time

SECONDS = 30
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " ")}


def high(fd):
    """The same, out of the way of 3 and 4."""
    new = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(fd)
    return new


class Browser:
    def __init__(self, language, profile):
        # What it reads is its descriptor 3, what it writes 4.
        to_it, from_us = (high(fd) for fd in os.pipe())
        to_us, from_it = (high(fd) for fd in os.pipe())
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
                   "--disable-component-update", "--ignore-certificate-errors",
                   f"--accept-lang={language}", f"--lang={language}",
                   f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        script = f"exec 3<&{to_it} 4>&{from_it} {to_it}<&- {from_it}>&-; exec \"$@\""
        self.process = subprocess.Popen(["bash", "-c", script, "bash", *command],
                                        pass_fds=(to_it, from_it), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_it)
        os.close(from_it)
        self.out, self.read, self.rest = from_us, to_us, b""
        self.count, self.session, self.events = 0, None, []
        self.deadline = time.monotonic() + SECONDS

    def message(self):
        while b"\0" not in self.rest:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.read], [], [], left)[0]:
                raise SystemExit(f"browser: it took too long; the last it said is {self.events[-3:]}")
            piece = os.read(self.read, 65536)
            if not piece:
                raise SystemExit("browser: Chromium has gone")
            self.rest += piece
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.count += 1
        request = {"id": self.count, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while True:
            reply = self.message()
            if reply.get("id") == self.count:
                if "error" in reply:
                    raise SystemExit(f"browser: {method}: {reply['error']['message']}")
                return reply["result"]
            self.events.append(reply)

    def wait(self, event, times):
        while sum(e.get("method") == event for e in self.events) < times:
            self.events.append(self.message())

    def evaluate(self, expression):
        reply = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                          returnByValue=True, userGesture=True)
        if "exceptionDetails" in reply:
            raise SystemExit(f"browser: {reply['exceptionDetails']}")
        return reply["result"].get("value")

    def until(self, expression):
        while not self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value"):
            time.sleep(0.05)

    def press(self, key):
        code, text = KEYS[key]
        common = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)


def main():
    language, url, *steps = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        b = Browser(language, profile)
        try:
            target = b.call("Target.createTarget", url="about:blank")["targetId"]
            b.session = b.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Network", "Log", "Runtime"):
                b.call(f"{domain}.enable")
            if os.environ.get("NO_SCRIPTS"):
                b.call("Emulation.setScriptExecutionDisabled", value=True)
            b.call("Page.navigate", url=url)
            pages, result = 1, None
            b.wait("Page.loadEventFired", pages)
            for step in steps:
                if step.startswith("key:"):
                    b.press(step[4:])
                elif step == "loaded":
                    pages += 1
                    b.wait("Page.loadEventFired", pages)
                elif step.startswith("until:"):
                    b.until(step[6:])
                else:
                    result = b.evaluate(step)
        finally:
            b.process.kill()
            b.process.wait()
    params = [(e.get("method"), e.get("params", {})) for e in b.events]
    requests = [p["request"] for m, p in params if m == "Network.requestWillBeSent"]
    print(json.dumps({
        "result": result,
        "requests": [f"{r['method']} {r['url']}" for r in requests],
        "referers": [r["headers"]["Referer"] for r in requests if r["headers"].get("Referer")],
        "errors": [p["entry"]["text"] for m, p in params
                   if m == "Log.entryAdded" and p["entry"]["source"] in ("security", "javascript")]
        + [p["exceptionDetails"]["text"] for m, p in params if m == "Runtime.exceptionThrown"],
    }, ensure_ascii=False))


main()
