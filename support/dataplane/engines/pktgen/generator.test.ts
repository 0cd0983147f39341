import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import type { CommandResult } from '../../../guest/console/shell.ts'
import { FakeShell, soon } from '../../testing/fake-shell.ts'
import { answersTo, readTranscript } from '../../testing/transcript.ts'
import { PktgenGenerator } from './generator.ts'
import { findInterfaces } from './interfaces.ts'
import { NIC_COUNTERS } from './statistics.ts'
import { DEFAULT_FRAMES, IMIX } from '../../../model/frame.ts'
import { rejection } from '../rejection.fixture.ts'

const LOSSLESS = readTranscript('pktgen/rates-1k-to-50k.lossless.serial')
const LOSSY = readTranscript('pktgen/rates-5k-to-50k.lossy.serial')

const PCI = { east: '0000:06:00.0', west: '0000:07:00.0' }
const NICS = { east: 'enp6s0', west: 'enp7s0' }
const TARGET = '60:00:00:00:00:01'
const WEST_TARGET = '60:00:00:00:00:02'

/** A recorded `cat` of a device's file and of the NICs' counters, as `grep -H` shows them. */
function recordedReading(transcript: string, index: number): string {
  const device = answersTo(transcript, 'LAB# ', 'cat /proc/net/pktgen/enp6s0')[index] ?? ''
  const counters = transcript.split('LAB# for i in enp6s0 enp7s0;')[2 * index + 2] ?? ''
  return [
    ...device.split('\r\n').map((line) => `/proc/net/pktgen/enp6s0@0:${line}`),
    ...counters.split('\r\n').map((line) => {
      const [name = '', counter = '', count = ''] = line.split(' ')
      return `/sys/class/net/${name}/statistics/${counter}:${count}`
    }),
  ].join('\n')
}

function reading(
  nic: Record<string, number> = {},
  device?: { soFar: number; result: string; errors?: number },
): string {
  return [
    ...(device === undefined
      ? []
      : [
          `/proc/net/pktgen/enp6s0@0:     pkts-sofar: ${device.soFar}  errors: ${device.errors ?? 0}`,
          `/proc/net/pktgen/enp6s0@0:Result: ${device.result}`,
        ]),
    ...Object.values(NICS).flatMap((name) =>
      NIC_COUNTERS.map(
        (counter) => `/sys/class/net/${name}/statistics/${counter}:${nic[`${name} ${counter}`] ?? 0}`,
      ),
    ),
  ].join('\r\n')
}

/** A guest with pktgen on CPUs 0 to 7 and the given samples of its statistics. */
function guest(readings: readonly string[], other: Record<string, CommandResult | string> = {}): FakeShell {
  const left = [...readings]
  return new FakeShell({
    run: (line) => {
      const special = Object.entries(other).find(([piece]) => line.includes(piece))
      const next = () => (left.length > 1 ? left.shift() : left[0]) ?? ''
      if (line.includes('echo start'))
        return `${typeof special?.[1] === 'string' ? special[1] : ''}\n${next()}`
      if (special !== undefined) return special[1]
      if (line.includes('statistics/tx_packets')) return next()
      if (line.includes('/sys/bus/pci')) {
        return '0000:06:00.0 enp6s0\r\n0000:06:00.0 driver=virtio-pci\r\n0000:07:00.0 enp7s0\r\n0000:07:00.0 driver=virtio-pci'
      }
      if (line.includes('modprobe')) return 'kpktgend_0\nkpktgend_1\nkpktgend_6\nkpktgend_7\npgctrl'
      if (line.includes('/queues')) return '/sys/class/net/enp6s0/queues/tx-0'
      return ''
    },
  })
}

const generatorOn = (shell: FakeShell, now?: () => number, frames = DEFAULT_FRAMES) =>
  new PktgenGenerator({
    shell,
    pciAddresses: PCI,
    targetMacs: { east: TARGET, west: WEST_TARGET },
    cpus: [5, 6, 7],
    frames,
    flows: 1024,
    ...(now === undefined ? {} : { now }),
  })

const RUN = { packetsPerSecond: 10_000, duration: 10_000 }
const STARTING = reading({}, { soFar: 0, result: 'Starting' })

