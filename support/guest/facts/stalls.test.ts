import { expect } from 'chai'
import fc from 'fast-check'
import { CASES, hostileText } from '../../common/testing/hostile-text.ts'
import { FakeRoot } from '../testing/fake-root.ts'
import { within } from '../testing/limits.ts'
import { parseStalls, readStalls } from './stalls.ts'

const CPUS = [4, 5, 6, 7]
const TRACEFS = 'sys/kernel/tracing'
const WATCHED = { cpus: '4-7', watchedFor: 3000, thresholdMicroseconds: 5 }

/** In the format of the kernel's Documentation/trace/osnoise-tracer.rst; times and figures are our own. */
const PERIODS = `# tracer: osnoise
#
#                              ||||               RUNTIME      NOISE   % OF CPU  NOISE    +-----------------------------+
#           TASK-PID      CPU# ||||   TIMESTAMP    IN US       IN US  AVAILABLE  IN US     HW    NMI    IRQ   SIRQ THREAD
           <...>-1203    [004] ....   112.500101: 1000000         41  99.99590      17      0      0      4      0      0
           <...>-1204    [005] ....   112.500140: 1000000        655  99.93450     391      2      0      3      1      0
           <...>-1205    [006] ....   112.500162: 1000000         88  99.99120      88      3      0      0      0      0
`
const EVENTS: Readonly<Record<'irq' | 'host' | 'thread' | 'softirqs', string>> = {
  irq: `
       osnoise/5-1204    [005] d.h.   111.900412: irq_noise: virtio3-input.0:42 start 111.900011020 duration 388400 ns
       osnoise/5-1204    [005] ....   111.900413: sample_threshold: start 111.900010500 duration 391200 ns interferences 1
       osnoise/4-1203    [004] ....   111.950001: sample_threshold: start 111.949980000 duration 17000 ns interferences 0
`,
  // The host ran something else, and the tick was due when it came back.
  host: `
       osnoise/5-1204    [005] d.h.   111.700001: irq_noise: local_timer:236 start 111.699997000 duration 2100 ns
       osnoise/6-1205    [006] d.h.   111.910630: irq_noise: local_timer:236 start 111.910625000 duration 3900 ns
       osnoise/6-1205    [006] d..2.  111.910631: sample_threshold: start 111.910010000 duration 620000 ns interference 1
`,
  thread: `
       osnoise/7-1206    [007] d.h.   111.500009: irq_noise: IPI:253 start 111.500001000 duration 4000 ns
     kworker/7:0-85      [007] d...   111.500052: thread_noise: kworker/7:0:85 start 111.500006000 duration 45000 ns
       osnoise/7-1206    [007] ....   111.500053: sample_threshold: start 111.500000000 duration 53000 ns interferences 2
`,
  softirqs: `
       osnoise/7-1206    [007] ..s.   111.500032: softirq_noise: TIMER:1 start 111.500002000 duration 30000 ns
       osnoise/7-1206    [007] ..s.   111.500060: softirq_noise: RCU:9 start 111.500033000 duration 27000 ns
       osnoise/7-1206    [007] ....   111.500062: sample_threshold: start 111.500000000 duration 61000 ns interferences 2
`,
}

/** In the format of the kernel's Documentation/trace/ftrace.rst, section hwlat; figures are our own. */
const GAPS = `# tracer: hwlat
           <...>-1729  [004] d...   678.473449: #1     inner/outer(us):   11/12    ts:1764547483.343962693 count:6
           <...>-1729  [006] d...   689.556542: #2     inner/outer(us):   16/143   ts:1764547494.889008092 count:1
           <...>-1729  [005] dn..   690.143137: #3     inner/outer(us):   96/9     ts:1764547495.500132200 count:1 nmi-total:90 nmi-count:2
`

/** A guest whose tracer records this while it sleeps. */
async function guest(files: Record<string, string>, trace: string): Promise<FakeRoot> {
  const root = await FakeRoot.create({
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`${TRACEFS}/${name}`, text])),
    recorded: trace,
  })
  await root.program(
    'sleep',
    `cp $ROOT/recorded $ROOT/${TRACEFS}/trace; cat $ROOT/${TRACEFS}/current_tracer >$ROOT/traced`,
  )
  await root.program('mount', 'exit 32')
  return root
}

const FILES = {
  available_tracers: 'hwlat blk function_graph wakeup function nop\n',
  current_tracer: 'nop\n',
  tracing_cpumask: 'ff\n',
  tracing_thresh: '0\n',
  tracing_on: '1\n',
  trace: '# tracer: nop\n',
}
const WITH_OSNOISE = {
  ...FILES,
  available_tracers: 'timerlat osnoise hwlat blk function nop\n',
  'osnoise/cpus': '0-7\n',
  'events/osnoise/enable': '0\n',
  'events/osnoise/irq_noise/enable': '0\n',
}

