import { expect } from 'chai'
import { BOOT_MESSAGES } from '../../lab/guests/scripted/boot-messages.ts'
import { bootFailureIn } from './boot-failure.ts'

describe('why a guest does not boot', () => {
  for (const [kind, line] of [
    ['no-boot-disk', 'No bootable device.'],
    ['no-boot-disk', 'No bootable device.  Retrying in 60 seconds.'],
    ['no-boot-disk', 'Boot failed: could not read the boot disk'],
    ['no-boot-disk', 'BdsDxe: No bootable option or device was found.'],
    [
      'no-boot-disk',
      'BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x4): Not Found',
    ],
    ['no-boot-disk', 'error: no such device: 4f68bce3-e8cd-4db1-96e7-fbcaf984b709.'],
    ['no-boot-disk', 'error: ../../grub-core/kern/fs.c:121:unknown filesystem.'],
    ['no-boot-disk', 'grub rescue> '],
    ['no-root', '[    1.9] VFS: Cannot open root device "sda1" or unknown-block(0,0): error -6'],
    [
      'no-root',
      '[  128.1] dracut-initqueue[450]: Warning: dracut-initqueue timeout - starting timeout scripts',
    ],
    ['no-root', '[  128.1] dracut-initqueue[450]: Warning: dracut-initqueue: starting timeout scripts'],
    ['no-root', 'Warning: /dev/disk/by-uuid/fbf1c3fe does not exist'],
    ['no-root', 'ALERT!  UUID=fbf1c3fe-02ca-4347-93ae-458f0bce93a6 does not exist.  Dropping to a shell!'],
    ['no-root', 'Gave up waiting for root file system device.  Common problems:'],
    ['emergency-shell', 'You are in emergency mode. After logging in, type "journalctl -xb" to view'],
    ['emergency-shell', 'Entering emergency mode. Exit the shell to continue.'],
    ['emergency-shell', 'Press Enter for maintenance'],
    ['emergency-shell', 'Give root password for maintenance'],
    ['emergency-shell', 'Cannot open access to console, the root account is locked.'],
    ['service-failed', '[\x1b[0;1;31mFAILED\x1b[0m] Failed to start \x1b[0;1;39mQEMU Guest Agent\x1b[0m.'],
    ['service-failed', '[FAILED] Failed to start Initial cloud-init job (pre-networking).'],
    ['service-failed', '[   12.1] cloud-init[812]: Traceback (most recent call last):'],
  ] as const)
    it(`is ${kind}: ${JSON.stringify(line.slice(0, 70))}`, () => {
      expect(bootFailureIn(`Booting from Hard Disk...\r\n${line}\r\n`)?.kind).to.equal(kind)
    })

  for (const [what, kind] of [
    ['has no bootable disk', 'no-boot-disk'],
    ['finds no root file system', 'no-root'],
    ['panics as it boots', 'no-root'],
    ['drops to an emergency shell', 'emergency-shell'],
    ['fails in cloud-init', 'service-failed'],
  ] as const)
    it(`is ${kind} for a guest that ${what}, with the lines around it`, () => {
      const lines = BOOT_MESSAGES[what]
      const failure = bootFailureIn(`${lines.join('\r\n')}\r\n`)
      expect(failure?.kind).to.equal(kind)
      expect(failure?.lines.join('\n')).to.include(lines[0])
    })

  it('is not told of a boot that came to its login prompt, or of ordinary words', () => {
    for (const text of [
      '',
      '[  OK  ] Started QEMU Guest Agent.\r\n[  OK  ] Reached target Emergency Mode support.\r\nlocalhost login: ',
      '[    1.9] Warning: /dev/vdb does not exist\r\n\r\nlocalhost login: root\r\nPassword: \r\n# ',
      '# journalctl | grep "No bootable device"',
      'cloud-init[812]: Cloud-init v. 23.4 finished at Wed, 01 Jan 2025 00:00:00 +0000. Up 12.10 seconds',
    ])
      expect(bootFailureIn(text), text).to.equal(undefined)
  })
})
