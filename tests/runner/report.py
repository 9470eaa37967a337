# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the run says: each result as it comes, and at the end the slowest and the counts."""
import threading

SLOWEST = 10


class Report:
    """Everything goes to the standard output and into a log; any thread may speak."""

    def __init__(self, log):
        self.log = log
        self.lock = threading.RLock()
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.times = []
        self.accidents = []

    def say(self, *lines):
        with self.lock:
            for line in lines:
                print(line, flush=True)
                self.log.write(f"{line}\n")
            self.log.flush()

    def result(self, verdict, name, reason="", details=()):
        with self.lock:
            self.counts[verdict] += 1
            if verdict == "passed":
                self.say(f"pass  {name}")
            elif verdict == "skipped":
                self.say(f"skip  {name}: {reason or 'no reason given'}")
            else:
                self.say(f"FAIL  {name}{f': {reason}' if reason else ''}", *(f"      {line}" for line in details))

    def took(self, name, seconds):
        with self.lock:
            self.times.append((seconds, name))

    def accident(self, text):
        with self.lock:
            self.accidents.append(text)

    def score(self):
        """So far, by the word for it."""
        with self.lock:
            return {**self.counts, "accidents": len(self.accidents)}

    def summary(self):
        slowest = sorted(self.times, reverse=True)[:SLOWEST]
        self.say(f"== the {len(slowest)} slowest", *(f"{seconds:8.1f} s  {name}" for seconds, name in slowest))
        if self.accidents:
            self.say(f"== accidents of the emulator, each tried again: {len(self.accidents)}",
                     *(f"      {text}" for text in self.accidents))

    def last_line(self):
        """What CI reads; nothing may come after it."""
        self.say(", ".join(f"{count} {word}" for word, count in self.counts.items()))
