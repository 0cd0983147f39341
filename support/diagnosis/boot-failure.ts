/** Finds on a guest's console why it did not boot completely. */
import type { BootFailure, BootFailureKind } from './findings.ts'
import { fit, lastLines } from './excerpt.ts'

/** Number of characters at the end of the text that are searched. */
const ENOUGH = 300_000
const MOST_LINES = 5000
/** Number of lines kept before and after the one that shows the failure. */
const [BEFORE, AFTER] = [8, 6]

/** systemd's message about a unit, with or without colours. */
const FAILED = String.raw`\[ *FAILED *\] Failed to start .{0,10}`

/** The order matters: a missing root file system also ends in an emergency shell. */
const SIGNS: readonly { readonly kind: BootFailureKind; readonly line: RegExp }[] = [
  {
    // SeaBIOS (src/boot.c), EDK II's BdsDxe, GRUB (grub-core/kern/disk.c and rescue_reader.c).
    kind: 'no-boot-disk',
    line: /^\W{0,8}(?:No bootable device\.?|Boot failed: not a bootable disk|Boot failed: could not read the boot disk|BdsDxe: No bootable option or device was found\.?|BdsDxe: failed to (?:load|start) Boot\d{4} .*|error: (?:\.\.\/\S+:)?(?:no such (?:device|partition)|unknown filesystem|file `[^']*' not found).*|grub rescue>.*)/,
  },
  {
    // init/do_mounts.c; dracut-initqueue.sh and its hooks; initramfs-tools' scripts/local.
    kind: 'no-root',
    line: /(?:VFS: (?:Unable to mount root fs on|Cannot open root device) .*|dracut-initqueue(?:\[\d+\])?: (?:Warning: )?(?:dracut-initqueue(?: timeout|:)|Could not boot).*|Warning: \/dev\/\S+ does not exist|ALERT! .* does not exist\..*|Gave up waiting for (?:root|suspend).*device.*)/,
  },
  {
    // systemd's emergency.service, dracut's emergency shell, util-linux' sulogin.
    kind: 'emergency-shell',
    line: /(?:You are in (?:emergency|rescue) mode.*|Entering emergency mode\. .*|(?:Press Enter|Give root password) for (?:system )?maintenance.*|Cannot open access to console, the root account is locked.*)/,
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

/** Undefined if the text shows no failure, or if a login prompt follows, because then the guest has booted. */
export function bootFailureIn(text: string): BootFailure | undefined {
  const end = text.slice(-ENOUGH)
  const all = lastLines(end, MOST_LINES)
  const last = lastLines(end.slice(end.lastIndexOf(' login: ') + 1), MOST_LINES)
  for (const { kind, line } of SIGNS) {
    // The login prompt appears even if a service has failed.
    const lines = kind === 'service-failed' ? all : last
    const at = lines.findIndex((one) => line.test(one))
    const words = line.exec(lines[at] ?? '')?.[0]
    if (words === undefined) continue
    return {
      kind,
      sentence: fit(words, 200),
      lines: lines.slice(Math.max(0, at - BEFORE), at + AFTER),
    }
  }
  return undefined
}
