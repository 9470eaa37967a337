# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cases/host.py takes into dom0, and runs there."""
