# SPDX-License-Identifier: LGPL-2.1-or-later
"""Boot servers for tests: HTTP of a directory, dnsmasq on a network of its own, and some that break."""
import functools
import http.server
import os
import pathlib
import socket
import struct
import subprocess
import threading
import time

SERVER, CLIENT = "192.0.2.1", "192.0.2.2"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


class Stops(Quiet):
    """Promises more than it sends of a kernel, and sends it slowly, or a menu without an end."""

    def do_GET(self):
        self.send_response(200)
        if self.path.endswith("endless"):
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"# a comment\n" * 1000)
            except OSError:
                return
        elif self.path.endswith("menu"):
            self.end_headers()
            self.wfile.write(b"LABEL a\nKERNEL vmlinuz\n")
        else:
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"\x7fELF" + b"x" * 996)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *words):
        """A client that went away is what is tested."""


class Http:
    """Serves a directory on the loopback interface."""

    def __init__(self, directory, handler=Quiet):
        handler = functools.partial(handler, directory=str(directory))
        self.server = Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.server.server_port}/{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class StoppingTftp:
    """Gives menus, and of every other file a few blocks only."""

    def __init__(self, menu):
        self.menu = menu
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def url(self, path=""):
        return f"tftp://127.0.0.1:{self.socket.getsockname()[1]}/{path}"

    def serve(self):
        while True:
            try:
                packet, client = self.socket.recvfrom(2048)
            except OSError:
                return
            name = packet[2:].split(b"\0")[0]
            if name.endswith(b"menu"):
                self.send(client, 1, self.menu)
            elif name.endswith(b"vmlinuz"):
                for block in (1, 2, 3):
                    self.send(client, block, b"\x7fELF".ljust(512, b"x"))
            else:
                self.socket.sendto(struct.pack("!HH", 5, 1) + b"no such file\0", client)

    def send(self, client, block, data):
        self.socket.sendto(struct.pack("!HH", 3, block) + data, client)
        time.sleep(0.05)

    def close(self):
        self.socket.close()


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Network:
    """Two network namespaces: a host with a bridge, and dnsmasq and HTTP behind it."""

    def __init__(self, directory, *options, serves=True):
        self.host, self.far = (f"domuimg{os.getpid()}{end}" for end in "hs")
        self.processes = []
        for name in (self.host, self.far):
            ip("netns", "add", name)
        try:
            self.connect()
            if serves:
                self.serve(directory, options)
        except BaseException:
            self.close()
            raise

    def connect(self):
        ip("-n", self.host, "link", "add", "xenbr0", "type", "bridge")
        ip("-n", self.host, "link", "add", "port", "type", "veth", "peer", "name", "card", "netns", self.far)
        ip("-n", self.host, "link", "set", "port", "master", "xenbr0")
        ip("-n", self.host, "addr", "add", f"{CLIENT}/24", "dev", "xenbr0")
        ip("-n", self.far, "addr", "add", f"{SERVER}/24", "dev", "card")
        for name, device in ((self.host, "port"), (self.host, "xenbr0"), (self.host, "lo"), (self.far, "card"),
                             (self.far, "lo")):
            ip("-n", name, "link", "set", device, "up")

    def serve(self, directory, options):
        self.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root",
                   "--interface=card", "--bind-interfaces", "--dhcp-authoritative", "--no-ping",
                   f"--dhcp-leasefile={pathlib.Path(directory).parent / 'leases'}",
                   "--dhcp-range=192.0.2.91,192.0.2.91,255.255.255.0", "--enable-tftp",
                   f"--tftp-root={directory}", "--pid-file=", "--log-facility=-", *options)
        self.start("python3", "-m", "http.server", "--directory", str(directory), "80")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            said = subprocess.run(["ip", "netns", "exec", self.far, "ss", "-Hnlut"], check=True, text=True,
                                  capture_output=True).stdout
            if all(f":{port} " in said for port in (67, 69, 80)):
                return
            time.sleep(0.1)
        raise AssertionError(f"no boot server: {said}")

    def start(self, *words):
        self.processes.append(subprocess.Popen(["ip", "netns", "exec", self.far, *words],
                                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL))

    def inside(self, words):
        return ["ip", "netns", "exec", self.host, *words]

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for name in (self.host, self.far):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
