/** What a guest prints on its console if its boot fails. */
export type BootFailure =
  | 'has no bootable disk'
  | 'finds no root file system'
  | 'panics as it boots'
  | 'panics without an init'
  | 'panics once and restarts'
  | 'drops to an emergency shell'
  | 'fails in cloud-init'

export const BOOT_MESSAGES: Readonly<Record<BootFailure, readonly string[]>> = {
  // SeaBIOS, src/boot.c, as virt-launcher's QEMU prints it on the serial line.
  'has no bootable disk': ['Boot failed: not a bootable disk', '', 'No bootable device.'],
  // A RHEL whose root volume is missing: MicrosoftDocs, "Linux virtual machine doesn't boot" (dracut-initqueue.sh).
  'finds no root file system': [
    '[  199.103720] dracut-initqueue[455]: Warning: dracut-initqueue timeout - starting timeout scripts',
    '[  199.105052] dracut-initqueue[455]: Warning: Could not boot.',
    '         Starting Dracut Emergency Shell...',
    'Warning: /dev/mapper/rootvg-rootlv does not exist',
    '',
    'Generating "/run/initramfs/rdsosreport.txt"',
    '',
    'Entering emergency mode. Exit the shell to continue.',
    'Type "journalctl" to view system logs.',
  ],
  // init/do_mounts.c and kernel/panic.c, with an image whose initramfs is missing.
  'panics as it boots': [
    '[    1.912345] VFS: Cannot open root device "UUID=0" or unknown-block(0,0): error -6',
    '[    1.912400] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
    '[    1.913000] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---',
  ],
  // kernel/exit.c and kernel/panic.c, with an init that ends at once.
  'panics without an init': [
    '[    2.101010] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00',
    '[    2.101500] CPU: 0 PID: 1 Comm: init Not tainted 5.14.0-427.el9.x86_64 #1',
    '[    2.102000] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00 ]---',
  ],
  // The same with panic=10 on the kernel's command line.
  'panics once and restarts': [
    '[    2.101010] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00',
    '[    2.101500] CPU: 0 PID: 1 Comm: init Not tainted 5.14.0-427.el9.x86_64 #1',
    '[    2.102000] Rebooting in 10 seconds..',
  ],
  // systemd with a wrong line in /etc/fstab, and sulogin (units/emergency.service.in, login-utils/sulogin.c).
  'drops to an emergency shell': [
    '[FAILED] Failed to mount /data.',
    "See 'systemctl status data.mount' for details.",
    '[DEPEND] Dependency failed for Local File Systems.',
    'You are in emergency mode. After logging in, type "journalctl -xb" to view',
    'system logs, "systemctl reboot" to reboot, "systemctl default" or "exit"',
    'to boot into default mode.',
    'Give root password for maintenance',
    '(or press Control-D to continue): ',
  ],
  // cloud-init's main.py with user data that is not YAML, and systemd's line about its unit.
  'fails in cloud-init': [
    'cloud-init[812]: 2025-01-01 00:00:00,000 - util.py[WARNING]: Failed loading yaml blob. Invalid format at line 3 column 1',
    '[FAILED] Failed to start cloud-init.service - Initial cloud-init job (metadata service crawler).',
    "See 'systemctl status cloud-init.service' for details.",
  ],
}
