/**
 * Each readiness criterion with facts that meet it and facts that do not. Without these tests only a cluster would show
 * a wrong judgement.
 */
import { ROLES } from '../model/role.ts'
import { pathToFileURL } from 'node:url'
import { AssertionError, expect } from 'chai'
import Mocha from 'mocha'
import {
  claimed,
  configured,
  linked,
  measured,
  preconditions,
  prepared,
  probed,
  provisioned,
} from './index.ts'
import { UNCONDITIONAL_CRITERIA } from './criteria/criteria.ts'
import {
  dead,
  type Facts,
  finding,
  guest,
  guestsWith,
  MET,
  nic,
  notIsolated,
  notReady,
  SENT,
  short,
  traffic,
  unbound,
  up,
  vmi,
  vmisWith,
} from './criteria/met-facts.fixture.ts'
import { PREFLIGHT } from './preflight/preflight.ts'
import { CriterionSkipped } from '../run/criterion.ts'
import type { Outcome } from '../model/criterion-result.ts'
import { criterionOf } from '../report/publish.ts'
import { terminal } from '../report/terminal.ts'

const SPECS = new URL('../../specs/readiness/', import.meta.url)
const NAMES = ['preflight', 'scheduling', 'guest', 'link', 'traffic'] as const
const GLOBALS = ['describe', 'it', 'before', 'after', 'beforeEach', 'afterEach'] as const

/**
 * The criteria of every run (the optional ones: optional-criteria.test.ts), by id; loaded again, even if another test has
 * loaded them.
 */
async function criteria(): Promise<ReadonlyMap<string, Mocha.Test>> {
  const mine = Object.fromEntries(GLOBALS.map((name) => [name, globalThis[name]]))
  const mocha = new Mocha()
  try {
    for (const name of NAMES) {
      const file = new URL(`${name}.spec.ts`, SPECS)
      mocha.suite.emit('pre-require', globalThis, file.pathname, mocha)
      await import(`${pathToFileURL(file.pathname).href}?judging`)
    }
  } finally {
    Object.assign(globalThis, mine)
  }
  const found = new Map<string, Mocha.Test>()
  mocha.suite.eachTest((test) => void found.set(criterionOf(test)?.id ?? test.title, test))
  return new Map([...found].filter(([id]) => UNCONDITIONAL_CRITERIA.some((usual) => usual.id === id)))
}

class Skipped extends Error {}

/** The outcomes of all criteria with these facts, without those that passed. */
async function unmet(all: ReadonlyMap<string, Mocha.Test>, facts: Facts): Promise<Record<string, Outcome>> {
  const stages = { claimed, configured, preconditions, provisioned, prepared, linked, probed, measured }
  for (const [name, stage] of Object.entries(stages))
    stage.reach = () => Promise.resolve({ facts: facts[name as keyof Facts] as never })
  const outcomes: Record<string, Outcome> = {}
  for (const [id, test] of all) {
    const context = {
      skip: () => {
        throw new Skipped()
      },
    }
    try {
      await (test.fn as unknown as (this: typeof context) => Promise<void>).call(context)
    } catch (error) {
      if (error instanceof Skipped) outcomes[id] = 'not-judged'
      else if (error instanceof CriterionSkipped) outcomes[id] = error.outcome
      else outcomes[id] = error instanceof AssertionError ? 'failed' : 'error'
    }
  }
  return outcomes
}

