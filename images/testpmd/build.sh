#!/bin/bash
# Makes the root file system of the rootless pods' image of Debian's packages alone, so that no registry is needed.
#
#   build.sh --output DIR
#
# DIR must not be there yet. Needs mmdebstrap and the mirrors of the machine's own apt sources. The Containerfile
# makes the same of a base that can be pulled.
set -euo pipefail

# What mmdebstrap mounts is gone with this script, however that ends. Who is not root gets as much by user namespaces.
if [ "$(id -u)" = 0 ] && [ "${1-}" != --in-namespace ]; then
  exec setpriv --pdeathsig TERM -- unshare --mount "$0" --in-namespace "$@"
fi
[ "${1-}" != --in-namespace ] || shift

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../guest/apt-sources.sh
. "$here/../guest/apt-sources.sh"
# shellcheck source=../base-debian/unpacked-root.sh
. "$here/../base-debian/unpacked-root.sh"
suite=bookworm

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

output=''
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=${2-} ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2 || fail "the value of $1 is missing"
done
[ -n "$output" ] || fail '--output is missing'

sources=$(apt_sources "$suite")
[ -n "$sources" ] || fail "this machine's apt sources name no mirror of Debian"

# dpdk-testpmd alone, out of a package whose dependencies (headers, Python) the pod has no use for.
testpmd='chroot "$1" sh -c "cd /tmp && apt-get download dpdk-dev && dpkg-deb -x dpdk-dev_*.deb dpdk-dev"
install -m 755 "$1/tmp/dpdk-dev/usr/bin/dpdk-testpmd" "$1/usr/bin/dpdk-testpmd"
rm -rf "$1"/tmp/dpdk-dev*'
# As the Containerfile says: a file that asks for a capability cannot be run at all where there is none to give.
ping='if getcap "$1/usr/bin/ping" | grep -q cap_; then setcap -r "$1/usr/bin/ping"; fi'
packages=$(sed 's/#.*//; /^[[:space:]]*$/d' "$here/packages" | paste -sd,)

work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 143' TERM INT HUP

TMPDIR=$work unpack_root "$output" "$work/root.tar" "$suite" --variant=apt --include="$packages" \
  --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook="$testpmd" --customize-hook="$ping" <<<"$sources"
rm -rf "$output"/var/{cache/apt,lib/apt/lists,log}/*
