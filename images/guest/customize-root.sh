#!/bin/bash
# mmdebstrap's last hook: makes a guest of a root file system. `customize-root.sh ROOT minimal|full`.
# Leaves what the boot partition holds in ROOT/opt/boot.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
root=$1 variant=$2
kernel=$(basename "$root"/lib/modules/*)

list() { sed 's/#.*//; /^[[:space:]]*$/d' "$@"; }

# dpdk-testpmd alone out of its package (full has the whole package).
if [ ! -x "$root/usr/bin/dpdk-testpmd" ]; then
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  (cd "$download" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -o APT::Sandbox::User=root download dpdk-dev)
  dpkg-deb -x "$download"/dpdk-dev_*.deb "$download/dpdk-dev"
  cp -a "$download/dpdk-dev/usr/bin/dpdk-testpmd" "$root/usr/bin/"
fi
chroot "$root" ldconfig
if missing=$(chroot "$root" ldd /usr/bin/dpdk-testpmd | grep 'not found'); then
  echo "dpdk-testpmd lacks libraries: $missing" >&2
  exit 1
fi

cp -a --no-preserve=ownership "$here/files/common/." "$here/files/$variant/." "$root/"
while read -r unit; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done < <(list "$here/masked/common" "$here/masked/$variant")
units=(mnt-huge.mount back-huge-page.service)
case $variant in
  minimal) units+=(lab-cloud-init.service lab-cloud-init-final.service power-button.service all-cpus.service) ;;
  full) units+=(tuned-boot-arguments.service) ;;
esac
chroot "$root" systemctl -q enable "${units[@]}"
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"

# The password of the checkup's default images, for runs whose random one did not reach the guest.
echo root:redhat | chroot "$root" chpasswd -c SHA512
echo checkup-guest >"$root/etc/hostname"
echo '127.0.0.1 localhost checkup-guest' >"$root/etc/hosts"
echo '# The root file system is mounted by the initrd.' >"$root/etc/fstab"
# Empty: each guest makes its own.
: >"$root/etc/machine-id"
: >"$root/etc/motd"
rm -f "$root/etc/resolv.conf" "$root/etc/update-motd.d"/*
mkdir -p "$root/mnt/huge" "$root/mnt/app-config"
# Readline's switch; a console is read by programs.
echo 'set enable-bracketed-paste off' >>"$root/etc/inputrc"

# The boot partition: kernel, an initrd of busybox and some modules, the boot loader's configuration.
boot=$root/opt/boot
initrd=$root/opt/initrd
mkdir -p "$boot" "$initrd"/{bin,dev,proc,sys,root,modules}
cp "$here/initrd/init" "$initrd/init"
cp "$root/bin/busybox" "$initrd/bin/busybox"
ln -s busybox "$initrd/bin/sh"
list "$here/initrd/modules" >"$initrd/modules/order"
while read -r module; do
  find "$root/lib/modules/$kernel" -name "$module.ko" -exec cp {} "$initrd/modules/" \;
done <"$initrd/modules/order"
chroot "$root" /bin/busybox sh -c 'cd /opt/initrd && find . | busybox cpio -o -H newc' >"$boot/initrd.img"
cp "$root/boot/vmlinuz-$kernel" "$boot/vmlinuz"
rm -rf "$initrd" "${root:?}/boot"/* "$root"/vmlinuz* "$root"/initrd.img*
cp "$here/syslinux.cfg" "$boot/syslinux.cfg"
arguments=$(cat "$root"/etc/boot-arguments.d/*.conf | sed 's/#.*//' | xargs)
sed -i "s|^  APPEND .*|  APPEND $arguments|" "$boot/syslinux.cfg"
