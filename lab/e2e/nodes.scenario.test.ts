/** A matrix of nodes, and what goes wrong in one: each time the other cells are kept, and nothing is left. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { CONFIG_MAPS, NODES as NODE_KIND, PODS } from '../apiserver/kinds.ts'
import type { NodeMatrix } from '../../support/model/node-matrix.ts'
import { CAMPAIGN_CONFIG_MAP } from '../../support/readiness/matrix/campaign.ts'
import { RESUME_VARIABLE } from '../../support/readiness/matrix/resume.ts'
import { RunAhead } from './run-ahead.fixture.ts'
import {
  type RunningSuite,
  CONFIG_MAP,
  ScriptedLab,
  type ScriptedLabOptions,
  type SuiteEnd,
} from './scripted-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

/** A ring over three nodes, one pair after the other. */
const RING = {
  'spec.param.nodes': 'all',
  'spec.param.pairs': 'ring',
  'spec.param.parallel': 'serial',
  'spec.param.testDuration': '1s',
}
const MEASURING = 'measure between the nodes …'

interface Scenario {
  readonly title: string
  readonly lab?: ScriptedLabOptions
  /** What happens while cells are measured. */
  readonly during?: (lab: ScriptedLab, suite: RunningSuite) => void | Promise<void>
  readonly check: (found: Found) => void
}

interface Found {
  readonly end: SuiteEnd
  readonly matrix: NodeMatrix | undefined
  readonly leftovers: readonly string[]
}

async function play({ lab: options = {}, during }: Scenario): Promise<Found> {
  await using lab = await ScriptedLab.start({ hidden: false, labNodes: 3, parameters: RING, ...options })
  const suite = await lab.startSuite()
  if (during !== undefined) {
    await suite.said(MEASURING)
    await during(lab, suite)
  }
  const end = await suite.end()
  return { end, matrix: matrixOf(end), leftovers: lab.leftovers() }
}

function matrixOf({ report }: SuiteEnd): NodeMatrix | undefined {
  return (report as { nodeMatrix?: NodeMatrix } | undefined)?.nodeMatrix
}

function kindsOf(matrix: NodeMatrix | undefined): Record<string, string> {
  return Object.fromEntries(
    (matrix?.cells ?? []).map((cell) => [
      `${cell.sender} → ${cell.receiver}`,
      cell.kind === 'hole' ? 'hole' : (cell.outcome ?? 'measured'),
    ]),
  )
}

const GOOD_RING = {
  'lab-node-1 → lab-node-2': 'good',
  'lab-node-2 → lab-node-3': 'good',
  'lab-node-3 → lab-node-1': 'good',
}

