# A TRex release for the traffic generator's root file system. Sourced.
# shellcheck shell=bash

# check_trex_archive FILE: whether it is a release, which is a tar with one folder, named after its version.
# Says why not on stderr.
check_trex_archive() {
  local archive=$1 names folder program
  if ! { [ -f "$archive" ] && [ -r "$archive" ]; }; then
    echo "can't read the TRex archive $archive" >&2
    return 1
  fi
  if ! names=$(tar -tf "$archive" 2>/dev/null); then
    echo "the TRex archive $archive is no tar archive, or not all of one" >&2
    return 1
  fi
  folder=${names%%/*}
  for program in t-rex-64 trex-console; do
    if ! grep -qxF "$folder/$program" <<<"$names"; then
      echo "$archive is no release of TRex: it has no <version>/$program" >&2
      return 1
    fi
  done
}

# trex_version FILE: the name of its folder, e.g. v3.08.
trex_version() {
  local names
  names=$(tar -tf "$1")
  echo "${names%%/*}"
}

# unpack_trex FILE ROOT: to where the checkup's unit and scripts look for it.
unpack_trex() {
  mkdir -p "$2/opt/trex"
  tar -xf "$1" -C "$2/opt/trex" --strip-components=1 --no-same-owner
}
