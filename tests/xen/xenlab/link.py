"""The host's end of the line to the agent in dom0 (see ../dom0/agent.py)."""
import base64
import codecs
import itertools
import json
import threading

from .errors import LabError


class Console:
    """What a guest has written so far, for any number of threads to watch."""

    def __init__(self, log=None):
        self.text = ""
        self.changed = threading.Condition()
        self.log = log
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data):
        text = self.decoder.decode(data).replace("\r", "")
        with self.changed:
            self.text += text
            self.changed.notify_all()
        if self.log:
            self.log.write(text)
            self.log.flush()

    def search(self, regex, start, seconds):
        """The match at or after `start`, or None after so many seconds."""
        with self.changed:
            self.changed.wait_for(lambda: regex.search(self.text, start), seconds)
            return regex.search(self.text, start)


class Link:
    def __init__(self, sock):
        self.sock = sock
        self.numbers = itertools.count(1)
        self.consoles = {}
        self.answers = {}
        self.changed = threading.Condition()
        self.sending = threading.Lock()
        self.gone = False
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            for line in self.sock.makefile("rb"):
                self.take(json.loads(line))
        except (OSError, ValueError):
            pass  # the machine went away, mid-line perhaps
        with self.changed:
            self.gone = True
            self.changed.notify_all()

    def take(self, message):
        if "console" in message:
            self.consoles[message["console"]].feed(base64.b64decode(message["data"]))
            return
        with self.changed:
            self.answers[message["id"]] = message
            self.changed.notify_all()

    def ask(self, op, seconds, **arguments):
        number = next(self.numbers)
        request = {"id": number, "op": op, **arguments}
        try:
            with self.sending:
                self.sock.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise LabError(f"the lab's machine is gone: {error}") from None
        with self.changed:
            self.changed.wait_for(lambda: number in self.answers or self.gone, seconds)
            answer = self.answers.pop(number, None)
        if answer is None:
            what = "ended" if self.gone else f"gave no answer within {seconds} s"
            raise LabError(f"the lab's dom0 {what} (asked for {op})")
        if "error" in answer:
            raise LabError(f"dom0: {op}: {answer['error']}")
        return answer

    def run(self, command, seconds=60):
        """Run shell text in dom0: (status, output)."""
        # dom0's seconds are emulated ones, which last longer on a busy machine.
        answer = self.ask("run", 4 * seconds + 60, command=command, timeout=seconds)
        return answer["status"], answer["output"].strip()

    def must(self, command, seconds=60):
        status, output = self.run(command, seconds)
        if status != 0:
            raise LabError(f"dom0: {command}: {status}: {output}")
        return output

    def attach(self, name, path, console):
        self.consoles[name] = console
        self.ask("console", 30, name=name, path=path)

    def type(self, name, text):
        self.ask("type", 60, name=name, text=text)
