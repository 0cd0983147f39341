/** Reports of real runs, for tests: a pass, a VM that drops packets on transmit, a guest that did not boot. */
import { FRAME_BYTES } from '../model/frame.ts'
import type { Criterion } from '../model/criterion-result.ts'
import { API_VERSION, type Report } from '../model/report.ts'
import { type PathCounts } from '../model/ledger.ts'
import { PORT_NAMES } from '../model/ports.ts'
import { PCI_ADDRESSES } from '../model/testbed.ts'

export type ExampleName = 'passed' | 'lossy' | 'error'

export function exampleReport(name: ExampleName): Report {
  switch (name) {
    case 'passed':
      return { ...common, verdict: 'passed', failureReasons: [], ...measured(0) }
    case 'lossy':
      return {
        ...common,
        verdict: 'failed',
        failureReasons: [`traffic.no-tx-drops: ${DROPPED}`, `traffic.no-return-loss: ${LOST}`],
        ...measured(1042),
        warnings: ['no permission to read the events of the namespace'],
      }
    case 'error':
      return {
        ...common,
        verdict: 'error',
        failureReasons: [`scheduling.vm-under-test-ready: ${NEVER_READY}`],
        guests: common.guests.map(({ role, vmiName, image }) => ({ role, vmiName, image, nics: [] })),
        phases: inTurn([
          phase('create the VMIs', 412, 'suite'),
          phase('boot the guests', 120_034, 'guest', 'failed'),
          phase('remove the testbed', 1930, 'suite'),
        ]),
        criteria: [
          criterion('preflight.network', 'the network provides SR-IOV VFs'),
          {
            ...criterion(
              'scheduling.vm-under-test-ready',
              'the VM under test is scheduled and becomes ready',
              'error',
              NEVER_READY,
            ),
            evidence: [{ what: 'condition PodScheduled', value: 'False: Insufficient hugepages-1Gi' }],
          },
          criterion(
            'guest.vm-under-test-cpus',
            'the CPUs of the VM under test are isolated',
            'not-judged',
            NOT_READY,
          ),
          criterion(
            'traffic.no-loss',
            'the VM under test receives every packet sent',
            'not-judged',
            NOT_READY,
          ),
        ],
        leftovers: ['ConfigMap demo/vmi-under-test-config-x7k2p'],
      }
  }
}

const SENT = 100_000
const DROPPED = 'TX drops at the VM under test: 1,042 packets were forwarded and not accepted by the port'
const LOST = '1,042 of 100,000 packets were lost end to end'
const NEVER_READY =
  'waiting for VMI demo/vmi-under-test-x7k2p to be ready: last saw phase Pending, PodScheduled=False (Insufficient hugepages-1Gi); since then no answer from the API server after 2m'
const NOT_READY = 'the VM under test is not ready'
const STARTED = '2026-03-04T05:06:07.000Z'

const common = {
  apiVersion: API_VERSION,
  kind: 'CheckupReport',
  suite: { name: 'kubevirt-dpdk-checkup', version: '1.2.3' },
  startedAt: STARTED,
  completedAt: '2026-03-04T05:08:09.000Z',
  cluster: {
    namespace: 'demo',
    configMap: 'dpdk-checkup-config',
    kubernetesVersion: 'v1.32.1',
    kubevirtVersionUnknown: "no permission to read KubeVirt's configuration",
  },
  parameters: {
    networkAttachmentDefinitionName: 'sriov-network',
    trafficGenPacketsPerSecond: '10k',
    testDuration: '10s',
  },
  guests: [
    {
      role: 'vm-under-test',
      vmiName: 'vmi-under-test-x7k2p',
      nodeName: 'worker-1',
      image: 'quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main',
      imageDigest: `sha256:${'1d'.repeat(32)}`,
      launcherImage: `quay.io/kubevirt/virt-launcher@sha256:${'2e'.repeat(32)}`,
      dataPlane: 'DPDK 22.11.11',
      nics: nics('60'),
    },
    {
      role: 'traffic-generator',
      vmiName: 'dpdk-traffic-gen-x7k2p',
      nodeName: 'worker-2',
      image: 'quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main',
      imageDigestUnknown: 'no permission to read the virt-launcher pod',
      dataPlane: 'pktgen',
      nics: nics('50'),
    },
  ],
  phases: [],
  criteria: [],
  warnings: [],
  leftovers: [],
} satisfies Partial<Report>

