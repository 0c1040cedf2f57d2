# SPDX-License-Identifier: MIT
# What a keeper makes for a mail, made once more from the documents: usage: proof.py KIND ID, with
# the pool's secret_key on standard input. Prints the code and the link's token.
import base64
import hashlib
import sys
import uuid


def blake2b(data, key=b""):
    return hashlib.blake2b(data, key=key, digest_size=32).digest()


def mac(secret, purpose, message):
    return blake2b(message, blake2b(purpose.encode(), secret))


kind, proof = sys.argv[1], uuid.UUID(sys.argv[2])
secret = blake2b(b"postern secret_key\0" + sys.stdin.buffer.read().rstrip(b"\r\n"))
message = b"\1" + proof.bytes + bytes(4)
code = int.from_bytes(mac(secret, f"code:{kind}", message)[:8], "little") % 10**8
link = base64.urlsafe_b64encode(message + mac(secret, f"link:{kind}", message)).decode().rstrip("=")
print(f"{code:08d} {link}")
