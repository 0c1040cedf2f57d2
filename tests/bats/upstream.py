# SPDX-License-Identifier: MIT
"""An application that knows nothing of tokens, for the tests of auth_request.

    upstream.py PORT

Listens on loopback and answers every request with JSON: method, path, headers and body as they
came. /status/N answers with N. An Upgrade to anything is accepted, with what a WebSocket's client
looks for (RFC 6455 section 4.2.2), and what follows comes back.
"""
import base64
import hashlib
import http.server
import json
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def echo(self):
        key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", self.headers["Upgrade"])
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept",
                         base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.send_header("X-Seen-User", self.headers.get("X-Auth-User", "nobody"))
        self.end_headers()
        self.wfile.flush()
        while line := self.rfile.readline():
            self.wfile.write(line)
            self.wfile.flush()
        self.close_connection = True

    def answer(self):
        if "upgrade" in self.headers.get("Connection", "").lower() and "Upgrade" in self.headers:
            self.echo()
            return
        # As bytes: headers may hold any.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = 200
        if self.path.startswith("/status/"):
            status = int(self.path.split("/")[2])
        headers = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value.encode("latin-1").decode("utf-8"))
        text = json.dumps({
            "method": self.command,
            "path": self.path,
            "headers": headers,
            "body": body.decode("utf-8", "replace"),
        }).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
