/**
 * The console commands and guest programs of the checkup's predecessor, in its order; the simulation must support
 * them.
 */
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import type { GuestRuntime, GuestSpec, RunningGuest } from '../guest-runtime.ts'
import { Screen } from './screen.fixture.ts'
import { createScriptedRuntime, SCRIPTED_DISKS } from './scripted-runtime.ts'

const PROMPT = '[root@localhost ~]# '
const READY = '/tmp/ready-marker'
const PACKETS = 1000
const MACS = {
  generator: { east: '50:00:00:00:00:01', west: '50:00:00:00:00:02' },
  vm: { east: '60:00:00:00:00:01', west: '60:00:00:00:00:02' },
} as const

/**
 * Isolates CPUs and reboots once; a marker on the disk identifies the second boot. Leaves a file with a SELinux
 * label.
 */
const BOOT_SCRIPT = `#!/bin/bash
set -x
marker=/var/isolated-marker
if [ ! -f "$marker" ]; then
  echo "isolated_cores=2-7" > /etc/tuned/cpu-partitioning-variables.conf
  tuned-adm profile cpu-partitioning
  touch $marker
  reboot
  exit 0
fi
driverctl set-override 0000:06:00.0 vfio-pci
driverctl set-override 0000:07:00.0 vfio-pci
touch ${READY}
chcon -t virt_qemu_ga_exec_t ${READY}
`

/** One packet per direction; an imported module holds their addresses. */
const PROFILE = `from trex_stl_lib.api import *
from addresses import *

class Streams(object):
    def stream(self, direction):
        if direction == 0:
            packet = Ether(dst=to_east)/IP()/UDP()
        else:
            packet = Ether(dst=to_west)/IP()/UDP()
        return STLStream(packet=STLPktBuilder(pkt=packet), mode=STLTXCont())

    def get_streams(self, direction=0, **kwargs):
        return [self.stream(direction) for i in range(4)]

def register():
    return Streams()
`

const TREX_FILES = {
  'trex.service': '[Service]\nWorkingDirectory=/opt/trex\nExecStart=/opt/trex/run\n',
  run: '#!/usr/bin/env bash\n./t-rex-64 -i -c 4\n',
  'trex_cfg.yaml': `- port_limit: 2
  version: 2
  interfaces: ["0000:06:00.0", "0000:07:00.0"]
  port_bandwidth_gb: 10
  platform:
    master_thread_id: 2
    latency_thread_id: 3
    dual_if:
      - socket: 0
        threads: [4,5,6,7]
`,
  'profile.py': PROFILE,
  'addresses.py': `# of the VM under test\nto_east = "${MACS.vm.east}"\nto_west = "${MACS.vm.west}"\n`,
}
const TREX_COMMANDS = [
  'cp /mnt/app-config/trex.service /etc/systemd/system',
  'cp /mnt/app-config/run /opt/trex',
  'chmod 744 /opt/trex/run',
  'cp /mnt/app-config/trex_cfg.yaml /etc',
  'mkdir -p /opt/tests',
  'cp /mnt/app-config/*.py /opt/tests',
]

function spec(role: 'generator' | 'vm'): GuestSpec {
  const isGenerator = role === 'generator'
  const bootcmd = [
    'mkdir /mnt/app-config',
    "mount /dev/$(lsblk --nodeps -no name,serial | grep DEADBEEF | cut -f1 -d' ') /mnt/app-config",
    ...(isGenerator ? TREX_COMMANDS : []),
    'cp /mnt/app-config/checkup-boot.sh /usr/bin/',
    'chmod 744 /usr/bin/checkup-boot.sh',
    '/usr/bin/checkup-boot.sh',
  ]
  const userData = `#cloud-config\nbootcmd:\n${bootcmd.map((line) => `  - ${JSON.stringify(line)}\n`).join('')}`
  const files = { 'checkup-boot.sh': BOOT_SCRIPT, ...(isGenerator ? TREX_FILES : {}) }
  const nic = (side: 'east' | 'west', pciAddress: string) => ({
    name: `nic-${side}`,
    mac: MACS[role][side],
    pciAddress,
    wire: `ns/net/nic-${side}`,
  })
  return {
    id: role,
    bootDisk: isGenerator ? SCRIPTED_DISKS.trafficGenerator : SCRIPTED_DISKS.vmUnderTest,
    cpu: { sockets: 1, cores: 4, threads: 2 },
    memoryMiB: 4096,
    nics: [nic('east', '0000:06:00.0'), nic('west', '0000:07:00.0')],
    dataDisks: [
      { name: 'cloud-init', label: 'cidata', files: { 'user-data': userData, 'meta-data': '{}' } },
      { name: 'config', serial: 'DEADBEEF', files },
    ],
  }
}