function removePods(lab: ScriptedLab, node: string): void {
  const { store } = lab.server
  for (const { metadata, ...pod } of store.list(PODS, NAMESPACE))
    if ((pod['spec'] as { nodeName?: string }).nodeName === node) store.delete(PODS, NAMESPACE, metadata.name)
}

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'measures a ring, and passes',
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(0)
      expect(kindsOf(matrix)).to.deep.equal(GOOD_RING)
      expect(matrix?.result?.weak).to.deep.equal([])
      expect(end.output).to.include('3 of 3 pairs measured')
    },
  },
  {
    title: 'measures all pairs in both directions by TRex, with the diagonal',
    lab: {
      profile: 'centos',
      parameters: {
        ...RING,
        'spec.param.pairs': 'all',
        'spec.param.parallel': 'shift',
        'spec.param.sameNode': 'true',
        'spec.param.directions': '2',
      },
    },
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(0)
      expect(matrix?.cells).to.have.length(9)
      expect(new Set(Object.values(kindsOf(matrix)))).to.deep.equal(new Set(['good']))
    },
  },
  {
    title: 'judges each pair by what it carries at line rate if a capacity is asked for',
    lab: { parameters: { ...RING, 'spec.param.capacity': 'quick' } },
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(0)
      expect(matrix?.judgedBy).to.equal('rate')
      expect(kindsOf(matrix)).to.deep.equal(GOOD_RING)
      const attempts = (matrix?.cells ?? []).map((cell) => (cell.kind === 'hole' ? [] : cell.attempts))
      for (const [attempt, ...others] of attempts) {
        expect(others, 'each pair is one trial').to.deep.equal([])
        expect(attempt?.requestedPacketsPerSecond, '10 Gbit/s of frames of 64 bytes').to.equal(14_880_952)
        // What the scripted guests carry, far more than the rate that the run asks for.
        expect(attempt?.deliveredPacketsPerSecond).to.equal(attempt?.requestedPacketsPerSecond)
      }
    },
  },
  {
    title: 'needs no permission to read nodes and to list VMIs if nodes are named',
    lab: { hidden: true, parameters: { ...RING, 'spec.param.nodes': 'lab-node-1,lab-node-2,lab-node-3' } },
    check: ({ end, matrix }) => {
      expect(kindsOf(matrix), end.output).to.deep.equal(GOOD_RING)
      expect(end.exitCode, end.output).to.equal(0)
    },
  },
  {
    title: 'alternates the roles of a node with room for one VMI',
    lab: { scarce: { 'lab-node-2': { cpus: 12 } } },
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(0)
      expect(kindsOf(matrix)).to.deep.equal(GOOD_RING)
    },
  },
  {
    title: 'makes holes of a node without VFs that is asked for by name',
    lab: {
      scarce: { 'lab-node-2': { vfs: 0 } },
      parameters: { ...RING, 'spec.param.nodes': 'lab-node-1,lab-node-2,lab-node-3' },
    },
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(2)
      expect(end.report?.verdict).to.equal('inconclusive')
      expect(kindsOf(matrix)).to.deep.equal({
        'lab-node-1 → lab-node-3': 'good',
        'lab-node-3 → lab-node-1': 'good',
        'lab-node-1 → lab-node-2': 'hole',
        'lab-node-2 → lab-node-3': 'hole',
      })
    },
  },
  {
    title: 'leaves out of all nodes the one without VFs',
    lab: { scarce: { 'lab-node-3': { vfs: 0 } } },
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(0)
      expect(matrix?.nodes.map(({ name }) => name)).to.deep.equal(['lab-node-1', 'lab-node-2'])
      expect(end.report?.warnings.join()).to.include('node lab-node-3 is left out of the matrix')
    },
  },
  {
    title: 'boots a VMI again that was evicted',
    during: (lab) => {
      removePods(lab, 'lab-node-3')
    },
    check: ({ end, matrix }) => {
      expect(kindsOf(matrix), end.output).to.deep.equal(GOOD_RING)
      expect(end.exitCode, end.output).to.equal(0)
    },
  },
  {
    title: 'keeps the cells of the others when a node goes away',
    during: (lab) => {
      const { store } = lab.server
      store.delete(NODE_KIND, undefined, 'lab-node-3')
      removePods(lab, 'lab-node-3')
    },
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(2)
      const kinds = kindsOf(matrix)
      expect(kinds['lab-node-1 → lab-node-2'], end.output).to.equal('good')
      expect(kinds['lab-node-3 → lab-node-1']).to.equal('hole')
      const holes = (matrix?.cells ?? []).flatMap((cell) => (cell.kind === 'hole' ? [cell.reason] : []))
      expect(holes.join(), end.output).to.include('node lab-node-3 is gone')
    },
  },
  {
    title: 'goes on after the API server was down for 30 s, and all consoles with it',
    lab: { api: [] },
    during: (lab) => {
      lab.proxy?.goDown(30_000)
    },
    check: ({ end, matrix }) => {
      expect(kindsOf(matrix), end.output).to.deep.equal(GOOD_RING)
      expect(end.exitCode, end.output).to.equal(0)
    },
  },
  {
    title: 'reports what was measured when it is ended in a round',
    during: async (_lab, suite) => {
      await suite.said('send packets')
      suite.process.kill('SIGTERM')
    },
    check: ({ end, matrix }) => {
      expect(end.exitCode, end.output).to.equal(2)
      expect(end.report?.verdict).to.equal('error')
      expect(matrix?.environmentDigest).to.match(/^sha256:/)
      expect(matrix?.endedAt).to.equal(undefined)
    },
  },
  ...(
    [
      ['none', 'rack=7', 'no node with rack=7 can take the VMIs'],
      ['one node', 'kubernetes.io/hostname=lab-node-2', 'but a pair needs two nodes'],
    ] as const
  ).map(([matches, nodes, says]): Scenario => ({
    title: `refuses a selector that matches ${matches}`,
    lab: { parameters: { ...RING, 'spec.param.nodes': nodes } },
    check: ({ end }) => {
      expect(end.exitCode, end.output).to.equal(2)
      expect(end.report?.verdict).to.equal('error')
      expect(end.report?.failureReasons.join()).to.include(says)
    },
  })),
]

