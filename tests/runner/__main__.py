# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/run, once there is a python3."""
import pathlib
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from runner.main import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
