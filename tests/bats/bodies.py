#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Requests whose bodies do not end.

    bodies.py PORT FROM N    opens N to 127.0.0.1 from that address, and prints how many have not been
                             answered; from then on each gets a byte now and then, until this is ended
"""

import select
import socket
import ssl
import sys
import time

EACH_S = 1
HEAD = b"PUT /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n{"


def begin(context, port, source):
    s = socket.socket()
    s.bind((source, 0))
    s.connect(("127.0.0.1", port))
    s = context.wrap_socket(s)
    s.sendall(HEAD)
    return s


def main():
    port, source, n = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Without tickets nothing comes but replies.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    held = [begin(context, port, source) for _ in range(n)]
    print(n - len(select.select(held, [], [], 0.5)[0]), flush=True)
    while True:
        time.sleep(EACH_S)
        for s in held:
            s.sendall(b" ")


main()
