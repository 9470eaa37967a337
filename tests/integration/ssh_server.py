# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real sshd on the loopback interface, which its own user alone can log in to, and an ssh that knows it."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

SSHD = shutil.which("sshd", path="/usr/sbin:/sbin")
# Its processes without rights live there; Debian's init scripts make it.
CHROOT = pathlib.Path("/run/sshd")
SERVER = """ListenAddress 127.0.0.1:{port}
HostKey {dir}/host
AuthorizedKeysFile {dir}/key.pub
PidFile none
StrictModes no
UsePAM {pam}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
"""
CLIENT = """Host *
  UserKnownHostsFile {dir}/known
  GlobalKnownHostsFile /dev/null
  IdentityFile {dir}/key
  IdentitiesOnly yes
  IdentityAgent none
"""


def is_locked():
    """Whether the user has a password that keeps sshd from taking a key, too, without PAM."""
    try:
        lines = pathlib.Path("/etc/shadow").read_text().splitlines()
    except OSError:
        return False
    name = pwd.getpwuid(os.getuid()).pw_name
    return any(line.split(":")[1].startswith("!") for line in lines if line.split(":")[0] == name)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Server:
    """In a directory that is not there yet; `bin` in it has the ssh for a PATH."""

    def __init__(self, directory):
        self.dir = directory
        self.dir.mkdir()
        for name in "host", "key", "other":
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.dir / name)], check=True)
        self.port = free_port()
        self.made = os.getuid() == 0 and not CHROOT.exists()
        if self.made:
            CHROOT.mkdir(mode=0o755)
        settings = {"dir": self.dir, "port": self.port, "pam": "yes" if is_locked() else "no"}
        (self.dir / "sshd_config").write_text(SERVER.format(**settings))
        (self.dir / "ssh_config").write_text(CLIENT.format(**settings))
        (self.dir / "known").write_text(f"[127.0.0.1]:{self.port} {(self.dir / 'host.pub').read_text()}")
        (self.dir / "bin").mkdir()
        wrapper = self.dir / "bin/ssh"
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.dir}/ssh_config "$@"\n')
        wrapper.chmod(0o755)
        self.log = (self.dir / "log").open("wb")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.dir / "sshd_config")], stderr=self.log)
        self.wait()

    def wait(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.dir / "log").read_text())

    def forget_the_key(self):
        shutil.copy(self.dir / "other.pub", self.dir / "key.pub")

    def url(self, path):
        return f"ssh://{pwd.getpwuid(os.getuid()).pw_name}@127.0.0.1:{self.port}{path}/"

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        if self.made:
            CHROOT.rmdir()
