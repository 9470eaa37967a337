"""Modules of the Xen lab; see ../README.md."""
