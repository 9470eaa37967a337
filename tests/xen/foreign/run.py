"""Programs that make and judge the machines: what fails is told with its last words."""
import subprocess


class Broken(Exception):
    """A machine could not be made, or a tool that judges one failed."""


def must(*argv, **options):
    """Its output; Broken where it fails."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, errors="replace", check=False,
                          **{} if "input" in options else {"stdin": subprocess.DEVNULL}, **options)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise Broken(f"{argv[0]} failed ({done.returncode}):\n{tail}")
    return done.stdout
