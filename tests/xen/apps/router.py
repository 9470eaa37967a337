#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""router.py INTERFACE PREFIX: advertises a prefix (RFC 4861) each second, so that guests there give themselves an
address of it. Runs in dom0."""
import socket
import struct
import sys
import time

ADVERTISEMENT, PREFIX_INFORMATION, ON_LINK_AND_AUTONOMOUS, LIFETIME = 134, 3, 0xC0, 3600


def main(interface, prefix):
    link = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    head = struct.pack("!BBHBBHII", ADVERTISEMENT, 0, 0, 64, 0, 0, 0, 0)
    option = struct.pack("!BBBBIII", PREFIX_INFORMATION, 4, 64, ON_LINK_AND_AUTONOMOUS, LIFETIME, LIFETIME, 0)
    packet = head + option + socket.inet_pton(socket.AF_INET6, prefix)
    while True:
        link.sendto(packet, ("ff02::1", 0, 0, socket.if_nametoindex(interface)))
        time.sleep(1)


main(*sys.argv[1:])
