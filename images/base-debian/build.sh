#!/bin/bash
# Makes the root file system of a base for images/checkup, where none can be pulled: Debian's C library and
# a Node.js, without shell or package manager.
#
#   build.sh --node PROGRAM --output DIR
#
# DIR must not be there yet. Needs mmdebstrap and the mirrors of the machine's own apt sources.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../guest/apt-sources.sh
. "$here/../guest/apt-sources.sh"
# shellcheck source=unpacked-root.sh
. "$here/unpacked-root.sh"
suite=bookworm

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

node='' output=''
while [ $# -gt 0 ]; do
  case $1 in
    --node) node=${2-} ;;
    --output) output=${2-} ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2 || fail "the value of $1 is missing"
done
[ -x "$node" ] || fail "--node is no program: $node"
[ -n "$output" ] || fail '--output is missing'

sources=$(apt_sources "$suite")
[ -n "$sources" ] || fail "this machine's apt sources name no mirror of Debian"

# Unpacked, not configured: their maintainer scripts want programs that are not needed here.
trap 'rm -f "$output.tar"' EXIT
unpack_root "$output" "$output.tar" "$suite" --variant=extract --include=base-files,libc6,libstdc++6 <<<"$sources"
rm -rf "$output"/usr/share/{doc-base,info,lintian,locale,man} "$output"/var/{cache,lib/apt,lib/dpkg,log}/*
install -m 755 -D "$node" "$output/usr/local/bin/node"
cat >"$output/etc/passwd" <<'USERS'
root:x:0:0:root:/root:/usr/sbin/nologin
nonroot:x:1001:0:nonroot:/tmp:/usr/sbin/nologin
USERS
echo root:x:0: >"$output/etc/group"
echo 'hosts: files dns' >"$output/etc/nsswitch.conf"
"$node" --version >"$output/etc/node-version"
