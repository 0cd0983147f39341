# A disk that boots by itself under BIOS, without loop devices: master boot record, a FAT partition with
# syslinux, kernel and initrd, and an ext4 partition. Sourced by build.sh.
# shellcheck shell=bash

# make_disk ROOT BOOT DISK: DISK (raw) from the trees ROOT (file system root) and BOOT (boot partition).
make_disk() {
  local root=$1 boot=$2 disk=$3
  local start_mib=1 boot_mib=64 root_mib fat=$3.fat
  # A fifth and half a GiB on top: ext4's own needs, and room for what a run writes.
  root_mib=$(($(du -sm --apparent-size "$root" | cut -f1) * 6 / 5 + 512))

  rm -f "$fat" "$disk"
  truncate -s "${boot_mib}M" "$fat"
  mkfs.vfat -F 32 -n CHECKUPBOOT "$fat"
  syslinux --install "$fat"
  mcopy -i "$fat" "$boot"/* ::/

  truncate -s "$((start_mib + boot_mib + root_mib + 1))M" "$disk"
  sfdisk -q "$disk" <<-TABLE
	label: dos
	start=${start_mib}MiB, size=${boot_mib}MiB, type=c, bootable
	size=${root_mib}MiB, type=83
	TABLE
  dd if=/usr/lib/syslinux/mbr/mbr.bin of="$disk" bs=440 count=1 conv=notrunc status=none
  dd if="$fat" of="$disk" bs=1M seek="$start_mib" conv=notrunc,sparse status=none
  # No journal: a guest lives for minutes, on an overlay that is thrown away.
  mke2fs -q -F -t ext4 -L checkup-root -m 0 -O ^has_journal \
    -E "lazy_itable_init=1,root_owner=0:0,offset=$(((start_mib + boot_mib) * 1048576))" \
    -d "$root" "$disk" "${root_mib}M"
  rm "$fat"
}