describe('the stalls of polling CPUs', () => {
  const OSNOISE: readonly (readonly [string, string, object | undefined])[] = [
    ['nothing above the threshold', '# tracer: osnoise\n', undefined],
    ['an interrupt', EVENTS.irq, { cpu: 5, microseconds: 391.2, by: 'irq', name: 'virtio3-input.0:42' }],
    ['the host', EVENTS.host, { cpu: 6, microseconds: 620, by: 'hardware' }],
    ['a thread', EVENTS.thread, { cpu: 7, microseconds: 53, by: 'thread', name: 'kworker/7:0:85' }],
    ['softirqs', EVENTS.softirqs, { cpu: 7, microseconds: 61, by: 'softirq', name: 'TIMER:1' }],
    [
      'the longest of all',
      PERIODS + EVENTS.thread + EVENTS.host,
      { cpu: 6, microseconds: 620, by: 'hardware' },
    ],
    ['periods alone', PERIODS, { cpu: 5, microseconds: 391, by: 'unknown' }],
    ['one source alone', PERIODS.replace(/.*\[005\].*/, ''), { cpu: 6, microseconds: 88, by: 'hardware' }],
  ]
  for (const [what, trace, longest] of OSNOISE)
    it(`are those that osnoise recorded: ${what}`, async () => {
      await using root = await guest(WITH_OSNOISE, trace)
      const seen = await readStalls(root.shell, CPUS, within())
      expect(seen).to.deep.equal({
        tracer: 'osnoise',
        ...WATCHED,
        ...(longest === undefined ? {} : { longest }),
      })
      expect(await root.read('traced')).to.equal('osnoise\n')
      expect(await root.read(`${TRACEFS}/osnoise/cpus`)).to.equal('4-7\n')
    })

  it('are the longest of a trace too long to be printed', async () => {
    const tick = (index: number) =>
      `       osnoise/4-1203    [004] ....   ${100 + index}.000009: sample_threshold: start ${100 + index}.000000000 duration ${6000 + index} ns interferences 0\n`
    const ticks = Array.from({ length: 400 }, (_, index) => tick(index)).join('')
    await using root = await guest(WITH_OSNOISE, ticks + EVENTS.irq + ticks)
    const seen = await readStalls(root.shell, CPUS, within())
    expect(seen).to.deep.include({
      longest: { cpu: 5, microseconds: 391.2, by: 'irq', name: 'virtio3-input.0:42' },
    })
  })

  it('come from hwlat where there is no osnoise', async () => {
    await using root = await guest(FILES, GAPS)
    expect(await readStalls(root.shell, CPUS, within())).to.deep.equal({
      tracer: 'hwlat',
      ...WATCHED,
      longest: { cpu: 6, microseconds: 143, by: 'hardware' },
    })
    const ofNmis = GAPS.split('\n').filter((line) => !line.includes('#2'))
    expect(parseStalls(['watched hwlat', ...ofNmis].join('\n'), CPUS)).to.deep.include({
      longest: { cpu: 5, microseconds: 96, by: 'nmi' },
    })
  })

  it('leave the tracer as it was', async () => {
    await using root = await guest(WITH_OSNOISE, EVENTS.irq)
    await readStalls(root.shell, CPUS, within())
    const after = [
      'current_tracer',
      'tracing_cpumask',
      'tracing_thresh',
      'tracing_on',
      'events/osnoise/enable',
    ]
    const read = await Promise.all(after.map((name) => root.read(`${TRACEFS}/${name}`)))
    expect(read).to.deep.equal(['nop\n', 'ff\n', '0\n', '1\n', '0\n'])
  })

  const UNKNOWN: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ['no tracefs', {}, /^its kernel has no tracefs$/],
    [
      'other tracers only',
      { ...FILES, available_tracers: 'function nop\n' },
      /neither of the tracers osnoise and hwlat$/,
    ],
    [
      'a tracer that somebody uses',
      { ...FILES, current_tracer: 'function\n' },
      /already traces with "function"$/,
    ],
  ]
  for (const [what, files, why] of UNKNOWN)
    it(`are unknown with ${what}, and nothing is changed`, async () => {
      await using root = await guest(files, EVENTS.irq)
      const seen = await readStalls(root.shell, CPUS, within())
      expect('unknown' in seen ? seen.unknown : '').to.match(why)
      if ('current_tracer' in files)
        expect(await root.read(`${TRACEFS}/current_tracer`)).to.equal(files['current_tracer'])
    })

  it('are unknown where the kernel refuses to trace', () => {
    const refused = 'tracers osnoise nop\nrefused -bash: current_tracer: Operation not permitted\n'
    expect(parseStalls(refused, CPUS)).to.deep.equal({
      unknown: 'its kernel refuses to trace: "-bash: current_tracer: Operation not permitted"',
    })
  })

  it('are not blamed on the host where interruptions are missing in the list', () => {
    const stall =
      '  osnoise/7-1206 [007] ....   111.500062: sample_threshold: start 111.500000000 duration 600000 ns interferences 90'
    const others = Array.from(
      { length: 170 },
      (_, index) =>
        `  osnoise/4-1203 [004] d.h.   120.5: irq_noise: local_timer:236 start ${120 + index}.000000000 duration 6000 ns`,
    )
    const { longest } = parseStalls(['watched osnoise', stall, ...others].join('\n'), CPUS) as {
      longest: object
    }
    expect(longest).to.deep.equal({ cpu: 7, microseconds: 600, by: 'unknown' })
  })

  it('are what makes sense of any output', () => {
    const parts = fc.constantFrom('watched osnoise', 'watched hwlat', PERIODS, GAPS, ...Object.values(EVENTS))
    fc.assert(
      fc.property(fc.array(fc.oneof(hostileText, parts)), (texts) => {
        const seen = parseStalls(texts.join('\n'), CPUS)
        if ('unknown' in seen || seen.longest === undefined) return
        expect(CPUS).to.include(seen.longest.cpu)
        expect(seen.longest.microseconds).to.be.at.least(0)
      }),
      CASES,
    )
  })
})
