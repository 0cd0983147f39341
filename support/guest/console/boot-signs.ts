/** Lines on a guest's console that show why it did not boot completely. */

/**
 * Where a boot ends: `no-boot-disk` in the firmware or the boot loader, `no-root` in the initramfs, `emergency-shell`
 * in systemd or the initramfs; after `service-failed` the boot continues, but without a service that a VMI needs to
 * become ready.
 */
export type BootFailureKind = 'no-boot-disk' | 'no-root' | 'emergency-shell' | 'service-failed'

export interface BootSign {
  readonly kind: BootFailureKind
  readonly line: RegExp
  /** The lines after which no guest continues: it waits for input, or does nothing any more. Other
   * programs retry, restart the machine, or report only why something else fails later.
   */
  readonly final?: RegExp
}

/** systemd's message about a unit, with or without colours. */
const FAILED = String.raw`\[ *FAILED *\] Failed to start .{0,10}`

/** The order matters: a missing root file system also ends in an emergency shell. */
export const BOOT_SIGNS: readonly BootSign[] = [
  {
    // SeaBIOS (src/boot.c), EDK II's BdsDxe, GRUB (grub-core/kern/disk.c and rescue_reader.c).
    kind: 'no-boot-disk',
    line: /^\W{0,8}(?:No bootable device\.?|Boot failed: not a bootable disk|Boot failed: could not read the boot disk|BdsDxe: No bootable option or device was found\.?|BdsDxe: failed to (?:load|start) Boot\d{4} .*|error: (?:\.\.\/\S+:)?(?:no such (?:device|partition)|unknown filesystem|file `[^']*' not found).*|grub rescue>.*)/,
    // SeaBIOS halts, unless it adds `Retrying in … seconds`, and then it restarts.
    final:
      /^\W{0,8}(?:No bootable device\. *$|BdsDxe: No bootable option or device was found\.|grub rescue> )/,
  },
  {
    // init/do_mounts.c; dracut-initqueue.sh and its hooks; initramfs-tools' scripts/local.
    kind: 'no-root',
    line: /(?:VFS: (?:Unable to mount root fs on|Cannot open root device) .*|dracut-initqueue(?:\[\d+\])?: (?:Warning: )?(?:dracut-initqueue(?: timeout|:)|Could not boot).*|Warning: \/dev\/\S+ does not exist|ALERT! .* does not exist\..*|Gave up waiting for (?:root|suspend).*device.*)/,
  },
  {
    // systemd's emergency.service, dracut's emergency shell, util-linux' sulogin; the shells of initramfs-tools,
    // mkinitcpio and Alpine's mkinitfs.
    kind: 'emergency-shell',
    line: /(?:You are in (?:emergency|rescue) mode.*|Entering emergency mode\. .*|(?:Press Enter|Give root password) for (?:system )?maintenance.*|Cannot open access to console, the root account is locked.*|^\(initramfs\) .*|.*dropped into an emergency shell.*|.*emergency recovery shell launched.*)/,
    // `Press Enter for emergency shell or wait 5 minutes for reboot` (Ignition) is none of them.
    final:
      /(?:^\W{0,8}You are in (?:emergency|rescue) mode\.|^\W{0,8}Entering emergency mode\. Exit the shell to continue|^\W{0,8}(?:Press Enter|Give root password) for (?:system )?maintenance|^\(initramfs\) |You are now being dropped into an emergency shell|initramfs emergency recovery shell launched)/,
  },
  {
    // Services that a VMI needs to become ready: the guest agent, and cloud-init, which sets the password and installs
    // the agent.
    kind: 'service-failed',
    line: new RegExp(
      `(?:${FAILED}(?:[Cc]loud-init|cloud-(?:init|config|final)|QEMU Guest Agent|qemu-guest-agent|Initial cloud-init|Cloud-init|Execute cloud user|Apply the settings specified in cloud-config).*|` +
        String.raw`cloud-init\[\d+\]: .*(?:Traceback|ERROR|CRITICAL|failed running|Failed loading yaml).*)`,
    ),
  },
]
