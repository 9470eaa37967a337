# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# For the scripts beside this one: a directory of one's own, and results as TAP. Sourced with the
# program's path as argument.
set -euo pipefail
tests=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
program=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd "$scratch"
export DOMUIMG_STATE_DIR=$scratch/state DOMUIMG_GUESTS_DIR=$scratch/.known DOMUIMG_CACHE_DIR=$scratch/cache
export LC_ALL=C.UTF-8 COLUMNS=80
unset SOURCE_DATE_EPOCH
number=0 failures=0

# run ARGUMENT...: leaves its output in the files stdout and stderr, and its exit status in $status.
run () {
  status=0
  "$program" "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null || status=$?
}

# check NAME COMMAND...: one test, passed if the command is.
check () {
  local name=$1
  shift

  number=$((number + 1))
  if "$@"; then
    echo "ok $number - $name"
  else
    failures=$((failures + 1))
    echo "not ok $number - $name"
    echo "# failed: $*; exit status ${status-}"
    sed 's/^/# stderr: /' "$scratch/stderr"
    head -n 20 "$scratch/stdout" | sed 's/^/# stdout: /'
  fi
}

# refused STATUS TEXT: nothing on stdout, and one line on stderr, which holds TEXT.
refused () {
  [ "$status" = "$1" ] && [ ! -s "$scratch/stdout" ] &&
    [ "$(wc -l <"$scratch/stderr")" = 1 ] &&
    grep -q '^domuimg: ' "$scratch/stderr" && grep -qF -- "$2" "$scratch/stderr"
}

done_with () {
  [ "$status" = 0 ] && grep -qF -- "$1" "$scratch/stdout"
}

not () {
  ! "$@"
}

# holds EXPRESSION: true, in Python, where "it" is what stdout says in JSON.
holds () {
  python3 -c '
import json, sys
it = json.load(open("stdout", encoding="utf-8"))
sys.exit(0 if eval("(" + sys.argv[1] + ")") else 1)' "$1" 2>&1 | sed 's/^/# /'
}

# A guest that can be made: root.tar and vmlinuz.
make_inputs () {
  python3 -B -c '
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import guest
guest.write_tar(pathlib.Path("root.tar"))
guest.write_kernel(pathlib.Path("vmlinuz"))' "$tests/python"
}

finish () {
  echo "1..$number"
  [ "$failures" = 0 ]
}
