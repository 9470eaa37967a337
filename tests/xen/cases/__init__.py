# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of all that is booted in the lab; see ../README.md."""
from . import apps, checks, create, foreign, host, layouts

CASES = (*create.CASES, *apps.CASES, *layouts.CASES, *checks.CASES, *foreign.CASES, *host.CASES)
GROUPS = ("create", "app", "checks", "foreign", "plain", "host")

__all__ = ["CASES", "GROUPS"]
