import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { CONFIG_MAP, ScriptedLab, type SuiteEnd } from './scripted-lab.fixture.ts'
import { RunAhead } from './run-ahead.fixture.ts'

/** The phases of a run before its end, as the suite prints them. */
const PHASES = [
  'check the preconditions',
  'create the VMIs',
  'boot the guests',
  'log in',
  'isolate the CPUs, reboot',
  'bind the ports, count the hugepages',
  'start testpmd and the traffic generator',
  'probe the path',
  'clear the counters',
  'send packets',
  'collect the results',
] as const

const AT_ONCE = 3

interface Interrupted {
  readonly end: SuiteEnd
  readonly leftovers: readonly string[]
}

async function interrupt(phase: string, signal: NodeJS.Signals): Promise<Interrupted> {
  await using lab = await ScriptedLab.start()
  const suite = await lab.startSuite()
  await suite.said(`${phase} …`)
  suite.process.kill(signal)
  const end = await suite.end()
  return { end, leftovers: lab.leftovers() }
}

/** Other moments, with what the run needs to come to them. Its verdict is known at the last three. */
const MOMENTS: readonly Moment[] = [
  { at: 'claim the ConfigMap …', isClaimed: false },
  { at: 'wait for the links …' },
  { at: 'search for the capacity …', asked: { capacity: 'quick' } },
  { at: 'measure the latency …', asked: { latency: 'true' } },
  { at: 'soak …', asked: { soak: '1m' } },
  { at: "boot the nodes' guests …", asked: { nodes: 'lab-node-1,lab-node-2', pairs: 'ring' } },
  { at: 'measure between the nodes …', asked: { nodes: 'lab-node-1,lab-node-2', pairs: 'ring' } },
  { at: 'find out why …', lossy: true, verdict: 'failed' },
  { at: 'remove the testbed …', verdict: 'passed' },
  { at: 'remove the testbed: done', verdict: 'passed' },
]

interface Moment {
  readonly at: string
  readonly asked?: Readonly<Record<string, string>>
  readonly lossy?: boolean
  /** Default: the run was interrupted before it had one. */
  readonly verdict?: 'error' | 'failed' | 'passed'
  readonly isClaimed?: boolean
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  describe(`${signal} during the checkup`, () => {
    const runs = new RunAhead<string, Interrupted>(AT_ONCE, (phase) => interrupt(phase, signal))

    for (const phase of PHASES) {
      const title = `in the phase "${phase}" ends with reports and status, and leaves nothing behind`
      runs.it(phase, title, ({ end, leftovers }) => {
        expect(end.exitCode, end.output).to.equal(2)
        expect(leftovers, end.output).to.deep.equal([])
        expect(end.data, end.output).to.include({
          'status.succeeded': 'false',
          'status.result.verdict': 'error',
        })
        expect(end.data?.['status.failureReason'], end.output).to.include(`interrupted by ${signal}`)
        expect(end.data?.['status.completionTimestamp']).to.match(/^\d{4}-/)
        expect(end.junit).to.include('<testsuite').and.include(`interrupted by ${signal}`)
        const causes = end.report?.diagnosis?.causes.map(({ id }) => id)
        expect(causes, end.output).to.deep.equal(['run-interrupted'])
      })
    }
  })
}

describe('a signal at any other moment of the checkup', () => {
  const runs = new RunAhead<Moment, Interrupted>(AT_ONCE, async (moment) => {
    const { at, asked = {}, lossy = false } = moment
    // One signal each: the run does not tell them apart.
    const signal = MOMENTS.indexOf(moment) % 2 === 0 ? 'SIGTERM' : 'SIGINT'
    const named = Object.entries(asked).map(([name, value]): [string, string] => [
      `spec.param.${name}`,
      value,
    ])
    await using lab = await ScriptedLab.start({
      parameters: { ...Object.fromEntries(named), 'spec.timeout': '15m' },
      ...(lossy ? { scripted: { links: { lostToVm: 0.01 } } } : {}),
    })
    const suite = await lab.startSuite()
    await suite.said(at)
    suite.process.kill(signal)
    return { end: await suite.end(), leftovers: lab.leftovers() }
  })

  for (const moment of MOMENTS) {
    const { at, verdict = 'error', isClaimed = true } = moment
    const what = verdict === 'error' ? 'an error' : `the verdict ${verdict}`
    runs.it(
      moment,
      `at "${at}" ends it with ${what}, its reports, and nothing left`,
      ({ end, leftovers }) => {
        const { exitCode, output, data, report, junit } = end
        expect(exitCode, output).to.equal({ passed: 0, failed: 1, error: 2 }[verdict])
        expect(leftovers, output).to.deep.equal([])
        expect(report?.verdict, output).to.equal(verdict)
        expect(junit).to.include('<testsuite')
        if (isClaimed)
          expect(data, output).to.include({
            'status.result.verdict': verdict,
            // Without the name nobody finds the reports of a Job whose pod is gone.
            'status.result.reportConfigMap': `${CONFIG_MAP}-report`,
          })
        expect(output.trimEnd().split('\n').at(-1)).to.equal(`Exit code ${exitCode}`)
      },
    )
  }
})

