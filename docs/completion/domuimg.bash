# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for domuimg(1).

# The options of a verb, as the program itself lists them.
_domuimg_options () {
  "$@" --help 2>/dev/null | sed -n 's/^ *\(-[a-z], \)\?\(--[a-z-]*\).*/\2/p'
}

# What may follow --from, as the program itself lists it: "tar:FILE" and its like.
_domuimg_sources () {
  "${COMP_WORDS[0]}" create --help 2>/dev/null | sed -n '/^ *--from=/p' |
    grep -oE '[a-z0-9]+:[A-Z]+ '  | tr -d ' '
}

# The verbs, as the program itself lists them.
_domuimg_verbs () {
  "${COMP_WORDS[0]}" --help 2>/dev/null | sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# The vendors' images that a guest can be made of.
_domuimg_images () {
  "${COMP_WORDS[0]}" list-images 2>/dev/null | awk 'NR > 1 { print $1 }' | sort -u
}

# The guests that this host knows.
_domuimg_guests () {
  "${COMP_WORDS[0]}" list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

# Completes a file behind a prefix such as "tar:".
_domuimg_files () {
  local prefix=$1 kind=$2

  mapfile -t COMPREPLY < <(compgen "$kind" -P "$prefix" -- "${cur#"$prefix"}")
  compopt -o filenames 2>/dev/null
}

_domuimg_value () {
  case $1 in
    --from)
      if [[ $cur == image:* ]]; then
        mapfile -t COMPREPLY < <(compgen -P image: -W "$(_domuimg_images)" -- "${cur#image:}")
        return
      fi
      case $(_domuimg_sources | grep -xF -e "${cur%%:*}:FILE" -e "${cur%%:*}:DIRECTORY" -e "${cur%%:*}:PROGRAM") in
        *:FILE | *:PROGRAM) _domuimg_files "${cur%%:*}:" -f ;;
        *:DIRECTORY) _domuimg_files "${cur%%:*}:" -d ;;
        *) compopt -o nospace 2>/dev/null
           mapfile -t COMPREPLY < <(compgen -W "$(_domuimg_sources | sed 's/:.*/:/')" -- "$cur") ;;
      esac ;;
    --kernel)
      case $cur in
        file:*) _domuimg_files file: -f ;;
        *) mapfile -t COMPREPLY < <(compgen -W "auto guest extract host file: pvgrub pygrub domuimg pxe firmware" -- "$cur") ;;
      esac ;;
    --type) mapfile -t COMPREPLY < <(compgen -W "auto pv pvh hvm" -- "$cur") ;;
    --graphics) mapfile -t COMPREPLY < <(compgen -W "none vnc sdl spice" -- "$cur") ;;
    --restart) mapfile -t COMPREPLY < <(compgen -W "on-failure always no" -- "$cur") ;;
    --root-password) mapfile -t COMPREPLY < <(compgen -W "generate" -- "$cur") ;;
    --include) mapfile -t COMPREPLY < <(compgen -W "home tmp mnt caches logs host-keys identity all" -- "$cur") ;;
    --variant) mapfile -t COMPREPLY < <(compgen -W "minbase essential apt required important standard" -- "$cur") ;;
    --timezone) mapfile -t COMPREPLY < <(cd /usr/share/zoneinfo 2>/dev/null && compgen -f -X '*[a-z].*' -- "$cur")
                compopt -o filenames 2>/dev/null ;;
    --installer) mapfile -t COMPREPLY < <(compgen -W "guest qemu" -- "$cur") ;;
    --display) mapfile -t COMPREPLY < <(compgen -W "none vnc gtk sdl" -- "$cur") ;;
    --host-keys) mapfile -t COMPREPLY < <(compgen -W "first-boot build keep" -- "$cur") ;;
    --format) mapfile -t COMPREPLY < <(compgen -W "text json inventory hosts" -- "$cur") ;;
    --backend) mapfile -t COMPREPLY < <(compgen -W "libxl libvirt" -- "$cur") ;;
    --progress) mapfile -t COMPREPLY < <(compgen -W "auto bar lines json none" -- "$cur") ;;
    --on-poweroff | --on-reboot | --on-crash)
      mapfile -t COMPREPLY < <(compgen -W "destroy restart rename-restart preserve" -- "$cur") ;;
    --connect) mapfile -t COMPREPLY < <(compgen -W "xen:///system qemu:///system xen+ssh://" -- "$cur") ;;
    --cloud-init) mapfile -t COMPREPLY < <(compgen -W "auto none user-data= network-config= vendor-data= format=" -- "$cur") ;;
    --layout) mapfile -t COMPREPLY < <(compgen -W "none gpt mbr" -- "$cur") ;;
    --sbom) mapfile -t COMPREPLY < <(compgen -W "both spdx cyclonedx none" -- "$cur") ;;
    --copy) mapfile -t COMPREPLY < <(compgen -W "reflink overlay sparse" -- "$cur") ;;
    --identity) mapfile -t COMPREPLY < <(compgen -W "list none all" -- "$cur") ;;
    --restart) mapfile -t COMPREPLY < <(compgen -W "on-failure always no" -- "$cur") ;;
    --dir | --source-dir | --host-root) _domuimg_files "" -d ;;
    --spec | --answers | --each | --app | --add | --from-root | --trace-file | --env-file | --loader | --image | --ramdisk | --ssh-key | --root-password-file | --keyring | --repo | --ignition | --host | --luks-key) _domuimg_files "" -f ;;
    --disk | --partition | --nic | --memory | --maxmem | --vcpus | --hostname | --package | --kernel-package | \
      --mirror | --arch | --group | --exclude | --locale | --keymap | \
      --cmd | --env | --user | --extra | --uuid | --config | --xen | --cmdline | --map-network | --root | \
      --timeout | --discard | --count | --name) ;;
    *) return 1 ;;
  esac
}

