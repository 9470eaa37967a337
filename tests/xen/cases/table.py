# SPDX-License-Identifier: LGPL-2.1-or-later
"""The corpus' results as a table in docs/checks.md."""
import pathlib

from corpus import CASES

PATH = pathlib.Path(__file__).resolve().parents[3] / "docs" / "checks.md"
BEGIN = "<!-- The corpus' results; written by tests/xen/run-lab --write-table. -->"
END = "<!-- End of the corpus' results. -->"


def row(result):
    fixed = {None: "", True: "boots", False: "**does not boot**"}[result.fixed]
    cells = [f"`{result.case.name}`", result.case.summary, ", ".join(f"`{name}`" for name in result.ids),
             result.predicted, result.outcome.verdict, result.outcome.reason, fixed]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write(results):
    """Put the table between its two markers; @results are by the cases' names, and all are there."""
    text = PATH.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{PATH} has not once each of {BEGIN!r} and {END!r}")
    head, rest = text.split(BEGIN)
    rows = [row(results[case.name]) for case in CASES]
    lines = ["", "", "| case | the guest | found | predicted | real Xen | how | after --fix |",
             "|---|---|---|---|---|---|---|", *rows, "", ""]
    PATH.write_text(head + BEGIN + "\n".join(lines) + END + rest.split(END)[1], encoding="utf-8")
