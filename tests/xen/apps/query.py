#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""query.py ADDRESS SQL: asks a PostgreSQL server, by its protocol 3.0, and prints the rows. Runs in dom0."""
import socket
import struct
import sys
import time


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


def receive(file):
    kind, length = struct.unpack("!cI", file.read(5))
    return kind, file.read(length - 4)


def until_ready(file):
    """The values of all rows."""
    values = []
    while True:
        kind, body = receive(file)
        if kind == b"E":
            raise OSError(body.replace(b"\0", b" ").decode())
        if kind == b"Z":
            return values
        if kind == b"D":
            at = 2
            for _ in range(struct.unpack("!H", body[:2])[0]):
                size = struct.unpack("!i", body[at:at + 4])[0]
                values.append(body[at + 4:at + 4 + max(size, 0)].decode())
                at += 4 + max(size, 0)


def ask(address, query):
    with socket.create_connection((address, 5432), timeout=10) as server, server.makefile("rwb") as file:
        file.write(message(b"", struct.pack("!I", 3 << 16) + b"user\0postgres\0database\0postgres\0\0"))
        file.flush()
        until_ready(file)
        file.write(message(b"Q", query.encode() + b"\0"))
        file.flush()
        return until_ready(file)


def main():
    for _ in range(60):
        try:
            print("answered:", *ask(sys.argv[1], sys.argv[2]))
            return 0
        except (OSError, struct.error) as error:
            problem = error
            time.sleep(1)
    print(problem, file=sys.stderr)
    return 1


sys.exit(main())