_domuimg () {
  local cur prev verb=${COMP_WORDS[1]}
  COMPREPLY=()
  # ":" and "=" are parts of our words, not ends of them.
  cur=${COMP_LINE:0:COMP_POINT}
  cur=${cur##* }
  prev=${COMP_LINE:0:COMP_POINT-${#cur}}
  prev=${prev%% }
  prev=${prev##* }

  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_domuimg_verbs) help --help --version" -- "$cur")
  elif [ "$verb" = kernel ] && [ "$COMP_CWORD" = 2 ]; then
    mapfile -t COMPREPLY < <(compgen -W "inspect list update" -- "$cur")
  elif [ "$verb" = config ] && [ "$COMP_CWORD" = 2 ]; then
    mapfile -t COMPREPLY < <(compgen -W "convert show set" -- "$cur")
  elif [ "$verb" = config ] && [ "$prev" = --to ]; then
    mapfile -t COMPREPLY < <(compgen -W "xl libvirt" -- "$cur")
  elif [ "$verb" = config ] && [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_domuimg_options "${COMP_WORDS[0]}" "$verb" "${COMP_WORDS[2]}")" -- "$cur")
  elif _domuimg_value "$prev"; then
    :
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_domuimg_options "${COMP_WORDS[0]}" "$verb")" -- "$cur")
  elif [ "$verb" = help ]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_domuimg_verbs)" -- "$cur")
  elif [[ " create list list-images doctor cleanup " == *" $verb "* ]]; then
    :
  elif [ "$verb" = generalise ] || { [ "$verb" = kernel ] && [ "${COMP_WORDS[2]}" != update ]; }; then
    _domuimg_files "" -f
  else
    # Every other verb takes a guest, by its name or by a file.
    mapfile -t COMPREPLY < <(compgen -W "$(_domuimg_guests)" -- "$cur")
    [ ${#COMPREPLY[@]} -gt 0 ] || _domuimg_files "" -f
  fi

  # bash replaces only what follows the last ":" or "=".
  if [[ $cur == *[:=]* ]]; then
    local cut=${cur%"${cur##*[:=]}"} i
    for i in "${!COMPREPLY[@]}"; do
      COMPREPLY[i]=${COMPREPLY[i]#"$cut"}
    done
  fi
}

complete -F _domuimg domuimg
