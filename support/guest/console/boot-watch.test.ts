import { expect } from 'chai'
import { BootWatch } from './boot-watch.ts'

/** What a watch tells of a boot, whose output comes at once and character by character. */
function told(output: string): string | undefined {
  const [atOnce, inPieces] = [[output], Array.from(output)].map((pieces) => {
    const watch = new BootWatch({ isBooting: true })
    return pieces.map((piece) => watch.see(Buffer.from(piece))).find((text) => text !== undefined)
  })
  expect(inPieces).to.equal(atOnce)
  return atOnce
}

describe('the watch over a boot', () => {
  for (const output of [
    '[    1.9] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009 ]---\r\n',
    '---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n',
    'Boot failed: not a bootable disk\r\n\r\nNo bootable device.\r\n',
    '\x1b[2J\x1b[01;01HNo bootable device.\r\n',
    'BdsDxe: No bootable option or device was found.\r\nBdsDxe: Press any key to enter the Boot Manager Menu.',
    'error: unknown filesystem.\r\nEntering rescue mode...\r\ngrub rescue> ',
    'Entering emergency mode. Exit the shell to continue.\r\nType "journalctl" to view system logs.\r\n',
    'You are in emergency mode. After logging in, type "journalctl -xb" to view\r\n',
    'Give root password for maintenance\r\n(or press Control-D to continue): ',
    '\x1b[1mPress Enter for maintenance\x1b[0m',
    'ALERT!  LABEL=root does not exist.  Dropping to a shell!\r\n\r\n\r\nBusyBox v1.35\r\n(initramfs) ',
    'ERROR: device not found\r\nYou are now being dropped into an emergency shell.\r\nsh: can’t access tty',
  ])
    it(`ends at ${JSON.stringify(output.slice(0, 70))}`, () => {
      expect(told(output)).to.be.a('string')
    })

  for (const [why, output] of [
    [
      'restarts after its panic',
      '[    1.9] Kernel panic - not syncing: Fatal exception\r\n[    1.9] Rebooting in 10 seconds..\r\n',
    ],
    ['retries', 'No bootable device.  Retrying in 60 seconds.\r\n'],
    ['tries the network next', 'Boot failed: not a bootable disk\r\n\r\nBooting from ROM...\r\niPXE\r\n'],
    [
      'may find its root later',
      'dracut-initqueue[455]: Warning: dracut-initqueue timeout - starting timeout scripts\r\n',
    ],
    ['reboots by itself', 'Press Enter for emergency shell or wait 5 minutes for reboot.\r\n'],
    ['will reboot (panic=)', 'Rebooting automatically due to panic= boot argument\r\n'],
    [
      'has a target of that name',
      '[  OK  ] Reached target Emergency Mode.\r\n[  OK  ] Started Rescue Shell.\r\n',
    ],
    ['is up', 'vm login: '],
  ] as const)
    it(`goes on for a guest that ${why}`, () => {
      expect(told(output)).to.equal(undefined)
    })

  it('does not count what was before a restart', () => {
    const watch = new BootWatch({ isBooting: true })
    expect(watch.see(Buffer.from('No bootable device.\r\nSeaBIOS (version 1.16)\r\nBooting'))).to.equal(
      undefined,
    )
  })
})