describe('pktgen generator', () => {
  it('sends, samples by one command, and tells how long it sent', async () => {
    const sending = reading(
      { 'enp6s0 tx_packets': 5000, 'enp7s0 rx_packets': 4990 },
      { soFar: 5010, result: 'Starting' },
    )
    const before = reading({ 'enp6s0 tx_packets': 60_000, 'enp7s0 rx_packets': 60_000 })
    const after = recordedReading(LOSSLESS, 2)
    const shell = guest([before, STARTING, sending.replaceAll(/:(5000|4990)\b/g, ':6$1'), after])
    const generator = generatorOn(shell)
    await generator.prepare(soon)
    await generator.clear(soon)
    await generator.start(RUN, soon)
    const typed = shell.typed.length
    const during = await generator.sample(soon)
    expect(shell.typed.length - typed).equals(1)
    expect(during).deep.equals({
      isSending: true,
      counters: { eastTx: 5000, eastRx: 0, westTx: 0, westRx: 4990, outputErrors: 0, inputErrors: 0 },
    })
    expect((await generator.sample(soon)).isSending).equals(false)
    expect((await generator.sample(soon)).counters).includes({
      eastTx: 100_000,
      westRx: 100_000,
      outputErrors: 0,
    })
    expect(await generator.stop(soon)).deep.equals({
      sentFor: 10_007.183,
      shortfall: [],
      counters: { eastTx: 100_000, eastRx: 0, westTx: 0, westRx: 100_000, outputErrors: 0, inputErrors: 0 },
    })
    expect(shell.typed.some((line) => line.includes('echo stop'))).equals(false)
    const asked = shell.typed.length
    expect(await generator.stop(soon, { isCounted: true })).has.property('sentFor', 10_007.183)
    expect(shell.typed.length).equals(asked)
  })

  it('tells of counters that went back, though they are above what they began with', async () => {
    const at = (packets: number) =>
      reading({ 'enp6s0 tx_packets': packets }, { soFar: 1, result: 'Starting' })
    const generator = generatorOn(guest([at(0), STARTING, at(900), at(40)]))
    await generator.prepare(soon)
    await generator.clear(soon)
    await generator.start(RUN, soon)
    await generator.sample(soon)
    const error = await generator.sample(soon).catch((thrown: unknown) => thrown)
    expect(error).has.property('code', 'counter-went-back')
  })

  it('tells how long it has been sending by the clock of its guest, where that says the time', async () => {
    const at = (seconds: string) => `uptime ${seconds}\r\n${reading({}, { soFar: 1, result: 'Starting' })}`
    const readings = [at('1.00'), at('91.40'), at('93.55'), STARTING, at('90.00')]
    const generator = generatorOn(guest(readings, { 'echo start': 'uptime 91.04' }))
    await generator.prepare(soon)
    await generator.clear(soon)
    await generator.start(RUN, soon)
    expect(await generator.sample(soon)).to.have.property('elapsed', 2510)
    expect(await generator.sample(soon)).not.to.have.property('elapsed')
    expect(await generator.sample(soon)).to.have.property('elapsed', 0)
  })

  it('sends from the first of the given CPUs that has a thread', async () => {
    const shell = guest([STARTING])
    const generator = generatorOn(shell)
    await generator.prepare(soon)
    await generator.start(RUN, soon)
    const setUp = shell.typed.find((line) => line.includes('add_device')) ?? ''
    expect(setUp).includes("echo 'add_device enp6s0@0' > /proc/net/pktgen/kpktgend_6")
    expect(setUp).includes("'count 100000' 'pkt_size 60' 'clone_skb 0' 'ratep 10000'")
    expect(setUp).includes(`'dst_mac ${TARGET}'`)
    // pktgen never sends to its udp_dst_max.
    expect(setUp).includes("'udp_dst_min 1026' 'udp_dst_max 2050'")
  })

  it('says so where it was too slow', async () => {
    const generator = generatorOn(guest([STARTING, recordedReading(LOSSLESS, 4)]))
    await generator.prepare(soon)
    await generator.start({ packetsPerSecond: 50_000, duration: 10_000 }, soon)
    expect(await generator.stop(soon)).deep.equals({
      sentFor: 28_187.839,
      shortfall: [
        'it sent 500,000 packets in 28.2s instead of 10s: 17,738 packets/s of the 50,000 requested',
        'its sending CPUs were 99.9 % busy, so they cannot send faster',
      ],
    })
  })

  it('has sent for as long as it was seen sending, whatever the clock of its guest says', async () => {
    const counts = { 'enp6s0 tx_packets': 100_000, 'enp7s0 rx_packets': 100_000 }
    const done = reading(counts, {
      soFar: 100_000,
      result: 'OK: 10000000(c1000000+d9000000) usec, 100000 (60byte,0frags)',
    })
    let now = 0
    const generator = generatorOn(guest([reading(), STARTING, STARTING, done]), () => now)
    await generator.prepare(soon)
    await generator.clear(soon)
    await generator.start(RUN, soon)
    now = 19_000
    expect(await generator.sample(soon)).has.property('isSending', true)
    now = 20_500
    expect(await generator.stop(soon)).deep.includes({
      sentFor: 19_000,
      shortfall: ['it sent 100,000 packets in 19s instead of 10s: 5,263 packets/s of the 10,000 requested'],
    })
  })

  it('stops where it still sends', async () => {
    const stopped = reading(
      {},
      { soFar: 300, result: 'OK: 3000000(c2000000+d1000000) usec, 300 (60byte,0frags)' },
    )
    const shell = guest([STARTING, STARTING, stopped])
    const generator = generatorOn(shell)
    await generator.prepare(soon)
    await generator.start(RUN, soon)
    const shortfall = [
      'it sent 300 of 100,000 packets in 3s instead of 10s: 100 packets/s of the 10,000 requested',
    ]
    expect(await generator.stop(soon)).deep.equals({ sentFor: 3000, shortfall })
    expect(shell.typed.some((line) => line.startsWith('echo stop > /proc/net/pktgen/pgctrl'))).equals(true)
  })

  it('counts packets that did not get onto the wire, once, and only when sending is over', async () => {
    const counters = {
      'enp6s0 tx_packets': 990,
      'enp6s0 tx_dropped': 10,
      'enp7s0 rx_packets': 950,
      // LLDP frames, for which the kernel has no protocol handler.
      'enp6s0 rx_dropped': 7,
      'enp7s0 rx_dropped': 30,
      'enp7s0 rx_missed_errors': 5,
    }
    const during = reading({ 'enp6s0 tx_packets': 990 }, { soFar: 1000, result: 'Starting' })
    const over = reading(counters, {
      soFar: 1000,
      errors: 2,
      result: 'OK: 100000(c90000+d10000) usec, 1000 (60byte,0frags)',
    })
    const generator = generatorOn(guest([reading(), STARTING, during, over]))
    await generator.prepare(soon)
    await generator.clear(soon)
    await generator.start(RUN, soon)
    expect((await generator.sample(soon)).counters).includes({ outputErrors: 0 })
    expect((await generator.sample(soon)).counters).deep.equals({
      eastTx: 990,
      eastRx: 0,
      westTx: 0,
      westRx: 950,
      outputErrors: 12,
      inputErrors: 35,
    })
  })

  it('reads what came back of a lossy run', async () => {
    const generator = generatorOn(guest([recordedReading(LOSSY, 0), STARTING, recordedReading(LOSSY, 1)]))
    await generator.prepare(soon)
    await generator.clear(soon)
    await generator.start(RUN, soon)
    expect((await generator.sample(soon)).counters).includes({
      eastTx: 100_000,
      westRx: 97_040,
      inputErrors: 0,
    })
  })

  it('reads links', async () => {
    const links = '/sys/class/net/enp6s0/carrier:1\r\n/sys/class/net/enp7s0/carrier:0'
    const generator = generatorOn(guest([reading()], { carrier: { output: links, exitCode: 0 } }))
    await generator.prepare(soon)
    expect(await generator.links(soon)).deep.equals({ east: 'up', west: 'down' })
  })

  it('names the driver that holds a port', async () => {
    const shell = guest([], { '/sys/bus/pci': '0000:06:00.0 driver=vfio-pci\n0000:07:00.0 enp7s0' })
    const error = await rejection(findInterfaces(shell, PCI, soon))
    expect(error).includes({ code: 'no-interface' })
    expect(error.message).includes('no network interface at 0000:06:00.0: it is bound to vfio-pci')
  })

  it('says so where the kernel has no pktgen, or no thread on the CPUs given', async () => {
    const without = guest([], {
      modprobe: { output: 'modprobe: FATAL: Module pktgen not found', exitCode: 1 },
    })
    expect(await rejection(generatorOn(without).prepare(soon))).includes({ code: 'engine-not-available' })
    const elsewhere = guest([], { modprobe: 'kpktgend_0\npgctrl' })
    expect((await rejection(generatorOn(elsewhere).prepare(soon))).message).includes('for none of 5, 6, 7')
  })

  it('does not pretend to send', async () => {
    const refused = reading({}, { soFar: 0, result: 'OK: udp_dst_max=2050' })
    const generator = generatorOn(guest([reading(), refused]))
    await generator.prepare(soon)
    await generator.clear(soon)
    expect(await rejection(generator.start(RUN, soon))).includes({ code: 'generator-did-not-start' })
  })

  it('refuses counters that are missing or are none', async () => {
    for (const spoil of [
      (text: string) => text.replace(/.*rx_missed_errors.*/, ''),
      (text: string) => text.replace('tx_packets:0', 'tx_packets:-4'),
    ]) {
      const generator = generatorOn(guest([spoil(reading())]))
      await generator.prepare(soon)
      expect(await rejection(generator.clear(soon))).includes({ code: 'unparsable' })
    }
  })
})

