"""Modules of the corpus of `domuimg check`; see ../README.md."""
