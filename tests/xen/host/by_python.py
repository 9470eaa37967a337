# SPDX-License-Identifier: LGPL-2.1-or-later
"""In dom0: a guest made, started, listed and deleted by the Python package; what it said, as JSON."""
import dataclasses
import json
import sys
import time

import domuimg

NAME, ROOT, SECONDS = sys.argv[1:]


def listed():
    return next((dataclasses.asdict(guest) for guest in domuimg.list_guests() if guest.name == NAME), None)


said = {"xen": domuimg.doctor().xen}
started = time.monotonic()
made = domuimg.create(NAME, source=f"tar:{ROOT}", type="pvh", memory="256M", nic="none",
                      config=['tsc_mode="native"'])
said["image"] = made.image_path
said["config"] = made.config_path
said["made in"] = time.monotonic() - started
said["off"] = listed()
said["run"] = dataclasses.asdict(domuimg.run(made.config_path, wait=int(SECONDS), autostart=True))
said["running"] = listed()
said["deleted"] = domuimg.delete(made.config_path, disks=True, timeout=2)
said["gone"] = listed()
try:
    domuimg.run(NAME)
except domuimg.Error as error:
    said["error"] = type(error).__name__
print(json.dumps(said))
