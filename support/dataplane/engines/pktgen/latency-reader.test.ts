import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { SuiteError } from '../../../common/errors.ts'
import type { CommandResult } from '../../../guest/console/shell.ts'
import { DEFAULT_FRAMES } from '../../../model/frame.ts'
import { FakeShell, soon } from '../../testing/fake-shell.ts'
import { PktgenGenerator } from './generator.ts'
import { everyOf, latencyReader, parseReader } from './latency-reader.ts'
import { NIC_COUNTERS } from './statistics.ts'

const NICS = { east: 'enp6s0', west: 'enp7s0' }
/** Printed by the reader on Linux 6.18, on a pair of virtual Ethernet ports. */
const CAPTURED = `t1 received 197 dropped 0 duplicated 1 reordered 1
t1 range 1 1 117
t1 range 2 2 69
t1 range 3 3 3
t1 range 4 4 3
t1 range 5 5 1
t1 range 32 32 1
t1 range 3000 3099 2
t1 got 1 4
t1 got 8 99
t1 got 101 200
`

describe('the reader of pktgen’s time stamps', () => {
  it('tells percentiles and the packets that were lost, where it read each of them', () => {
    expect(parseReader(CAPTURED, { east: 't0', west: 't1' }, 1, { east: 200 })).deep.equals([
      {
        from: 'east',
        method: 'samples',
        received: 197,
        duplicated: 1,
        reordered: 1,
        sent: 200,
        lost: [
          { first: 5, last: 7 },
          { first: 100, last: 100 },
        ],
        figures: {
          measured: 196,
          min: 1,
          max: 3099,
          percentiles: [
            { percent: 50, atLeast: 1, atMost: 1 },
            { percent: 90, atLeast: 2, atMost: 2 },
            { percent: 99, atLeast: 3000, atMost: 3099 },
          ],
        },
      },
    ])
  })

  it('knows neither order nor losses between the packets that it read', () => {
    const [reading] = parseReader(CAPTURED, { east: 't0', west: 't1' }, 16, { east: undefined })
    expect(reading).includes({ received: 197, duplicated: 1 }).and.not.any.keys('reordered', 'lost', 'sent')
    const dropped = CAPTURED.replace('dropped 0', 'dropped 9')
    const [late] = parseReader(dropped, { east: 't0', west: 't1' }, 1, { east: 200 })
    expect(late).not.any.keys('reordered', 'lost')
  })

  it('tells that all were lost', () => {
    const nothing = 't1 received 0 dropped 0 duplicated 0 reordered 0\n'
    const [reading] = parseReader(nothing, { east: 't0', west: 't1' }, 1, { east: 200 })
    expect(reading).deep.includes({ lost: [{ first: 1, last: 200 }] })
    expect(() => parseReader('python3: no', { east: 't0', west: 't1' }, 1, { east: 200 })).throws(
      SuiteError,
      /the reader's result of t1/,
    )
  })

  it('reads about a thousand packets per second', () => {
    expect([200, 1000, 1001, 8_000_000, 1e9].map(everyOf)).deep.equals([1, 1, 2, 8192, 65_536])
  })

  it('imports only what Debian’s python3-minimal has', () => {
    const imported = [...latencyReader().content.matchAll(/^(?:import|from) (\w+)/gm)].map(([, name]) => name)
    const minimal = ['array', 'os', 'select', 'signal', 'socket', 'struct', 'sys', 'time']
    expect(imported).deep.equals(minimal)
  })

  it('is Python that compiles', function () {
    const compile = 'import sys; compile(sys.stdin.read(), "reader.py", "exec")'
    const { status, error, stderr } = spawnSync('python3', ['-c', compile], {
      input: latencyReader().content,
    })
    if (error !== undefined) this.skip()
    expect(status, String(stderr)).equals(0)
  })
})

describe('pktgen that measures latencies', () => {
  const statistics = (phase: string) =>
    [
      `/proc/net/pktgen/enp6s0@0:     pkts-sofar: 0  errors: 0`,
      `/proc/net/pktgen/enp6s0@0:Result: ${phase}`,
      ...Object.values(NICS).flatMap((name) =>
        NIC_COUNTERS.map((counter) => `/sys/class/net/${name}/statistics/${counter}:0`),
      ),
    ].join('\n')

  /** @param special answers to lines with these pieces */
  async function prepared(special: Record<string, CommandResult | string>) {
    const shell = new FakeShell({
      run: (line) => {
        const answer = Object.entries(special).find(([piece]) => line.includes(piece))
        if (answer !== undefined) return answer[1]
        if (/statistics\/tx_packets|echo start/.test(line)) return statistics('Starting')
        if (line.includes('/sys/bus/pci')) return '0000:06:00.0 enp6s0\n0000:07:00.0 enp7s0'
        return line.includes('modprobe') ? 'kpktgend_6' : ''
      },
    })
    const generator = new PktgenGenerator({
      shell,
      pciAddresses: { east: '0000:06:00.0', west: '0000:07:00.0' },
      targetMacs: { east: '60:00:00:00:00:01', west: '60:00:00:00:00:02' },
      cpus: [6],
      frames: DEFAULT_FRAMES,
      flows: 1024,
      measuresLatency: true,
    })
    await generator.prepare(soon)
    await generator.clear(soon)
    return { shell, generator }
  }
  const request = { packetsPerSecond: 8000, duration: 1000, latency: true }

  it('reads before it sends, at the port where packets come back', async () => {
    const told = CAPTURED.replaceAll('t1 ', 'enp7s0 ')
    const { shell, generator } = await prepared({ 'read-pktgen-latency stop': told })
    await generator.start(request, soon)
    const starts = shell.typed.map((line) => line.includes('start 8 1026 enp7s0'))
    expect(starts.indexOf(true)).within(
      0,
      shell.typed.findIndex((line) => line.includes('pgctrl')),
    )
    expect(await generator.latency(soon)).length(1)
    // The reader has ended.
    expect(await generator.latency(soon)).deep.equals([])
    await generator.start({ ...request, latency: false }, soon)
    expect(shell.typed.filter((line) => line.includes('read-pktgen-latency'))).length(2)
  })

  it('says once prepared that the image has no Python, and sends anyway', async () => {
    const { shell, generator } = await prepared({ 'command -v python3': { output: '', exitCode: 1 } })
    expect(generator.latencyProblem).includes('no python3').and.includes('fake guest')
    await generator.start(request, soon)
    expect(await generator.latency(soon)).deep.equals([])
    expect(shell.typed.join('\n')).not.includes('read-pktgen-latency')
  })

  it('sends anyway where the reader does not run, and says why', async () => {
    const refused = { output: 'PermissionError: Operation not permitted\n', exitCode: 1 }
    const { generator } = await prepared({ 'read-pktgen-latency start': refused })
    expect(generator.latencyProblem).equals(undefined)
    await generator.start(request, soon)
    expect(generator.latencyProblem).includes('PermissionError: Operation not permitted')
  })
})
