/** Reports of a pass, a loss, an input error and an unschedulable VMI, from a cluster of 40 nodes. */
import { CATALOGUE } from '../diagnosis/catalogue.ts'
import { exampleReport } from './example.fixture.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Guest } from '../model/machines.ts'
import type { Report } from '../model/report.ts'
import type { Traffic } from '../model/traffic.ts'

export const EXAMPLES = {
  pass: () => whole({ verdict: 'passed', traffic: trafficOf(2_400_000_000, 0) }, {}),
  loss: () =>
    whole(
      {
        verdict: 'failed',
        traffic: trafficOf(2_400_000_000, 200),
        failureReasons: [
          `traffic.no-loss: ${LOST}`,
          `traffic.no-return-loss: ${LOST_AGAIN}; explained by traffic.no-loss`,
        ],
        diagnosis: {
          causes: [
            {
              id: 'lost-before-vm',
              explains: ['traffic.no-loss', 'traffic.no-return-loss'],
              sentence:
                '200 of 2,400,000,000 packets were lost between the traffic generator and the VM under test, and no counter of the VMs accounts for them',
              remedy:
                'compare the counters of both PFs and their switch ports (`ethtool -S <pf>`: drops, pause frames, CRC errors); suspect the switch’s capacity, flow control, or a VF’s rate limit (maxTxRate)',
              evidence: [],
            },
          ],
          evidence: [],
          duration: 900,
        },
      },
      {
        'traffic.no-loss': { outcome: 'failed', message: LOST },
        'traffic.no-return-loss': { outcome: 'failed', message: LOST_AGAIN, explainedBy: 'traffic.no-loss' },
      },
    ),
  'input error': () =>
    whole(
      {
        verdict: 'error',
        failureReasons: [`precondition.configmap: ${USED}`],
        guests: [],
        diagnosis: {
          causes: [
            {
              id: 'configmap-not-free',
              explains: ['precondition.configmap'],
              sentence: USED,
              remedy: remedyOf('configmap-not-free'),
              evidence: [],
            },
          ],
          evidence: [],
          duration: 0,
        },
      },
      {
        'precondition.configmap': { outcome: 'error', message: USED },
        others: {
          outcome: 'not-judged',
          message: 'the run did not get that far, see precondition.configmap',
        },
      },
    ),
  'a VMI that no node takes': () =>
    whole(
      {
        verdict: 'failed',
        failureReasons: [`scheduling.vm-under-test-ready: ${PENDING}`],
        guests: GUESTS.map(({ role, vmiName, image }) => ({ role, vmiName, image, nics: [] })),
        diagnosis: {
          causes: [
            {
              id: 'insufficient-hugepages',
              explains: ['scheduling.vm-under-test-ready'],
              sentence:
                'no node can take the VM under test: 0/40 nodes are available: 40 Insufficient hugepages-1Gi',
              remedy:
                'each VM takes 4 hugepages of 1 GiB on its node: allocate more hugepages at boot (hugepagesz=1G hugepages=N, or the performance profile), or stop the pods that hold hugepages',
              evidence: [],
            },
          ],
          evidence: [],
          duration: 300,
        },
      },
      {
        'scheduling.vm-under-test-ready': { outcome: 'failed', message: PENDING },
        'scheduling.traffic-generator-ready': {
          outcome: 'not-judged',
          message: 'the run did not get that far, see scheduling.vm-under-test-ready',
        },
        from: 'guest.',
        others: {
          outcome: 'not-judged',
          message: 'the run did not get that far, see scheduling.vm-under-test-ready',
        },
      },
    ),
} satisfies Readonly<Record<string, () => Report>>

export type ExampleName = keyof typeof EXAMPLES

/** As users get it, because its length matters. */
function remedyOf(id: string): string {
  const cause = CATALOGUE.find((one) => one.id === id)
  if (cause === undefined) throw new Error(`there is no cause ${id}`)
  return cause.remedy
}

const LOST = '200 of 2,400,000,000 packets were lost between the traffic generator and the VM under test'
const LOST_AGAIN = '200 of 2,400,000,000 packets were lost end to end'
const USED = 'ConfigMap dpdk/dpdk-checkup-config is in use or was used before, since 2026-11-30T07:12:04.118Z'
const PENDING =
  'waiting for VMI dpdk/vmi-under-test-x7k2p to be ready: last saw phase Scheduling, PodScheduled=False (0/40 nodes are available: 40 Insufficient hugepages-1Gi) after 10m'

