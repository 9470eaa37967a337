"""The Test Anything Protocol, from any number of threads."""
import threading

printing = threading.Lock()


def say(text):
    with printing:
        print("\n".join(f"# {line}" for line in text.splitlines()), flush=True)


class Tap:
    def __init__(self):
        self.count = self.failures = 0

    def line(self, ok, name, details=()):
        """A result; the details only where it failed."""
        with printing:
            self.count += 1
            self.failures += not ok
            print(f"{'ok' if ok else 'not ok'} {self.count} - {name}")
            for line in "\n".join(details).splitlines() if not ok else []:
                print(f"# {line}")
            print(end="", flush=True)

    def skip(self, name, reason):
        self.line(True, f"{name} # SKIP {reason.splitlines()[0]}")

    def end(self):
        """The exit status."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failures else 0
