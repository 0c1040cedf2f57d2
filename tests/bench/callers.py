# SPDX-License-Identifier: MIT
"""Who calls: the users of the table, and access tokens for some of them."""
import base64
import hashlib
import hmac
import json
import uuid

ACTIVE = 1000  # users who are signed in and call
PASSWORD = "a long passphrase"


def user_id(n):
    return f"00000000-0000-7000-8000-{n:012x}"


def email(n):
    return f"user{n}@bench.example"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def session_id(n):
    return f"00000000-0000-7001-8000-{n:012x}"


class Refreshes:
    """First refresh tokens of sessions, as a keeper makes them of the secret (cred/opaque.c, cred/keeper_work.c)."""

    def __init__(self, secret):
        mac = lambda data, key=b"": hashlib.blake2b(data, digest_size=32, key=key)
        self.key = mac(b"refresh", mac(b"postern secret_key\0" + secret.encode()).digest()).digest()

    def sign(self, n):
        message = b"\x01" + uuid.UUID(session_id(n)).bytes + bytes(4)
        return encode(message + hashlib.blake2b(message, digest_size=32, key=self.key).digest()).decode()


class Tokens:
    """Access tokens like the one that Postern has just signed, for others."""

    def __init__(self, secret, pattern):
        payload = pattern.split(".")[1]
        self.claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        self.secret = secret.encode()

    def sign(self, n):
        return self.sign_for(user_id(n), email(n), "user")

    def sign_for(self, sub, address, role):
        claims = {**self.claims, "sub": sub, "email": address, "role": role}
        claims |= {"jti": str(uuid.uuid4()), "sid": str(uuid.uuid4())}
        head = encode(b'{"alg":"HS256","typ":"JWT"}')
        text = head + b"." + encode(json.dumps(claims, separators=(",", ":")).encode())
        return (text + b"." + encode(hmac.new(self.secret, text, hashlib.sha256).digest())).decode()
