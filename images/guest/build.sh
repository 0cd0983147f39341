#!/bin/bash
# Builds the guests' boot disks for the roles vm-under-test and traffic-gen out of Debian packages:
#
#   build.sh --variant minimal|full --output DIR [--trex-archive FILE]
#
# Into DIR go, for each role, ROLE.qcow2 (boots by itself under BIOS) and ROLE.json (what is in it), and the
# kernel as `vmlinuz`. The root file system is built once; the roles differ by little.
#
# Needs root (chroot), the packages of lab/guests/debian-packages.json and the mirrors of the
# machine's own apt sources; no loop devices, no network else. One line a step on stdout, the tools' words
# on stderr.
set -euo pipefail

# In a mount namespace of its own: what mmdebstrap mounts in the chroot goes with the build, though it be killed,
# and nobody who clears up after it meets a mounted /proc.
if [ "${BUILD_NAMESPACE-}" != own ] && unshare --mount true 2>/dev/null; then
  exec env BUILD_NAMESPACE=own unshare --mount --propagation private bash "$0" "$@"
fi

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-sources.sh
. "$here/apt-sources.sh"
# shellcheck source=disk.sh
. "$here/disk.sh"
# shellcheck source=trex.sh
. "$here/trex.sh"
suite=bookworm

say() { echo "$*"; }
fail() {
  echo "build.sh: $*" >&2
  exit 1
}

variant='' output='' trex_archive=''
while [ $# -gt 0 ]; do
  case $1 in
    --variant) variant=${2-} ;;
    --output) output=${2-} ;;
    --trex-archive) trex_archive=${2-} ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2 || fail "the value of $1 is missing"
done
case $variant in minimal | full) ;; *) fail '--variant is minimal or full' ;; esac
[ -n "$output" ] || fail '--output is missing'
# Looked at before the long part.
[ -z "$trex_archive" ] || check_trex_archive "$trex_archive" || exit 1
[ "$(id -u)" = 0 ] || fail 'building a guest image needs root (it installs packages in a chroot)'

mkdir -p "$output"
work=$(mktemp -d "$output/build.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
install_pid=
trap '[ -z "$install_pid" ] || { kill "$install_pid"; wait "$install_pid"; } || true; exit 143' TERM INT HUP
root=$work/root

# Lines of a list file without comments.
list() { sed 's/#.*//; /^[[:space:]]*$/d' "$@"; }

# mmdebstrap in the background, for a signal to reach the trap above; and it goes when this script is killed.
# INITRD=No is the kernel package's switch for "no initrd": building one takes longer than unpacking it.
install_packages() {
  INITRD=No setpriv --pdeathsig TERM -- mmdebstrap --mode=root \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt=force-unsafe-io "$@" <"$work/sources.list" >&2 &
  install_pid=$!
  wait "$install_pid"
  install_pid=
}

build_root() {
  local lists=(common "$variant") packages options=() line
  [ -z "$trex_archive" ] || lists+=(trex)
  packages=$(list "${lists[@]/#/$here/packages/}" | paste -sd,)
  while read -r line; do
    case $line in
      +*) options+=(--dpkgopt="path-include=${line#+}") ;;
      *) options+=(--dpkgopt="path-exclude=$line") ;;
    esac
  done < <(list "$here/dpkg.excludes")
  install_packages --include="$packages" \
    --variant="$(if [ "$variant" = full ]; then echo apt; else echo essential; fi)" "${options[@]}" \
    --customize-hook="'$here/customize-root.sh' \"\$1\" $variant" \
    "$suite" "$root" -
}

# VFs in VMs of KubeVirt, which have no IOMMU, need what Debian builds its kernels without: VFIO_NOIOMMU. vfio's
# modules are compiled once more with it, from the same version's source, in a root file system of their own.
build_vfio() {
  local compiler=$work/compiler
  install_packages --variant=essential --include="linux-headers-$kernel,linux-source-${kernel%.*},make,xz-utils" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --customize-hook="'$here/compile-vfio.sh' \"\$1\" $kernel" \
    "$suite" "$compiler" -
  mkdir -p "$root/lib/modules/$kernel/updates"
  cp "$compiler"/opt/vfio/*.ko "$root/lib/modules/$kernel/updates/"
  chroot "$root" depmod "$kernel"
  rm -rf --one-file-system "$compiler"
}

# What tells the roles apart; called in the order of the roles, on the same tree.
become() {
  echo "$1" >"$root/etc/checkup-role"
  if [ "$1" = traffic-gen ] && [ -n "$trex_archive" ]; then
    unpack_trex "$trex_archive" "$root"
  fi
}

write_manifest() {
  local role=$1 disk=$2
  # shellcheck disable=SC2016 # dpkg-query's own placeholders
  chroot "$root" dpkg-query -W -f '${Package}\t${Version}\n' |
    chroot "$root" jq -Rn --arg role "$role" --arg variant "$variant" --arg kernel "$kernel" \
      --arg sha256 "$(sha256sum <"$disk" | cut -d' ' -f1)" \
      --arg trex "$([ -z "$trex_archive" ] || basename "$trex_archive")" \
      --arg trex_version "$([ -z "$trex_archive" ] || trex_version "$trex_archive")" \
      --arg trex_sha256 "$([ -z "$trex_archive" ] || sha256sum <"$trex_archive" | cut -d' ' -f1)" '
      ([inputs | split("\t") | {key: .[0], value: .[1]}] | from_entries) as $packages
      | {role: $role, variant: $variant, kernel: $kernel, dpdk: $packages["librte-eal23"], sha256: $sha256}
      + (if $trex == "" or $role != "traffic-gen" then {}
         else {trex: {version: $trex_version, archive: $trex, sha256: $trex_sha256}} end)
      + {packages: $packages}'
}

apt_sources "$suite" >"$work/sources.list"
[ -s "$work/sources.list" ] || fail "this machine's apt sources name no mirror of Debian"

say "installing Debian $suite packages into a root file system ($variant)"
build_root
kernel=$(basename "$root"/lib/modules/*)
if [ "$variant" = full ]; then
  say "compiling vfio for guests without an IOMMU"
  build_vfio
fi
mv "$root/opt/boot" "$work/boot"
cp "$work/boot/vmlinuz" "$output/vmlinuz"
for role in vm-under-test traffic-gen; do
  say "writing the boot disk of $role"
  become "$role"
  make_disk "$root" "$work/boot" "$work/disk.raw" >&2
  qemu-img convert -f raw -O qcow2 "$work/disk.raw" "$output/$role.qcow2" >&2
  write_manifest "$role" "$output/$role.qcow2" >"$output/$role.json"
done