describe("the predecessor's sequence of console commands", function () {
  let runtime: GuestRuntime | undefined

  afterEach(async () => {
    await runtime?.[Symbol.asyncDispose]()
  })

  /** Boots until the boot script has rebooted and finished. The probe then finds its file. */
  async function bootTwice(role: 'generator' | 'vm'): Promise<{ guest: RunningGuest; screen: Screen }> {
    const guest = await started(runtime).start(spec(role), new AbortController().signal)
    const screen = new Screen(guest)
    await screen.until('reboot: Restarting system')
    await screen.until('localhost login: ')
    expect((await guest.agent?.exec('/usr/bin/cat', [READY], 1000))?.exitCode).to.equal(0)
    return { guest, screen }
  }

  /** Types lines and the user name ahead, and the password at its prompt. */
  async function logIn(screen: Screen): Promise<void> {
    screen.send('\n\n\n\n')
    screen.send('root\nroot\n')
    await screen.until('Password: ')
    await answer(screen, 'redhat', PROMPT)
    await answer(screen, 'stty cols 160 rows 50', PROMPT)
    expect(await answer(screen, 'echo $?', PROMPT)).to.equal('echo $?\r\n0\r\n')
    await answer(screen, 'dmesg -n 1', PROMPT)
    expect(await answer(screen, 'echo $?', PROMPT)).to.equal('echo $?\r\n0\r\n')
  }

  async function answer(screen: Screen, line: string, prompt: string): Promise<string> {
    screen.send(`${line}\n`)
    return screen.until(prompt)
  }

  it('boots, logs in, forwards and sends, every line echoed as it was typed', async () => {
    runtime = createScriptedRuntime({ bootTime: 10, profile: 'centos' })
    const [vm, generator] = await Promise.all([bootTwice('vm'), bootTwice('generator')])
    await Promise.all([logIn(vm.screen), logIn(generator.screen)])

    expect(await answer(vm.screen, 'cat /proc/cmdline', PROMPT)).to.include('nohz_full=2-7')

    const testpmd =
      'dpdk-testpmd --lcores 0@2-3,1@4,2@5,3@6,4@7 -a 0000:06:00.0 -a 0000:07:00.0 --socket-mem 1024 ' +
      '--huge-dir /mnt/huge -- -i --nb-cores=4 --rxd=2048 --txd=2048 --rxq=4 --txq=4 --forward-mode=mac ' +
      `--eth-peer=0,${MACS.generator.east} --eth-peer=1,${MACS.generator.west}`
    expect(await answer(vm.screen, testpmd, 'testpmd> ')).to.include(testpmd)
    await answer(vm.screen, 'start', 'testpmd> ')
    await answer(vm.screen, 'clear fwd stats all', 'testpmd> ')

    const trex = async (command: string, option = '') => {
      const line = `cd /opt/trex && echo "${command}" | ./trex-console${option}`
      const shown = await answer(generator.screen, line, '# ')
      expect(shown).to.include(line)
      return stripVTControlCharacters(shown).replaceAll('\r', '')
    }
    await answer(generator.screen, 'systemctl start trex.service', PROMPT)
    let help = ''
    while (!help.includes('Console Commands')) help = await trex('help')
    expect(help).not.to.include('[FAILED]')
    expect(await trex('clear')).to.include('[SUCCESS]')
    const start = await trex(`start -f /opt/tests/profile.py -m ${PACKETS}pps -p 0 -d 1`)
    expect(start).to.include('Attaching 4 streams').and.not.include('[FAILED]')

    let sent = ''
    while (!sent.includes(`"opackets": ${PACKETS}`)) sent = await trex('verbose on;stats --port 0 -p', ' -q')
    expect(await trex('verbose on;stats -g', ' -q')).to.include('[verbose] Server Response:\n\n')
    expect(await trex('verbose on;stats --port 1 -p', ' -q')).to.include(`"ipackets": ${PACKETS}`)
    const forwarded = await answer(vm.screen, 'show fwd stats all', 'testpmd> ')
    expect(forwarded).to.match(new RegExp(`RX-packets: ${PACKETS} +RX-dropped: 0 +RX-total: ${PACKETS}`))
  })
})

function started(runtime: GuestRuntime | undefined): GuestRuntime {
  if (runtime === undefined) throw new Error('no runtime was created')
  return runtime
}