describe('a terminal that is closed during the checkup', () => {
  it('ends the run as a signal does, though nothing can be said any more', async () => {
    await using lab = await ScriptedLab.start()
    const suite = await lab.startSuite()
    await suite.said('send packets …')
    suite.process.stdout?.destroy()
    suite.process.stderr?.destroy()
    suite.process.kill('SIGHUP')
    const { exitCode, data, junit } = await suite.end()
    expect(exitCode).to.equal(2)
    expect(data?.['status.failureReason']).to.include('interrupted by SIGHUP')
    expect(junit).to.include('<testsuite')
    expect(lab.leftovers()).to.deep.equal([])
  })
})

describe('output that nobody reads any more (npx mocha | head)', () => {
  it('ends the run as a signal does', async () => {
    await using lab = await ScriptedLab.start()
    const suite = await lab.startSuite()
    await suite.said('boot the guests …')
    suite.process.stdout?.destroy()
    suite.process.stderr?.destroy()
    const { exitCode, data, junit } = await suite.end()
    expect(exitCode).to.equal(2)
    expect(data?.['status.failureReason']).to.include('interrupted by a broken pipe')
    expect(junit).to.include('<testsuite')
    expect(lab.leftovers()).to.deep.equal([])
  })
})

describe('SIGTERM while the ConfigMap is being claimed', () => {
  it('writes the status where the claim was made, though its answer had not come', async () => {
    const late = { request: /^PUT \S*configmaps/, times: 1, fault: { late: 1000 } }
    await using lab = await ScriptedLab.start({ api: [late] })
    const suite = await lab.startSuite()
    while (lab.configMapData()?.['status.startTimestamp'] === undefined) await sleep(5)
    suite.process.kill('SIGTERM')
    const { exitCode, data, output } = await suite.end()
    expect(exitCode, output).to.equal(2)
    expect(data).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'error' })
    expect(data?.['status.failureReason']).to.include('interrupted by SIGTERM')
  })
})

describe('SIGTERM while the cluster takes its time', () => {
  /** Later than every timeout. */
  const LATE_MS = 150_000

  const SLOW = [
    { what: 'to create a VMI', phase: 'create the VMIs', request: /^POST \S*virtualmachineinstances$/ },
    { what: 'to delete a VMI', phase: 'remove the testbed', request: /^DELETE \S*virtualmachineinstances/ },
  ] as const

  const runs = new RunAhead<(typeof SLOW)[number], SuiteEnd>(SLOW.length, async ({ phase, request }) => {
    await using lab = await ScriptedLab.start({ api: [{ request, fault: { late: LATE_MS } }] })
    const suite = await lab.startSuite()
    await suite.said(`${phase} …`)
    suite.process.kill('SIGTERM')
    return await suite.end()
  })

  for (const slow of SLOW) {
    const title = `${slow.what} writes the status in the time that is left, and names what may be left behind`
    runs.it(slow, title, ({ data, report, output }) => {
      const teardown = report?.phases.find(({ name }) => name === 'remove the testbed')
      // The suite aborts the request long before the answer comes.
      expect(teardown?.duration, output).to.be.below(LATE_MS / 2)
      expect(data, output).to.include.keys('status.completionTimestamp')
      expect(data, output).to.include({ 'status.succeeded': 'false' })
      expect(report?.leftovers.join(), output).to.include('VirtualMachineInstance target/')
    })
  }
})
