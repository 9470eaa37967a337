"""Machines of other hypervisors, converted and booted; see ../README.md."""
from .case import CASES
from .machine import MACHINES

__all__ = ["CASES", "MACHINES"]