/** Parallel runs; a run mostly waits. */
const AT_ONCE = 4

describe('a matrix of nodes', () => {
  const runs = new RunAhead<Scenario, Found>(AT_ONCE, play)
  for (const scenario of SCENARIOS)
    runs.it(scenario, scenario.title, (found) => {
      expect(found.leftovers, found.end.output).to.deep.equal([])
      scenario.check(found)
    })
})

describe('two runs over the same nodes', () => {
  it('end the second one, which names the first', async () => {
    await using lab = await ScriptedLab.start({ hidden: false, labNodes: 3, parameters: RING })
    lab.server.store.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: CAMPAIGN_CONFIG_MAP, namespace: NAMESPACE },
      data: {
        holder: `${NAMESPACE}/the-first`,
        since: new Date().toISOString(),
        expires: new Date(Date.now() + 3_600_000).toISOString(),
      },
    })
    const end = await lab.run()
    expect(end.exitCode, end.output).to.equal(2)
    expect(end.report?.failureReasons.join()).to.include(`the run of ConfigMap ${NAMESPACE}/the-first`)
    expect(lab.leftovers()).to.deep.equal([`ConfigMap ${CAMPAIGN_CONFIG_MAP}`])
  })
})

describe('a run that resumes another one', () => {
  it('keeps what that has measured, but not of another environment', async () => {
    // Then a line of progress follows each round.
    const parameters = { ...RING, 'spec.param.verbose': 'true' }
    await using lab = await ScriptedLab.start({ hidden: false, labNodes: 3, parameters })
    const data = lab.configMapData() ?? {}
    const again = (changes: Readonly<Record<string, string>> = {}) => {
      const { store } = lab.server
      const { metadata } = store.get(CONFIG_MAPS, NAMESPACE, CONFIG_MAP) ?? { metadata: { name: CONFIG_MAP } }
      store.delete(CONFIG_MAPS, NAMESPACE, metadata.name)
      store.create(CONFIG_MAPS, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: CONFIG_MAP, namespace: NAMESPACE },
        data: { ...data, ...changes },
      })
    }
    const first = await lab.startSuite()
    await first.said('nodes: 1 of 3 pairs measured')
    first.process.kill('SIGTERM')
    const interrupted = await first.end()
    const measured = Object.keys(kindsOf(matrixOf(interrupted)))
    expect(measured, interrupted.output).to.include('lab-node-1 → lab-node-2')
    const path = join(lab.cluster.folder, 'interrupted.json')
    await writeFile(path, JSON.stringify(interrupted.report))
    const env = { [RESUME_VARIABLE]: path }

    again({ 'spec.param.flows': '512' })
    const refused = await (await lab.startSuite({ env })).end()
    expect(refused.exitCode, refused.output).to.equal(2)
    expect(refused.report?.failureReasons.join()).to.include('had another environment')
    expect(lab.leftovers()).to.deep.equal([])

    again()
    const resumed = await (await lab.startSuite({ env })).end()
    expect(resumed.exitCode, resumed.output).to.equal(0)
    const matrix = matrixOf(resumed)
    expect(kindsOf(matrix)).to.deep.equal(GOOD_RING)
    const kept = (matrix?.cells ?? []).filter((cell) => cell.kind === 'measured' && cell.isKept === true)
    expect(kept.map(({ sender, receiver }) => `${sender} → ${receiver}`)).to.deep.equal(measured)
    expect(lab.leftovers()).to.deep.equal([])
  })
})
