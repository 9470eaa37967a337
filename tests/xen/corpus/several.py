"""Several faults at once, of which none keeps the guest from its prompt: one boot for many rules."""
from . import kernels, roots_of_guests, settings
from .case import case


def edited(guest, *edits):
    for edit in edits:
        edit(guest)


@case("modules-index", "network-interface", "network-persistent-rules", "console-securetty", "login-nobody",
      "console-parameter", "fstab-type", "filesystem-errors", "filesystem-full")
def several_in_the_root(guest):
    """A root with many faults that it boots with all the same."""
    edited(guest, kernels.modules_without_index, settings.network_ens33, settings.network_persistent_rules,
           settings.securetty, settings.nobody, settings.console_ttys0, roots_of_guests.fstab_type, roots_of_guests.filesystem_full,
           roots_of_guests.filesystem_errors)


@case("config-unknown-key", "config-key-too-new", "config-duplicate-mac", "config-mac", "menu-default",
      "modules-missing", "fstab-device", "filesystem-unclean", "mount-point-missing", "owner-not-root", "init-programs")
def several_in_the_configuration(guest):
    """A configuration and a menu with many faults, and still others in the root, that it boots with all the same."""
    edited(guest, settings.unknown_key, settings.key_too_new, settings.menu_default_dangling_pvgrub,
           kernels.modules_missing, roots_of_guests.fstab_device_sysv, roots_of_guests.mount_point_proc,
           roots_of_guests.owners_shifted, settings.inittab_without_openrc, roots_of_guests.filesystem_unclean,
           settings.duplicate_mac)
    interfaces = guest.settings["vif"]
    settings.multicast_mac(guest)
    guest.settings["vif"] += interfaces
