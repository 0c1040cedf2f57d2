#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tokens as others make and check them, by openssl and what RFC 7515 to 7518 say.

    jose.py sign KEY       signs standard input by ES256; prints base64url of the 64 bytes
    jose.py jwk KEY        prints the public key as a JWK
    jose.py der FILE       writes a signature of 64 bytes as DER
    jose.py verify TOKEN   the JWK Set is on standard input; ends with 1 when the token is not good
"""

import base64
import json
import subprocess
import sys
import tempfile


def base64url(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def unbase64url(s):
    return base64.urlsafe_b64decode(s + "==")


def openssl(*args, stdin=b""):
    return subprocess.run(["openssl", *args], input=stdin, check=True, capture_output=True).stdout


def der(tag, content):
    n = len(content)
    size = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8])
    return bytes([tag]) + size + (b"" if n < 128 else n.to_bytes(size[0] & 0x7F, "big")) + content


def integer(b):
    b = b.lstrip(b"\0") or b"\0"
    return der(2, b"\0" + b if b[0] & 0x80 else b)


def signature_to_der(raw):
    return der(0x30, integer(raw[:32]) + integer(raw[32:]))


def signature_from_der(b):
    def number(at):
        return int.from_bytes(b[at + 2 : at + 2 + b[at + 1]], "big"), at + 2 + b[at + 1]

    r, at = number(2)
    s, _ = number(at)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def to_jwk(key):
    point = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-64:]
    x, y = base64url(point[:32]), base64url(point[32:])
    return json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def from_jwk(key):
    """SubjectPublicKeyInfo (RFC 5480, RFC 8017)."""
    part = {k: unbase64url(v) for k, v in key.items() if k in ("x", "y", "n", "e")}
    if key["kty"] == "EC":
        kind = bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")
        public = b"\4" + part["x"] + part["y"]
    else:
        kind = bytes.fromhex("06092a864886f70d0101010500")
        public = der(0x30, integer(part["n"]) + integer(part["e"]))
    return der(0x30, der(0x30, kind) + der(3, b"\0" + public))


def verify(token, keys):
    header, payload, signature = token.split(".")
    head = json.loads(unbase64url(header))
    key = {k["kid"]: k for k in keys}[head["kid"]]
    raw = unbase64url(signature)
    assert head["alg"] == key["alg"] and key["use"] == "sig"
    with tempfile.TemporaryDirectory() as d:
        with open(f"{d}/key", "wb") as f:
            f.write(from_jwk(key))
        with open(f"{d}/signature", "wb") as f:
            f.write(signature_to_der(raw) if key["alg"] == "ES256" else raw)
        openssl(
            *("dgst", "-sha256", "-keyform", "DER", "-verify", f"{d}/key"),
            *("-signature", f"{d}/signature"),
            stdin=f"{header}.{payload}".encode(),
        )


if __name__ == "__main__":
    what, argument = sys.argv[1:]
    if what == "sign":
        text = sys.stdin.buffer.read()
        made = openssl("dgst", "-sha256", "-sign", argument, stdin=text)
        print(base64url(signature_from_der(made)))
    elif what == "jwk":
        print(to_jwk(argument))
    elif what == "der":
        with open(argument, "rb") as f:
            sys.stdout.buffer.write(signature_to_der(f.read()))
    elif what == "verify":
        verify(argument, json.load(sys.stdin)["keys"])
