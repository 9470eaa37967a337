"""One guest from `xl create` to its prompt, and what is asked of it there."""
import re
import shlex
import time

from .errors import GuestFailed

POLL = 2.0
# Where a guest that will never reach its prompt stops and waits for a person.
STUCK = re.compile(r"\(initramfs\) |Give root password for maintenance|Press Enter for maintenance|"
                   r"Cannot open access to console, the root account is locked|Freezing execution|"
                   r"can't access tty; job control turned off|No init found|"
                   r"grub rescue>|grub>|you need to load the kernel first|Kernel panic - not syncing|Boot failed: not a bootable disk")
# initramfs-tools looks for the root once a second, thirty times and more; under emulation that is
# minutes of work, and a disk of Xen's is there within the first second or never.
WAITING = re.compile(r"(?:Begin: Running /scripts/local-block \.\.\. done\.\n){8}")
# The same of an HVM guest's firmware, which speaks to Xen's log only.
FIRMWARE_STUCK = "No bootable device|not a bootable disk"


class Run:
    def __init__(self, link, guest, console, timeout, silence=None):
        self.link, self.guest, self.console = link, guest, console
        self.end = time.monotonic() + timeout
        self.timeout, self.silence = timeout, silence
        self.heard = (0, None)
        self.pause = POLL
        self.domid = None
        self.at = 0

    def left(self):
        return max(0.0, self.end - time.monotonic())

    def overrides(self, extra):
        """What only QEMU's emulation asks for; never part of a guest's own file."""
        known = self.guest.settings
        wanted = {"tsc_mode": '"native"'}
        if self.guest.type in ("hvm", ""):
            wanted |= {"hdtype": '"ahci"', "serial": '"pty"'}
        lines = [f"{key}={value}" for key, value in wanted.items() if key not in known]
        return lines + list(extra)

    def create(self, extra):
        words = ["xl", "create", "-p", self.guest.path, *self.overrides(extra)]
        status, output = self.link.run(shlex.join(words), self.left())
        if status != 0:
            raise GuestFailed(f"xl create failed ({status})", output)
        self.domid = self.link.must(f"xl domid {shlex.quote(self.guest.name)}")
        path = "serial/0/tty" if self.guest.type in ("hvm", "") else "console/tty"
        find = f"xenstore-read /local/domain/{self.domid}/{path}"
        tty = self.link.must(f"for i in $(seq 100); do {find} 2>/dev/null && exit; sleep 0.1; done; exit 1")
        self.link.attach(self.guest.name, tty, self.console)
        self.link.must(f"xl unpause {self.domid}")

    def stopped(self):
        """What the guest said that it stopped at, or None."""
        stuck = STUCK.search(self.console.text)
        if stuck:
            return f"the guest stopped at {stuck[0]!r}"
        return "its initramfs waits for the root" if WAITING.search(self.console.text) else None

    def alive(self):
        """The reason why waiting longer is no use, or None."""
        started = time.monotonic()
        ask = f"cat /proc/uptime; xl list {shlex.quote(self.guest.name)} 2>/dev/null | tail -n +2"
        if self.guest.type in ("hvm", ""):
            ask += f"; xl dmesg | grep -E '{FIRMWARE_STUCK}'"
        uptime, *answer = self.link.run(ask, self.left() + 60)[1].splitlines()
        # Asking makes the emulated processor work, which it should do for the guest.
        self.pause = max(POLL, 20 * (time.monotonic() - started))
        if any(re.search(FIRMWARE_STUCK, line) for line in answer):
            return "the firmware found nothing to boot"
        if not answer:
            return "the domain ended"
        _, domid, _, _, state, _ = answer[0].rsplit(maxsplit=5)
        if domid != self.domid:
            return "the domain restarted"
        if "c" in state:
            return "the domain crashed"
        return self.silent(float(uptime.split()[0]))

    def silent(self, now):
        """That nothing was written for so long, by dom0's clock, that nothing more will come; or None."""
        length, since = self.heard
        if len(self.console.text) != length or since is None:
            self.heard = (len(self.console.text), now)
        elif self.silence and now - since > self.silence:
            return f"the guest was silent for {self.silence:g} s"
        return None

    def expect(self, pattern):
        """Wait until the console shows it after what was seen before; the match."""
        regex = re.compile(pattern)
        telling = re.compile(f"{pattern}|{STUCK.pattern}|{WAITING.pattern}")
        while self.left() > 0:
            self.console.search(telling, self.at, min(self.pause, self.left()))
            match = self.console.search(regex, self.at, 0)
            if match:
                self.at = match.end()
                return match
            reason = self.stopped() or self.alive()
            if reason and not self.console.search(regex, self.at, 0.5):
                raise GuestFailed(f"{reason} before its console showed {pattern!r}")
        raise GuestFailed(f"no {pattern!r} on the console within {self.timeout:g} s")

    def type(self, text):
        self.link.type(self.guest.name, text)

    def login(self, user, password):
        self.type(user + "\n")
        self.expect(r"[Pp]assword:")
        self.type(password + "\n")
        # login throws away what is typed before its shell reads, so say it again;
        # the quotes keep the echo from looking like the answer.
        while not self.console.search(re.compile("LABREADY"), self.at, min(5.0, self.left())):
            if not self.left():
                raise GuestFailed(f"no shell after the login as {user}")
            self.type("stty -echo cols 1000; dmesg -n 1; echo LAB''READY\n")
        self.expect("LABREADY")

    def command(self, text):
        """Run it in the guest's shell: (status, output)."""
        self.type(f"echo LAB''BEGIN; {{ {text}\n}} 2>&1; echo LAB''END $?\n")
        self.expect(r"LABBEGIN\n")
        start = self.at
        match = self.expect(r"LABEND (\d+)")
        return int(match[1]), self.console.text[start:match.start()]

    def ping(self, address):
        command = f"for i in $(seq 30); do ping -c 1 -W 2 {shlex.quote(address)} && exit; sleep 1; done; exit 1"
        status, output = self.link.run(command, 120)
        if status != 0:
            raise GuestFailed(f"dom0 gets no answer from {address}", output[-2000:])

    def ask(self, text):
        """Run it in dom0, where the guest is at hand; its output."""
        status, output = self.link.run(text, 120)
        if status != 0:
            raise GuestFailed(f"in dom0: {text}: {status}", output[-2000:])
        return output

    def evidence(self):
        """Everything a person would look at next."""
        name = shlex.quote(self.guest.name)
        parts = [("console, last 30 lines", "\n".join(self.console.text.splitlines()[-30:]))]
        for title, command in (("xl's log", f"tail -n 20 /var/log/xen/xl-{name}.log"),
                               ("device model", f"tail -n 10 /var/log/xen/qemu-dm-{name}.log"),
                               ("bootloader", "tail -n 12 /var/log/xen/bootloader.*.log"),
                               ("hotplug", "tail -n 10 /var/log/xen/xen-hotplug.log"),
                               ("xl dmesg", "xl dmesg | tail -n 20"), ("xl list", "xl list")):
            parts.append((title, self.link.run(f"{command} 2>/dev/null")[1]))
        return "\n".join(f"--- {title}\n{text}" for title, text in parts if text.strip())
