"""Runs in the lab's dom0: commands and guest consoles over one virtio port.

One JSON object a line. The build machine asks {"id", "op", ...} and gets
{"id", ...} back; consoles arrive unasked as {"console", "data"}.
"""
import base64
import glob
import json
import os
import subprocess
import tempfile
import threading
import time
import tty

OUTPUT_LIMIT = 1 << 20


def open_port():
    """Without udev the port has no name in /dev: sysfs knows which it is."""
    while True:
        for path in glob.glob("/sys/class/virtio-ports/*/name"):
            with open(path) as name:
                if name.read().strip() == "lab":
                    return os.open("/dev/" + path.split("/")[-2], os.O_RDWR)
        time.sleep(0.1)


class Agent:
    def __init__(self, port):
        self.port = port
        self.lock = threading.Lock()
        self.consoles = {}

    def send(self, message):
        data = json.dumps(message).encode() + b"\n"
        with self.lock:
            while data:
                data = data[os.write(self.port, data):]

    def op_clock(self, now):
        # A restored dom0 lives at the hour of its snapshot.
        time.clock_settime(time.CLOCK_REALTIME, now)
        return {}

    def op_run(self, command, timeout):
        # To a file, not a pipe: the daemons xl leaves behind keep theirs open.
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT)
            try:
                status = child.wait(timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                status = 124
            output.seek(0)
            text = output.read(OUTPUT_LIMIT).decode(errors="replace")
        return {"status": status, "output": text}

    def op_console(self, name, path):
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd)
        self.consoles[name] = fd
        threading.Thread(target=self.stream, args=(name, fd), daemon=True).start()
        return {}

    def op_type(self, name, text):
        data = text.encode()
        while data:
            data = data[os.write(self.consoles[name], data):]
        return {}

    def stream(self, name, fd):
        while True:
            try:
                data = os.read(fd, 4096)
            except OSError:
                data = b""
            self.send({"console": name, "data": base64.b64encode(data).decode()})
            if not data:
                return

    def answer(self, request):
        number = request.pop("id")
        try:
            reply = getattr(self, "op_" + request.pop("op"))(**request)
        except Exception as error:  # whatever it is, the asker must hear of it
            reply = {"error": f"{type(error).__name__}: {error}"}
        self.send({"id": number, **reply})

    def serve(self):
        pending = b""
        while True:
            data = os.read(self.port, 65536)
            if not data:  # nobody at the other end, as between snapshot and restore
                time.sleep(0.02)
                continue
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                threading.Thread(target=self.answer, args=(json.loads(line),), daemon=True).start()


if __name__ == "__main__":
    Agent(open_port()).serve()
