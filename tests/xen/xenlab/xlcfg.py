"""Read an xl.cfg just far enough to know which files a guest needs."""
import re

from .errors import UsageError

TOKEN = re.compile(r"""[ \t\r]*(?:\#[^\n]*)?(?:
    (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*') | (?P<punct>\+=|[=\[\],;]) |
    (?P<word>[A-Za-z0-9_.+-]+) | (?P<end>\n|\Z) | (?P<wrong>[^\n]))""", re.X)
DEPRECATED = re.compile(r"^(?:(?:tap2?|aio|file|phy|raw|qcow2?|vhd|qdisk):)+")
FORMATS = {"raw", "qcow", "qcow2", "vhd", "qed"}


def tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise UsageError(f"xl.cfg: cannot read {text[at:at + 20]!r}")
        at = match.end()
        if match["string"]:
            yield "value", re.sub(r"\\(.)", r"\1", match["string"][1:-1])
        elif match["word"]:
            yield "value", match["word"]
        elif match["wrong"]:  # xl says so itself
            continue
        else:
            yield "punct", match["punct"] or "\n"


def parse(text):
    """A dict of strings and lists of strings."""
    settings, key, values, depth = {}, None, [], 0
    for kind, token in tokens(text + "\n"):
        if kind == "value" and key is None:
            key, values = [token], []
        elif kind == "value":
            values.append(token)
        elif token == "[":
            depth += 1
            key.append("list")
        elif token == "]":
            depth -= 1
        elif token == "+=" and key:
            key.append("append")
        elif token in ("\n", ";") and depth == 0 and key is not None:
            store(settings, key, values)
            key = None
    return settings


def store(settings, key, values):
    name, how = key[0], key[1:]
    if "append" in how:
        old = settings.get(name, [])
        settings[name] = old + values if isinstance(old, list) else old + "".join(values)
    elif "list" in how:
        settings[name] = values
    else:
        settings[name] = values[0] if values else ""


def disk(spec):
    """One disk specification as (target, format); see xl-disk-configuration(5)."""
    named = re.search(r"(?:^|,)\s*target=(.*)$", spec)
    if named:  # the documented way out for odd names: all the rest is the target
        return named[1], format_of(spec[:named.start()].split(","))
    fields = [field.strip() for field in spec.split(",")]
    prefix = DEPRECATED.match(fields[0])
    if prefix:
        kind = "qcow2" if "qcow2:" in prefix[0] else "raw"
        return fields[0][prefix.end():], kind
    return fields[0], format_of(fields[1:])


def format_of(fields):
    for field in fields:
        field = field.strip().removeprefix("format=")
        if field in FORMATS:
            return field
    return "raw"
