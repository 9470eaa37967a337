# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# For the scripts beside this one: what Ganeti says in its environment (ganeti-os-interface(7)), as words of
# domuimg create. What they mean, and whether they are right, domuimg says.
set -eu

usage () {
  sed -n 's/^# Usage: /usage: /p' "$0"
  exit "$1"
}

# Where manifests and configurations are; Ganeti itself starts the instances.
state=${DOMUIMG_GANETI_DIR:-/var/lib/domuimg/ganeti}
export state

# An option for each variable that is set: add_option OPTION VALUE. Sets the words of create, one a line.
add_option () {
  [ -z "$2" ] || printf '%s=%s\n' "$1" "$2"
}

# A card as Ganeti has it.
add_nic () {
  eval "mac=\${NIC_$1_MAC:-} link=\${NIC_$1_BRIDGE:-\${NIC_$1_LINK:-}} ip=\${NIC_$1_IP:-}"
  eval "subnet=\${NIC_$1_NETWORK_SUBNET:-} gateway=\${NIC_$1_NETWORK_GATEWAY:-}"
  # shellcheck disable=SC2154
  add_option --nic "${link:+bridge=$link,}mac=$mac${ip:+${subnet:+,ip=$ip/${subnet#*/}}}${ip:+${subnet:+${gateway:+,gateway=$gateway}}}"
}

words () {
  add_option --from "${OSP_FROM:-debian:${OS_VARIANT:-}}"
  add_option --kernel "${OSP_KERNEL:-}"
  add_option --type "${OSP_TYPE:-}"
  add_option --layout "${OSP_LAYOUT:-}"
  add_option --package "${OSP_PACKAGE:-}"
  add_option --ssh-key "${OSP_SSH_KEY:-}"
  add_option --root-password-file "${OSP_ROOT_PASSWORD_FILE:-}"
  add_option --mirror "${OSP_MIRROR:-}"
  add_option --dir "$state"
}
