# SPDX-License-Identifier: LGPL-2.1-or-later
"""What run-host takes into dom0, and runs there."""