const GUESTS: readonly Guest[] = exampleReport('passed').guests.map((guest) => ({
  ...guest,
  nodeName: guest.role === 'vm-under-test' ? 'worker-07' : 'worker-12',
  isolatedCpus: '2-7',
  hugepages1Gi: 4,
  nics: guest.nics.map((nic) => ({ ...nic, driver: 'vfio-pci', link: 'up' })),
}))

/** The criteria of the readiness suite at one time; new ones need no change here. */
const CRITERIA = Object.entries({
  precondition: ['configmap', 'parameters', 'permissions', 'kubevirt', 'network'],
  preflight: [
    'network',
    'vf-injection',
    'nodes',
    'cpus',
    'hugepages',
    'vfs',
    'sriov-state',
    'leftovers',
    'rate',
  ],
  scheduling: ['vm-under-test-ready', 'traffic-generator-ready', 'nodes'],
  guest: ['vm-under-test-cpus', 'traffic-generator-cpus', 'hugepages', 'nics-bound'],
  link: ['east', 'west'],
  traffic: [
    'probe',
    'packets-sent',
    'rate-reached',
    'no-rx-drops',
    'no-tx-drops',
    'no-loss',
    'no-return-loss',
  ],
}).flatMap(([group, claims]) => claims.map((claim) => `${group}.${claim}`))

interface Overrides {
  readonly others?: Partial<Criterion>
  /** `others` applies to the first id with this prefix and all after it; undefined: to all ids that are not named. */
  readonly from?: string
  readonly [id: string]: Partial<Criterion> | string | undefined
}

function whole(some: Partial<Report>, overrides: Overrides): Report {
  const rest = exampleReport('passed')
  delete rest.traffic
  const { from, others } = overrides
  let isBehind = from === undefined
  const criteria = CRITERIA.map((id): Criterion => {
    isBehind ||= from !== undefined && id.startsWith(from)
    const usual: Criterion = { id, title: id, outcome: 'passed', message: '', evidence: [], duration: 1 }
    const skipped = SKIPPED[id]
    const own = overrides[id]
    if (typeof own === 'object') return { ...usual, ...own }
    if (isBehind && others !== undefined) return { ...usual, ...others }
    return skipped === undefined ? usual : { ...usual, outcome: 'not-judged', message: skipped }
  })
  return {
    ...rest,
    suite: { ...rest.suite, version: '0.2.0', commit: '36360b3a1c4f5d2e8b9a7c6d5e4f3a2b1c0d9e8f' },
    failureReasons: [],
    cluster: {
      ...rest.cluster,
      namespace: 'dpdk',
      name: 'prod-1',
      apiHost: 'api.prod-1:6443',
      nodes: Array.from({ length: 40 }, (_, index) => `worker-${String(index + 1).padStart(2, '0')}`),
    },
    parameters: { networkAttachmentDefinitionName: 'dpdk-network', trafficGenEngine: 'trex' },
    guests: [...GUESTS],
    criteria,
    warnings: [],
    ...some,
    verdict: some.verdict ?? 'passed',
  }
}

/** Criteria that are skipped without cluster-wide permissions, or because nothing was requested. */
const SKIPPED: Readonly<Record<string, string>> = {
  'preflight.sriov-state': 'no permission to list SriovNetworkNodeStates',
  'scheduling.nodes': 'no target nodes were requested',
}

function trafficOf(sent: number, lost: number): Traffic {
  const { traffic } = exampleReport('passed')
  if (traffic === undefined) throw new Error('the example has traffic')
  const arrived = sent - lost
  const eastToWest = {
    generatorTx: sent,
    vmRx: arrived,
    vmRxDropped: 0,
    vmTx: arrived,
    vmTxDropped: 0,
    generatorRx: arrived,
  }
  const ledger = { ...traffic.ledger, eastToWest }
  return {
    ...traffic,
    engine: 'trex',
    requestedPacketsPerSecond: 8_000_000,
    achievedPacketsPerSecond: 8_000_000,
    requestedDuration: 300_000,
    sentFor: 300_000,
    ledger,
    samples: [{ ...ledger, at: 1000 }],
  }
}
