# SPDX-License-Identifier: MIT
"""How chaos.py talks to the pool, and how it leaves: FastCGI to the pool's socket, HTTP/1.1 through
nginx, and streams of HTTP/2 through nginx that are reset before their reply is there."""

import http.client
import json
import select
import socket
import ssl
import struct
import time

# Longer than any deadline: the pool's is 4 s here, and nginx gives a request up after 15 s at most.
POOL_S, PATIENCE_S = 8, 20


class Gone(Exception):
    """The connection was closed before a reply."""


class Hung(Exception):
    """It is open, and no reply comes."""


class Request:
    """One request. Its id is what the audit log names it by."""

    def __init__(self, rid, method, path, body=None, token=None):
        self.rid, self.method, self.path, self.token = rid, method, path, token
        self.body = b"" if body is None else json.dumps(body).encode()

    def headers(self):
        headers = {"X-Request-Id": self.rid}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if self.body:
            headers["Content-Type"] = "application/json"
        return headers


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.text = status, headers, body.decode("utf-8", "replace")
        try:
            self.body = json.loads(body) if body else None
        except ValueError:
            self.body = None

    def names(self, rid):
        """Whether it is the reply to that request; None: it does not say. nginx adds the header."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        said = {self.headers.get("x-request-id"), error and error.get("request_id")} - {None}
        return said == {rid} if said else None


# --- FastCGI ------------------------------------------------------------------------------------

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content=b""):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name, value):
    def length(s):
        return bytes([len(s)]) if len(s) < 128 else struct.pack(">I", len(s) | 1 << 31)

    n, v = name.encode(), value.encode()
    return length(n) + length(v) + n + v


def encode(request, address):
    """The records of a request; the connection is to be kept."""
    path, _, query = request.path.partition("?")
    params = {
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": request.path,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address,
        "REQUEST_SCHEME": "https",
        "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(request.body)) if request.body else "",
    }
    for name, value in request.headers().items():
        cgi = name.upper().replace("-", "_")
        params[cgi if cgi == "CONTENT_TYPE" else "HTTP_" + cgi] = value
    out = record(BEGIN, struct.pack(">HB5x", 1, 1))
    out += record(PARAMS, b"".join(pair(k, v) for k, v in params.items())) + record(PARAMS)
    return out + (record(STDIN, request.body) if request.body else b"") + record(STDIN)


def parse_cgi(out):
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    return Reply(int(headers.get("status", "200").split()[0]), headers, body)


class Fcgi:
    """A connection that is kept, as nginx keeps its own."""

    def __init__(self, path, address):
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        try:
            self.socket.connect(path)
        except OSError as e:
            self.socket.close()
            raise Gone(str(e)) from e

    def send(self, request, size=None):
        """The first bytes of it, all by default."""
        try:
            self.socket.sendall(encode(request, self.address)[:size])
        except OSError as e:
            raise Gone(str(e)) from e

    def _exactly(self, n, end):
        data = b""
        while len(data) < n:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise Hung()
            try:
                chunk = self.socket.recv(n - len(data))
            except OSError as e:
                raise Gone(str(e)) from e
            if not chunk:
                raise Gone("closed")
            data += chunk
        return data

    def receive(self, patience=POOL_S):
        end, out = time.monotonic() + patience, b""
        while True:
            _, kind, _, length, padding = struct.unpack(">BBHHBx", self._exactly(8, end))
            content = self._exactly(length + padding, end)[:length]
            if kind == STDOUT:
                out += content
            elif kind == END:
                return parse_cgi(out)

    def ask(self, request):
        self.send(request)
        return self.receive()

    def half(self):
        """Says that nothing more comes, and goes on reading."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.socket.close()


# --- through nginx --------------------------------------------------------------------------------


def tls(protocol):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the stack's own certificate, on loopback
    context.set_alpn_protocols([protocol])
    return context


class Web:
    """HTTP/1.1 over TLS."""

    def __init__(self, port):
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE_S, context=tls("http/1.1"))

    def ask(self, request):
        try:
            self.connection.request(request.method, request.path, request.body or None, request.headers())
            reply = self.connection.getresponse()
            body = reply.read()
        except TimeoutError as e:
            raise Hung() from e
        except (OSError, http.client.HTTPException) as e:
            raise Gone(repr(e)) from e
        return Reply(reply.status, {n.lower(): v for n, v in reply.getheaders()}, body)

    def close(self):
        self.connection.close()


class Streams:
    """HTTP/2 (RFC 9113) as far as one needs it to send requests and to reset them: header fields are
    literals without an index (RFC 7541, section 6.2.2), and what comes back is counted, not read."""

    DATA, HEADERS, RST, SETTINGS, PING, WINDOW = 0, 1, 3, 4, 6, 8
    END_STREAM, END_HEADERS, ACK = 1, 4, 1
    CANCEL = 8

    def __init__(self, port):
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        try:
            self.socket = tls("h2").wrap_socket(plain)
            self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self._frame(self.SETTINGS, 0, 0))
        except OSError as e:
            plain.close()
            raise Gone(str(e)) from e
        self.next, self.buffer, self.answered = 1, b"", 0

    @staticmethod
    def _frame(kind, flags, stream, content=b""):
        return struct.pack(">I", len(content))[1:] + struct.pack(">BBI", kind, flags, stream) + content

    @staticmethod
    def _literal(text):
        raw = text.encode()
        if len(raw) < 127:
            return bytes([len(raw)]) + raw
        rest, out = len(raw) - 127, b"\x7f"
        while rest >= 128:
            out, rest = out + bytes([rest % 128 + 128]), rest // 128
        return out + bytes([rest]) + raw

    def frames_of(self, request):
        """Its stream, and what is to be sent."""
        stream, self.next = self.next, self.next + 2
        fields = {":method": request.method, ":scheme": "https", ":authority": "localhost", ":path": request.path}
        fields.update({n.lower(): v for n, v in request.headers().items()})
        if request.body:
            fields["content-length"] = str(len(request.body))
        block = b"".join(b"\0" + self._literal(n) + self._literal(v) for n, v in fields.items())
        flags = self.END_HEADERS | (0 if request.body else self.END_STREAM)
        out = self._frame(self.HEADERS, flags, stream, block)
        return stream, out + (self._frame(self.DATA, self.END_STREAM, stream, request.body) if request.body else b"")

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as e:
            raise Gone(str(e)) from e

    def reset(self, stream):
        return self._frame(self.RST, 0, stream, struct.pack(">I", self.CANCEL))

    def drain(self, seconds):
        """Takes what has come, and acknowledges what must be."""
        end = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(end - time.monotonic(), 0.0001))
            try:
                data = self.socket.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                break
            except OSError as e:
                raise Gone(str(e)) from e
            if not data:
                raise Gone("closed")
            self.buffer += data
        self.socket.settimeout(PATIENCE_S)
        out = b""
        while len(self.buffer) >= 9 and len(self.buffer) >= 9 + (n := int.from_bytes(self.buffer[:3], "big")):
            kind, flags = self.buffer[3], self.buffer[4]
            content, self.buffer = self.buffer[9 : 9 + n], self.buffer[9 + n :]
            self.answered += kind == self.HEADERS
            if kind == self.SETTINGS and not flags & self.ACK:
                out += self._frame(self.SETTINGS, self.ACK, 0)
            elif kind == self.PING and not flags & self.ACK:
                out += self._frame(self.PING, self.ACK, 0, content)
            elif kind == self.DATA and n:
                out += self._frame(self.WINDOW, 0, 0, struct.pack(">I", n))
        if out:
            self.send(out)

    def close(self):
        self.socket.close()
