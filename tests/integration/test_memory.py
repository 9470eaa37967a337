# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peak of memory: 64 MiB and 200 bytes for each entry, whatever the archive's size."""
import archives
import world

BASE = 64 << 20
PER_ENTRY = 200


class Memory(world.Case):
    def assert_within(self, archive, entries):
        peak = self.peak_memory(self.command(f"tar:{archive}", "--no-customise"))
        self.assertLessEqual(peak, BASE + PER_ENTRY * entries,
                             f"{peak / 1048576:.1f} MiB for {entries} entries")

    def test_archive_of_many_bytes(self):
        self.assert_within(archives.plain(self.dir / "root.tar", 700_000_000), 30)

    def test_archive_of_200000_files(self):
        self.assert_within(archives.many(self.dir / "root.tar", 200_000), 200_200)
