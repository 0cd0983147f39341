# Sourced: root file systems of Debian packages for images that are put together without running anything.

# unpack_root OUTPUT TARBALL SUITE OPTION…: mmdebstrap with these options and the apt sources of stdin, unpacked into
# the new folder OUTPUT. By way of TARBALL, which is gone then: somebody who is not root may not be the owner of what
# mmdebstrap makes. A file, not a pipe: tar closes that at the archive's end, and mmdebstrap, which has some padding
# to write still, fails now and then.
unpack_root() {
  local output=$1 tarball=$2 suite=$3
  shift 3
  mkdir "$output"
  setpriv --pdeathsig TERM -- mmdebstrap "$@" --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --format=tar "$suite" "$tarball" -
  tar -xpf "$tarball" --no-same-owner -C "$output" --exclude='./dev/*'
  rm "$tarball"
}