describe('frames of several sizes', () => {
  it('are refused for a mix of sizes if the kernel does not support imix_weights', async () => {
    const refused = {
      output: 'bash: echo: write error: Invalid argument\nrefused: imix_weights',
      exitCode: 1,
    }
    const shell = guest([reading()], { imix_weights: refused })
    const error = await rejection(generatorOn(shell, undefined, IMIX).prepare(soon))
    expect(error).includes({ code: 'engine-not-available' })
    expect(error.message).includes('cannot send frames of several sizes')
  })
})

describe('pktgen in both directions', () => {
  const BOTH = { ...RUN, from: ['east', 'west'] as const }

  it('sends from each port to the port on the same network', async () => {
    const shell = guest([reading()])
    const generator = generatorOn(shell)
    await generator.prepare(soon)
    await rejection(generator.start(BOTH, soon))
    const added = shell.typed.filter((line) => line.includes('add_device'))
    expect(added).length(2)
    expect(added[0])
      .includes("'add_device enp6s0@0' > /proc/net/pktgen/kpktgend_6")
      .includes(`'dst_mac ${TARGET}'`)
    expect(added[1]).includes("'add_device enp7s0@0' > /proc/net/pktgen/kpktgend_7")
    expect(added[1]).includes(`'dst_mac ${WEST_TARGET}'`).includes("'src_min 10.0.0.1'")
  })

  it('removes the devices that would send as well', async () => {
    const starting = (...devices: readonly string[]) =>
      [
        ...devices.flatMap((device) => [
          `/proc/net/pktgen/${device}:     pkts-sofar: 0  errors: 0`,
          `/proc/net/pktgen/${device}:Result: Starting`,
        ]),
        reading(),
      ].join('\r\n')
    const shell = guest([starting('enp6s0@0', 'enp7s0@0'), starting('enp6s0@0')])
    const generator = generatorOn(shell)
    await generator.prepare(soon)
    await generator.start(BOTH, soon)
    const typed = shell.typed.length
    await generator.start(RUN, soon)
    const later = shell.typed.slice(typed)
    expect(later.some((line) => line.includes('rem_device_all > /proc/net/pktgen/kpktgend_7'))).equals(true)
    expect(later.some((line) => line.includes('add_device enp7s0'))).equals(false)
  })
})

describe('the commands typed for pktgen', () => {
  it('are what a shell understands', async () => {
    const shell = guest([reading(), STARTING, STARTING, STARTING])
    const generator = generatorOn(shell)
    await generator.prepare(soon)
    await generator.links(soon)
    await generator.clear(soon)
    await generator.start(RUN, soon)
    await generator.stop(soon)
    for (const line of shell.typed) {
      const { status, stderr } = spawnSync('bash', ['-n', '-c', line], { encoding: 'utf8' })
      expect(status, `${line}\n${stderr}`).equals(0)
    }
  })
})