/** The results of a run in which the VM under test dropped packets on transmit. */
function measured(dropped: number): Pick<Report, 'phases' | 'traffic' | 'criteria'> {
  const ledger = {
    eastToWest: counts({
      generatorTx: SENT,
      vmRx: SENT,
      vmTx: SENT - dropped,
      vmTxDropped: dropped,
      generatorRx: SENT - dropped,
    }),
    westToEast: counts({}),
    generatorOutputErrors: 0,
    generatorInputErrors: 0,
    vmRxErrors: 0,
    vmRxNoMbuf: 0,
  }
  const outcome = dropped > 0 ? 'failed' : 'passed'
  const message = (sentence: string) => (dropped > 0 ? sentence : '')
  return {
    phases: inTurn([
      phase('create the VMIs', 412, 'suite'),
      phase('boot the guests', 41_250, 'guest'),
      phase('bind the ports, count the hugepages', 3120, 'suite'),
      phase('send packets', 10_020, 'traffic'),
      phase('remove the testbed', 1930, 'suite'),
    ]),
    traffic: {
      engine: 'pktgen',
      requestedPacketsPerSecond: 10_000,
      requestedDuration: 10_000,
      sentFor: 10_002,
      achievedPacketsPerSecond: 9998,
      frameBytes: FRAME_BYTES,
      shortfall: [],
      ledger,
      samples: [{ ...ledger, at: 10_002 }],
      headroom: {
        measuredFor: 8004,
        queues: [
          { port: 'east', queue: 0, cpu: 4, polls: 3_214_123, emptyPercent: 93 },
          { port: 'east', queue: 1, cpu: 5, polls: 3_201_877, emptyPercent: 91 },
        ],
        busyPercent: 41,
        cyclesPerPacket: 212.4,
        clockMHz: 2600,
      },
      queues: {
        configured: 2,
        nic: 'net_iavf',
        rss: 'udp-ports',
        received: [
          { port: 'east', queue: 0, cpu: 4, packets: 49_210 },
          { port: 'east', queue: 1, cpu: 5, packets: 50_790 },
        ],
      },
    },
    criteria: [
      criterion('preflight.network', 'the network provides SR-IOV VFs'),
      criterion('guest.vm-under-test-cpus', 'the CPUs of the VM under test are isolated'),
      {
        ...criterion(
          'traffic.no-tx-drops',
          'the VM under test drops no packets on send',
          outcome,
          message(DROPPED),
        ),
        evidence: [{ what: 'dropped on transmit', value: String(dropped) }],
      },
      criterion('traffic.no-loss', 'the VM under test receives every packet sent'),
      {
        ...criterion(
          'traffic.no-return-loss',
          'every packet returns to the traffic generator',
          outcome,
          message(LOST),
        ),
        evidence: [
          { what: 'sent by the traffic generator', value: String(SENT) },
          { what: 'back at the traffic generator', value: String(SENT - dropped) },
        ],
      },
    ],
  }
}

function nics(firstOctet: string): Report['guests'][number]['nics'] {
  return PORT_NAMES.map((port, index) => ({
    port,
    pciAddress: PCI_ADDRESSES[port],
    mac: `${firstOctet}:94:1f:6d:3c:0${index + 1}`,
  }))
}

function counts(some: Partial<PathCounts>): PathCounts {
  return { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0, ...some }
}

function criterion(
  id: string,
  title: string,
  outcome: Criterion['outcome'] = 'passed',
  message = '',
): Criterion {
  return { id, title, outcome, message, evidence: [], duration: 3 }
}

function phase(
  name: string,
  duration: number,
  spentOn: Report['phases'][number]['spentOn'],
  outcome: Report['phases'][number]['outcome'] = 'done',
): Report['phases'][number] {
  return { name, startedAt: STARTED, duration, spentOn, outcome }
}

/** Shifts the phases so that each starts when the previous one ends. */
function inTurn(phases: Report['phases']): Report['phases'] {
  let at = Date.parse(STARTED)
  return phases.map((one) => {
    const startedAt = new Date(at).toISOString()
    at += one.duration
    return { ...one, startedAt }
  })
}
