"""The command line of the lab."""
import argparse
import re
import signal
import sys

from . import prepare, session
from .errors import LabError, UsageError
from .ship import read_guest


def send_pair(text):
    pattern, separator, typed = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError("give it as REGEX=TEXT")
    return regex(pattern), typed.encode().decode("unicode_escape")


def regex(text):
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return text


def login_pair(text):
    user, separator, password = text.partition(":")
    if not separator:
        raise argparse.ArgumentTypeError("give it as USER:PASSWORD")
    return user, password


def ship_pair(text):
    outside, separator, inside = text.partition(":")
    return outside, inside if separator else None


def arguments():
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("prepare", help="make the dom0 and its snapshot, once")
    boot = verbs.add_parser("boot", help="boot guests from their xl.cfg")
    boot.add_argument("cfg", nargs="+", metavar="CFG", help="one xl.cfg, or two to run at once")
    boot.add_argument("--expect", metavar="REGEX", type=regex, default="login:", help="success (default login:)")
    boot.add_argument("--timeout", metavar="S", type=float, default=600, help="seconds for all of it (default 600)")
    boot.add_argument("--silence", metavar="S", type=float,
                      help="give up when the console shows nothing new for so long")
    boot.add_argument("--log", metavar="FILE", help="the console goes there; with two guests, to FILE.NAME")
    boot.add_argument("--send", metavar="REGEX=TEXT", type=send_pair, action="append", default=[],
                      help="when the console shows it, type TEXT (with \\n escapes)")
    boot.add_argument("--set", metavar="KEY=VALUE", action="append", default=[],
                      help="one more xl setting, on xl's command line")
    boot.add_argument("--before", metavar="COMMAND", action="append", default=[],
                      help="run it in dom0 first, where --ship has brought what it needs")
    boot.add_argument("--login", metavar="USER:PASSWORD", type=login_pair, help="log in at the prompt")
    boot.add_argument("--run", metavar="COMMAND", action="append", default=[],
                      help="after --login: run it in the guest and print its output")
    boot.add_argument("--ping", metavar="ADDRESS", action="append", default=[], help="dom0 must reach it")
    boot.add_argument("--ask", metavar="COMMAND", action="append", default=[],
                      help="then run it in dom0 and print its output")
    boot.add_argument("--then", metavar="REGEX", type=regex, action="append", default=[],
                      help="and then the console must show this")
    dom0 = verbs.add_parser("dom0", help="run a shell command in the dom0")
    dom0.add_argument("command", metavar="COMMAND")
    dom0.add_argument("--timeout", metavar="S", type=float, default=300)
    dom0.add_argument("--disk", metavar="IMAGE", action="append", default=[],
                      help="offer it in dom0 at the same path (the image itself stays unchanged)")
    for verb in (boot, dom0):
        verb.add_argument("--ship", metavar="PATH[:DOM0PATH]", type=ship_pair, action="append", default=[],
                          help="take this file or folder into the dom0 too")
    return parser


def boot(options):
    if len(options.cfg) > 2:
        raise UsageError("two guests at once are all that the lab holds")
    if options.run and not options.login:
        raise UsageError("--run needs --login")
    guests = [read_guest(path) for path in options.cfg]
    if len({guest.name for guest in guests}) < len(guests):
        raise UsageError("the guests need different names")
    return session.boot(guests, options)


def dom0(options):
    with session.dom0([], options.ship, options.disk) as link:
        status, output = link.run(options.command, options.timeout)
    print(output)
    return status


def stop(number, _frame):
    """Leave through every `with`, so that machine and files are gone."""
    raise SystemExit(128 + number)


def main(argv):
    options = arguments().parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)
    try:
        if options.verb == "prepare":
            print(prepare.ensure())
            return 0
        return boot(options) if options.verb == "boot" else dom0(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.status
