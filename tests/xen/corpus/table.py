# SPDX-License-Identifier: LGPL-2.1-or-later
"""The results, as the table of docs/checks.md."""
import pathlib

PATH = pathlib.Path(__file__).resolve().parents[3] / "docs" / "checks.md"
BEGIN = "<!-- corpus: written by tests/xen/run-corpus --write-table -->\n"
END = "<!-- end of corpus -->\n"


def rows(results, cases):
    yield "| case | broken rule | predicted | on Xen | after --fix |"
    yield "|---|---|---|---|---|"
    for case in cases:
        result = results.get(case.name)
        if result:
            rule = f"`{result['rule']}`" if result["rule"] else ""
            yield (f"| {case.name} | {rule} | {result['predicted']} | {result['happened']} | "
                   f"{result['fixed'] or ''} |")


def write(results, cases):
    """Replaces what stands between the markers."""
    text = PATH.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PATH.write_text(head + BEGIN + "\n".join(rows(results, cases)) + "\n" + END + tail)
