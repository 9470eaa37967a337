"""The corpus of `domuimg check`; see ../README.md."""
from . import good, hosts, kernels, refuted, roots_of_guests, settings, several
from .case import CASES

__all__ = ["CASES", "good", "hosts", "kernels", "refuted", "roots_of_guests", "settings", "several"]
