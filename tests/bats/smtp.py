#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An SMTP server for tests (RFC 5321, STARTTLS, AUTH), by aiosmtpd.

    smtp.py PORT OUT [--cert FILE --key FILE] [--implicit] [--user NAME --password WORD] [--utf8] [--decoys | --no-auth]

Every mail that it takes is a line of JSON in OUT: sender, recipient, rcpt, to, message_id, subject, language,
text, html, headers (a list of pairs), tls, user, and server, the process that took it. With a
certificate it asks for STARTTLS, or speaks TLS at once (--implicit). With --decoys it offers CRAM-MD5
and NTLM as well, and takes neither; with --no-auth it offers no AUTH. What it does to a recipient
stands in the first part of the address:

    refused.x@     550 to RCPT             late.x@     451 to RCPT the first time
    stall.x@       no answer to RCPT       bad.x@      554 to the end of DATA
    hang.x@        no answer to the end of DATA
    die.x@         takes the mail, and ends without having said so; once
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    def __init__(self, out):
        self.out = out
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        what = address.split(".")[0]
        if what == "refused":
            return "550 5.1.1 <%s>: no such mailbox" % address
        if what == "late" and address not in self.seen:
            self.seen.add(address)
            return "451-4.7.1 greylisted\r\n451 4.7.1 come back later"
        if what == "stall":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if to.startswith("bad."):
            return "554 5.6.0 content refused"
        if to.startswith("hang."):
            await asyncio.sleep(3600)
        raw = envelope.original_content
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        with open(self.out, "a", encoding="utf-8") as out:
            json.dump(
                {
                    "server": os.getpid(),
                    "sender": envelope.mail_from,
                    "recipient": to,
                    "rcpt": server.recipient,
                    "to": next(line for line in raw.split(b"\r\n") if line.startswith(b"To:")).decode(),
                    "message_id": mail["Message-ID"].strip("<>").split("@")[0],
                    "subject": mail["Subject"],
                    "language": mail["Content-Language"],
                    "text": mail.get_body(("plain",)).get_content(),
                    "html": mail.get_body(("html",)).get_content(),
                    "headers": [[name, str(value)] for name, value in mail.items()],
                    "defects": [str(d) for part in mail.walk() for d in part.defects],
                    "longest": max(len(line) for line in raw.split(b"\r\n")),
                    "bare": raw.replace(b"\r\n", b"").count(b"\n"),
                    "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
                    "user": session.auth_data.login.decode() if session.auth_data else None,
                    "smtputf8": "SMTPUTF8" in [o.upper() for o in envelope.mail_options],
                },
                out,
            )
            out.write("\n")
        died = self.out + ".died"
        if to.startswith("die.") and not os.path.exists(died):
            open(died, "w").close()
            os._exit(1)
        return "250 2.0.0 queued as %d" % os.getpid()


class Server(SMTP):
    async def smtp_RCPT(self, arg):
        self.recipient = arg  # as it was written; what aiosmtpd makes of it has no quotes
        await super().smtp_RCPT(arg)


class Bare(Server):
    """Offers no AUTH; aiosmtpd itself offers it always, at least an empty one."""

    async def push(self, status):
        if not str(status).startswith("250-AUTH"):
            await super().push(status)


class Decoys(Handler):
    """Also offers what it cannot do: aiosmtpd takes the names from these methods."""

    async def refuse(self, server, args):
        await server.push("535 5.7.8 authentication failed")
        return AuthResult(success=False, handled=True)

    auth_CRAM__MD5 = auth_NTLM = refuse


def main():
    logging.getLogger("mail").setLevel(logging.ERROR)  # aiosmtpd complains of itself
    p = argparse.ArgumentParser()
    p.add_argument("port", type=int)
    p.add_argument("out")
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--implicit", action="store_true")
    p.add_argument("--user")
    p.add_argument("--password")
    p.add_argument("--utf8", action="store_true")
    p.add_argument("--decoys", action="store_true")
    p.add_argument("--no-auth", action="store_true")
    o = p.parse_args()

    context = None
    if o.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(o.cert, o.key)

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data == LoginPassword(
            o.user.encode(), o.password.encode()
        )
        return AuthResult(success=good, handled=False, auth_data=data if good else None)

    handler = (Decoys if o.decoys else Handler)(o.out)

    def factory():
        return (Bare if o.no_auth else Server)(
            handler,
            hostname="smtp.test",
            enable_SMTPUTF8=o.utf8,
            tls_context=None if o.implicit else context,
            require_starttls=context is not None and not o.implicit,
            auth_require_tls=not o.implicit,
            auth_required=o.user is not None,
            authenticator=authenticate if o.user else None,
        )

    async def serve():
        server = await asyncio.get_running_loop().create_server(
            factory, "127.0.0.1", o.port, ssl=context if o.implicit else None, reuse_address=True
        )
        print("ready", flush=True)
        async with server:
            await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    sys.exit(main())