/** Name of the case, the changed facts, and the outcomes of the criteria that do not pass. */
const CASES: readonly (readonly [string, Partial<Facts>, Record<string, Outcome>])[] = [
  ['nothing', {}, {}],
  ...PREFLIGHT.filter(({ onlyIf }) => onlyIf === undefined).flatMap(({ id }) =>
    (['failed', 'error', 'not-judged'] as const).map(
      (outcome) =>
        [
          `${id}: ${outcome}`,
          {
            preconditions: {
              findings: new Map([
                ...MET.preconditions.findings,
                [id, { ...finding, outcome, problems: ['why'] }],
              ]),
            },
          },
          { [id]: outcome },
        ] as const,
    ),
  ),
  ...(['failed', 'error'] as const).flatMap((outcome) => [
    [
      `the VM under test is not ready: ${outcome}`,
      { provisioned: vmisWith('vm-under-test', notReady(outcome)) },
      { 'scheduling.vm-under-test-ready': outcome, 'scheduling.nodes': 'not-judged' },
    ] as const,
    [
      `the traffic generator is not ready: ${outcome}`,
      { provisioned: vmisWith('traffic-generator', notReady(outcome)) },
      { 'scheduling.traffic-generator-ready': outcome, 'scheduling.nodes': 'not-judged' },
    ] as const,
  ]),
  ...ROLES.map(
    (role) =>
      [
        `another node of the ${role}`,
        { provisioned: vmisWith(role, { ...vmi, nodeName: 'b', hostname: 'b' }) },
        { 'scheduling.nodes': 'failed' },
      ] as const,
  ),
  ...(
    [
      ['a node that is the target by its label', { hostname: 'a' }, {}],
      ['another node, whose label may not be read', {}, { 'scheduling.nodes': 'not-judged' }],
    ] as const
  ).map(
    ([what, known, wrong]) =>
      [what, { provisioned: vmisWith('vm-under-test', { ...vmi, nodeName: 'b', ...known }) }, wrong] as const,
  ),
  [
    'no node was asked for',
    { provisioned: { ...MET.provisioned, parameters: { targetNodes: undefined } } },
    { 'scheduling.nodes': 'not-judged' },
  ],
  [
    'CPUs of the VM under test',
    { prepared: guestsWith('vm-under-test', notIsolated) },
    { 'guest.vm-under-test-cpus': 'failed' },
  ],
  [
    'CPUs of the traffic generator',
    { prepared: guestsWith('traffic-generator', notIsolated) },
    { 'guest.traffic-generator-cpus': 'failed' },
  ],
  [
    'hugepages',
    { prepared: guestsWith('vm-under-test', { ...guest, hugepages1Gi: 0 }) },
    { 'guest.hugepages': 'failed' },
  ],
  ...ROLES.map(
    (role) =>
      [
        `a port of the ${role}`,
        { prepared: guestsWith(role, unbound) },
        { 'guest.nics-bound': 'failed' },
      ] as const,
  ),
  [
    'a port that the kernel shares with DPDK',
    {
      prepared: guestsWith('vm-under-test', {
        ...guest,
        nics: [{ ...nic, driver: 'mlx5_core', wantedDriver: 'mlx5_core' }],
      }),
    },
    {},
  ],
  [
    'a port that vfio-pci took from the kernel, which DPDK shares it with',
    {
      prepared: guestsWith('vm-under-test', { ...guest, nics: [{ ...nic, wantedDriver: 'mlx5_core' }] }),
    },
    { 'guest.nics-bound': 'failed' },
  ],
  [
    'a port that the kernel keeps on purpose',
    {
      prepared: guestsWith('traffic-generator', {
        ...guest,
        nics: [{ ...nic, driver: 'iavf', wantedDriver: undefined }],
      }),
    },
    {},
  ],
  ...ROLES.flatMap((role) =>
    ['east', 'west'].map(
      (port) =>
        [
          `the ${port} link of the ${role}`,
          { linked: { links: { ...MET.linked.links, [role]: { ...up, [port]: 'down' } } } },
          { [`link.${port}`]: 'failed' },
        ] as const,
    ),
  ),
  ['the probe on the way there', { probed: dead({}) }, { 'traffic.probe': 'failed' }],
  ['the probe inside', { probed: dead({ vmRx: 200 }) }, { 'traffic.probe': 'failed' }],
  ['the probe on the way back', { probed: dead({ vmRx: 200, vmTx: 200 }) }, { 'traffic.probe': 'failed' }],
  ['no probe', { probed: { probe: undefined } }, { 'traffic.probe': 'not-judged' }],
  ['an unsent probe', { probed: dead({ generatorTx: 0 }) }, { 'traffic.probe': 'not-judged' }],
  [
    'no packet sent',
    {
      measured: traffic({
        there: { generatorTx: 0, vmRx: 0, vmTx: 0, generatorRx: 0 },
        achievedPacketsPerSecond: 0,
      }),
    },
    {
      'traffic.packets-sent': 'inconclusive',
      'traffic.rate-reached': 'inconclusive',
      'traffic.no-loss': 'not-judged',
      'traffic.no-return-loss': 'not-judged',
    },
  ],
  ['the rate', { measured: traffic(short) }, { 'traffic.rate-reached': 'inconclusive' }],
  [
    'a generator that says so itself',
    { measured: traffic({ shortfall: ['its queue was full'] }) },
    { 'traffic.rate-reached': 'inconclusive' },
  ],
  [
    'output errors',
    { measured: traffic({ errors: { generatorOutputErrors: 1 } }) },
    { 'traffic.no-output-errors': 'failed' },
  ],
  [
    'output errors of a generator too slow',
    { measured: traffic({ ...short, errors: { generatorOutputErrors: 1 } }) },
    { 'traffic.no-output-errors': 'inconclusive', 'traffic.rate-reached': 'inconclusive' },
  ],
  [
    'input errors',
    { measured: traffic({ errors: { generatorInputErrors: 1 } }) },
    { 'traffic.no-input-errors': 'failed' },
  ],
  [
    'input errors of a generator too slow',
    {
      measured: traffic({ ...short, there: { generatorRx: SENT - 1 }, errors: { generatorInputErrors: 1 } }),
    },
    {
      'traffic.no-input-errors': 'inconclusive',
      'traffic.rate-reached': 'inconclusive',
      'traffic.no-return-loss': 'inconclusive',
    },
  ],
  [
    'more lost on the way back than a generator too slow had no room for',
    {
      measured: traffic({ ...short, there: { generatorRx: SENT - 2 }, errors: { generatorInputErrors: 1 } }),
    },
    {
      'traffic.no-input-errors': 'inconclusive',
      'traffic.rate-reached': 'inconclusive',
      'traffic.no-return-loss': 'failed',
    },
  ],
  [
    'packets not fetched in time',
    { measured: traffic({ there: { vmRx: 999, vmRxDropped: 1, vmTx: 999, generatorRx: 999 } }) },
    { 'traffic.no-rx-drops': 'failed', 'traffic.no-loss': 'failed', 'traffic.no-return-loss': 'failed' },
  ],
  [
    'drops on the way back, where nothing is sent',
    { measured: traffic({ there: { generatorRx: 999 }, back: { vmRxDropped: 1 } }) },
    { 'traffic.no-rx-drops': 'failed', 'traffic.no-return-loss': 'failed' },
  ],
  ['drops that did not happen', { measured: traffic({ there: { vmRxDropped: 5 } }) }, {}],
  ['no mbufs', { measured: traffic({ errors: { vmRxNoMbuf: 1 } }) }, { 'traffic.no-rx-drops': 'failed' }],
  [
    'damaged packets',
    { measured: traffic({ errors: { vmRxErrors: 1 } }) },
    { 'traffic.no-rx-drops': 'failed' },
  ],
  [
    'packets not taken by the port',
    { measured: traffic({ there: { vmTx: 999, vmTxDropped: 1, generatorRx: 999 } }) },
    { 'traffic.no-tx-drops': 'failed', 'traffic.no-return-loss': 'failed' },
  ],
  [
    'the same on the way back',
    { measured: traffic({ back: { vmTxDropped: 1 } }) },
    { 'traffic.no-tx-drops': 'failed' },
  ],
  [
    'one packet lost on the way there',
    { measured: traffic({ there: { vmRx: 999, vmTx: 999, generatorRx: 999 } }) },
    { 'traffic.no-loss': 'failed', 'traffic.no-return-loss': 'failed' },
  ],
  [
    'one foreign frame on the way there',
    { measured: traffic({ there: { vmRx: 1001, vmTx: 1001, generatorRx: 1001 } }) },
    { 'traffic.no-loss': 'failed', 'traffic.no-return-loss': 'failed' },
  ],
  [
    'one packet lost on the way back',
    { measured: traffic({ there: { generatorRx: 999 } }) },
    { 'traffic.no-return-loss': 'failed' },
  ],
  [
    'one packet lost inside, and a foreign frame at the end of the way',
    { measured: traffic({ there: { vmTx: 999 } }) },
    { 'traffic.no-return-loss': 'failed' },
  ],
  [
    'one packet lost on the way there, and a foreign frame inside',
    { measured: traffic({ there: { vmRx: 999 } }) },
    { 'traffic.no-loss': 'failed', 'traffic.no-return-loss': 'failed' },
  ],
  [
    'one packet lost on the way there, and a foreign frame at the end of the way',
    { measured: traffic({ there: { vmRx: 999, vmTx: 999 } }) },
    { 'traffic.no-loss': 'failed', 'traffic.no-return-loss': 'failed' },
  ],
  [
    'a foreign frame of another size in the place of one that was lost',
    { measured: traffic({ vmBytes: { eastRx: 60_030, westTx: 60_030 } }) },
    { 'traffic.no-loss': 'failed' },
  ],
  [
    'counts that contradict each other',
    { measured: traffic({ contradictions: ['1000 here, 999 there'] }) },
    { 'traffic.no-loss': 'error' },
  ],
]

describe('the readiness criteria', () => {
  let all: ReadonlyMap<string, Mocha.Test>
  const progress = terminal()
  const reaches = [claimed, configured, preconditions, provisioned, prepared, linked, probed, measured]

  before(async () => {
    all = await criteria()
    // The progress is not needed here.
    progress.criterion = () => undefined
  })

  after(() => {
    Reflect.deleteProperty(progress, 'criterion')
    for (const stage of reaches) Reflect.deleteProperty(stage, 'reach')
  })

  it('are all there', () => {
    expect([...all.keys()]).to.deep.equal(UNCONDITIONAL_CRITERIA.map(({ id }) => id))
    expect(all.size).to.equal(40)
  })

  for (const [what, facts, expected] of CASES) {
    it(`see ${what}`, async () => {
      expect(await unmet(all, { ...MET, ...facts })).to.deep.equal(expected)
    })
  }
})
