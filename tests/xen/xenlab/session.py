"""A restored dom0 with its cargo, and the guests that run in it."""
import contextlib
import sys
import tempfile
import threading
import time

from . import accident, prepare, tools
from .errors import GuestFailed, LabError
from .guest import Run
from .link import Console
from .machine import Machine, disks
from .ship import Cargo


@contextlib.contextmanager
def dom0(guests, extra_files, extra_disks=()):
    """The link to a running dom0 that has everything; all of it gone afterwards."""
    directory = prepare.ensure()
    with tempfile.TemporaryDirectory(prefix="xenlab-") as work:
        cargo = Cargo(work)
        for guest in guests:
            cargo.add_guest(guest)
        for outside, inside in extra_files:
            cargo.add_file(outside, inside)
        for target in extra_disks:
            cargo.add_disk(target)
        root = f"{work}/root.qcow2"
        tools.run(tools.qemu_img(), "create", "-q", "-f", "qcow2", "-F", "qcow2",
                  "-b", str(directory / "root.qcow2"), root)
        arguments = disks(root, cargo.pack(), cargo.overlays())
        with Machine(directory, f"{work}/xen.log", arguments, incoming=True) as machine:
            machine.restore(directory / "state")
            cargo.unpack(machine.link)
            yield machine.link


def boot_one(link, guest, options, log):
    """What `lab boot` does for one guest; the text to print when it went well."""
    run = Run(link, guest, Console(log), options.timeout, options.silence)
    started = time.monotonic()
    try:
        run.create(options.set)
        for pattern, text in options.send:
            run.expect(pattern)
            run.type(text)
        run.expect(options.expect)
        said = [f"{guest.name}: {options.expect!r} {time.monotonic() - started:.1f} s after xl create"]
        said += inside(run, options)
    except GuestFailed as error:
        error.evidence = "\n".join(filter(None, [error.evidence, run.evidence()]))
        raise
    return said


def inside(run, options):
    said = []
    if options.login:
        run.login(*options.login)
    for text in options.run:
        status, output = run.command(text)
        said.append(output.rstrip("\n"))
        if status != 0:
            raise GuestFailed(f"in the guest: {text}: {status}", output)
    for address in options.ping:
        run.ping(address)
        said.append(f"{run.guest.name}: {address} answers dom0's ping")
    for text in options.ask:
        said.append(run.ask(text).rstrip("\n"))
    for pattern in options.then:
        said.append(f"{run.guest.name}: {run.expect(pattern)[0]!r}")
    return said


def boot(guests, options):
    """Boot them at once; the exit status."""
    names = " and ".join(guest.name for guest in guests)
    said, failures = accident.retried(names, lambda: boot_once(guests, options), accident_in)
    for guest in guests:
        report(guest, said.get(guest.name), failures.get(guest.name))
    if any(error.status != GuestFailed.status for error in failures.values()):
        return LabError.status
    # A thread that died of a mistake of ours left neither: that is no success.
    return 0 if len(said) == len(guests) else GuestFailed.status


def accident_in(result):
    """What the lab, or the emulated processor, did to one of the guests; or None."""
    _, failures = result
    for failure in failures.values():
        if failure.status == LabError.status:
            return str(failure).splitlines()[0]
        if found := accident.sign_in(f"{failure}\n{getattr(failure, 'evidence', '')}"):
            return found
    return None


def boot_once(guests, options):
    """What each guest said, and what each failed of, by name."""
    failures, said = {}, {}

    def work(guest, log):
        try:
            said[guest.name] = boot_one(link, guest, options, log)
        except LabError as error:
            failures[guest.name] = error

    with dom0(guests, options.ship) as link, contextlib.ExitStack() as stack:
        for command in options.before:
            link.must(command)
        threads = []
        for guest in guests:
            log = stack.enter_context(open(log_name(options.log, guest, guests), "w", encoding="utf-8"))
            threads.append(threading.Thread(target=work, args=(guest, log), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join()
    return said, failures


def log_name(log, guest, guests):
    if not log:
        return "/dev/null"
    return log if len(guests) == 1 else f"{log}.{guest.name}"


def report(guest, said, failure):
    if said:
        print("\n".join(said), flush=True)
    if failure:
        print(f"lab: {guest.name}: {failure}", file=sys.stderr)
        print(getattr(failure, "evidence", ""), file=sys.stderr, flush=True)
