"""Runs in the lab's dom0: gives each card that asks on an interface an address, the first 10.77.0.50.

RFC 2131 and 2132, as far as one network of guests that live for minutes needs them.
"""
import socket
import struct
import sys

SERVER, NETMASK, FIRST = "10.77.0.1", "255.255.255.0", 50
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
COOKIE = b"\x63\x82\x53\x63"
SO_NO_CHECK = 11  # Linux: a card of Xen's leaves checksums to the receiver, where DHCP clients look at them


def options_of(packet):
    found, at = {}, 240
    while at < len(packet) and packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        length = packet[at + 1]
        found[packet[at]] = packet[at + 2:at + 2 + length]
        at += 2 + length
    return found


def answer(request, kind, address):
    options = b"".join(struct.pack("BB", code, len(value)) + value for code, value in (
        (53, bytes([kind])), (54, socket.inet_aton(SERVER)), (51, struct.pack(">I", 86400)),
        (1, socket.inet_aton(NETMASK)), (3, socket.inet_aton(SERVER))))
    head = b"\x02" + request[1:12] + bytes(4) + socket.inet_aton(address) + socket.inet_aton(SERVER) + bytes(4)
    return head + request[28:44] + bytes(192) + COOKIE + options + b"\xff" + bytes(32)


def serve(interface):
    leases = {}
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    link.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    link.bind(("0.0.0.0", 67))
    while True:
        request = link.recv(2048)
        if len(request) < 240 or request[236:240] != COOKIE:
            continue
        kind = options_of(request).get(53, b"\0")[0]
        address = leases.setdefault(request[28:34], f"10.77.0.{FIRST + len(leases)}")
        if kind in (DISCOVER, REQUEST):
            link.sendto(answer(request, OFFER if kind == DISCOVER else ACK, address), ("255.255.255.255", 68))


if __name__ == "__main__":
    serve(sys.argv[1])
