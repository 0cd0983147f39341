/** Reports with all that a page can show, and with texts that try to break out of it. */
import { exampleCapacity } from '../capacity.fixture.ts'
import { judgedMatrix } from '../../nodes/matrix.fixture.ts'
import { exampleReport } from '../example.fixture.ts'
import { exampleLatency } from '../latency.fixture.ts'
import type { Guest } from '../../model/machines.ts'
import type { Report } from '../../model/report.ts'
import type { Traffic } from '../../model/traffic.ts'

/** A run of ten seconds that lost packets from the seventh second on, with causes. */
export function lossWithCauses(): Report {
  const report = structuredClone(exampleReport('lossy'))
  return {
    ...report,
    guests: report.guests.map(complete),
    traffic: withSamples(trafficOf(report), 6),
    capacity: exampleCapacity(),
    latency: exampleLatency({ reordered: 3 }),
    diagnosis: {
      causes: [
        {
          id: 'vm-tx-ring-full',
          explains: ['traffic.no-tx-drops', 'traffic.no-return-loss'],
          sentence: 'The west port took 98,958 of 100,000 packets: its one transmit queue was full.',
          remedy: 'Give the port as many queues as testpmd has forwarding cores, or ask for a lower rate.',
          evidence: [{ what: 'queues of port 1', value: '1' }],
        },
        {
          id: 'interrupts-on-isolated-cpus',
          explains: ['traffic.no-tx-drops'],
          sentence: 'CPU 3, on which testpmd forwards, took 12,410 timer interrupts during the run.',
          remedy: 'Add nohz_full for the isolated CPUs to the kernel arguments of the image.',
          evidence: [{ what: '/proc/interrupts, CPU 3, LOC', value: '+12410' }],
        },
      ],
      evidence: [
        { what: 'tuned-adm active', value: 'Current active profile: cpu-partitioning' },
        { what: 'dmesg, last lines', value: '[   12.001] vfio-pci: enabling\n[   12.010] vfio-pci: enabled' },
      ],
      duration: 4100,
    },
  }
}

export function pass(): Report {
  const report = structuredClone(exampleReport('passed'))
  return { ...report, guests: report.guests.map(complete), traffic: withSamples(trafficOf(report), 10) }
}

/** Pairs of six nodes in three zones: a weak node, a bad pair, one that could not be measured, one not judged. */
export function pairsOfNodes(): Report {
  const loss = ({ from, to }: { from: number; to: number }) =>
    from === 4 || to === 4
      ? 0.2
      : from === 1 && to === 2
        ? 0.004
        : from === 5 && to === 3
          ? 'no VF was free'
          : 0
  const nodeMatrix = judgedMatrix({ nodes: 6, zones: 3, loss })
  const [first] = nodeMatrix.cells
  if (first?.kind === 'measured') {
    first.outcome = 'not-judged'
    first.why = 'the traffic generator fell short'
  }
  return { ...pass(), nodeMatrix }
}

/** The same, more of them than fit a sheet of paper, with hostile names. */
export function hostilePairs(): Report {
  const nodeMatrix = judgedMatrix({ nodes: 15, zones: 2, loss: ({ to }) => (to === 3 ? 0.2 : 0) })
  const name = (node: string) => `${HOSTILE}${node}`
  for (const node of nodeMatrix.nodes)
    Object.assign(node, { name: name(node.name), zone: name(node.zone ?? '') })
  for (const cell of nodeMatrix.cells)
    Object.assign(cell, { sender: name(cell.sender), receiver: name(cell.receiver) })
  return { ...pass(), nodeMatrix }
}

/** A run of two hours at 40 million packets per second, with 7200 samples. */
export function twoHours(): Report {
  const report = pass()
  const samples = Array.from({ length: 7200 }, (_, second) => {
    const sent = (second + 1) * 40_000_000
    const lost = second < 5000 ? 0 : Math.min(17, second - 4999)
    return sampleAt((second + 1) * 1000, sent, lost)
  })
  const { at, ...ledger } = samples.at(-1) ?? sampleAt(0, 0, 0)
  const traffic = { ...trafficOf(report), requestedDuration: at, sentFor: at, ledger, samples }
  return { ...report, verdict: 'failed', failureReasons: ['traffic.no-tx-drops: 17 packets'], traffic }
}

/** Markup, styles, addresses, other writing directions and a text of 1 MiB, in every text field of a report. */
export function hostile(): Report {
  const report = lossWithCauses()
  const change = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') {
      return FIXED.has(key) ? value : `${HOSTILE}${value}`
    }
    if (Array.isArray(value)) return value.map((each) => change(each, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner, name)]))
  }
  const changed = change(report) as Report
  return {
    ...changed,
    parameters: { [HOSTILE]: HOSTILE, long: 'x'.repeat(2 ** 20) },
    warnings: [HOSTILE, 'y'.repeat(2 ** 20)],
    leftovers: [HOSTILE],
  }
}

export const HOSTILE =
  '</span></style></svg></title><script>document.title = "run"</script><img src="https://example.org/x.png" onerror="document.title = 1">' +
  '<style>* { display: none }</style>&lt;b&gt; "\' --> ]]> {{7*7}} ${7*7} \u202eesrever'

/** Fields whose values the schema fixes. */
const FIXED = new Set([
  'apiVersion',
  'kind',
  'verdict',
  'outcome',
  'role',
  'port',
  'rss',
  'spentOn',
  'effort',
  'endedBy',
  'invalid',
  'from',
  'by',
  'method',
  'id',
  'explains',
  'startedAt',
  'completedAt',
])

function trafficOf({ traffic }: Report): Traffic {
  if (traffic === undefined) throw new Error('the example has traffic')
  return traffic
}

/** Adds one sample a second; from `goodSeconds` on, the loss grows until it equals the loss in the ledger. */
function withSamples(traffic: Traffic, goodSeconds: number): Traffic {
  const { generatorTx, vmTxDropped } = traffic.ledger.eastToWest
  const samples = Array.from({ length: 10 }, (_, second) => {
    const done = second + 1
    const lost = done <= goodSeconds ? 0 : (vmTxDropped * (done - goodSeconds)) / (10 - goodSeconds)
    return sampleAt(done * 1000 + 3, (generatorTx * done) / 10, Math.round(lost))
  })
  return {
    ...traffic,
    samples,
    vmBytes: { eastRx: generatorTx * 60, westTx: generatorTx * 60 },
    vmDriverCounters: { east: { rx_good_packets: generatorTx }, west: { tx_good_packets: generatorTx } },
  }
}

function sampleAt(at: number, sent: number, dropped: number): Traffic['samples'][number] {
  const nothing = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }
  return {
    at,
    eastToWest: {
      generatorTx: sent,
      vmRx: sent,
      vmRxDropped: 0,
      vmTx: sent - dropped,
      vmTxDropped: dropped,
      generatorRx: sent - dropped,
    },
    westToEast: nothing,
    generatorOutputErrors: 0,
    generatorInputErrors: 0,
    vmRxErrors: 0,
    vmRxNoMbuf: 0,
  }
}

function complete(guest: Guest): Guest {
  return {
    ...guest,
    imageDigest: `sha256:${'0123456789abcdef'.repeat(4)}`,
    os: 'CentOS Stream 9',
    kernel: '5.14.0-427.el9.x86_64',
    kernelCommandLine: 'root=LABEL=root default_hugepagesz=1GB hugepagesz=1G hugepages=1 isolcpus=2-7',
    isolatedCpus: '2-7',
    rebooted: true,
    hugepages1Gi: 1,
    nics: (['east', 'west'] as const).map((port, index) => ({
      port,
      pciAddress: `0000:0${6 + index}:00.0`,
      mac: `60:94:1f:6d:3c:0${1 + index}`,
      driver: 'vfio-pci',
      link: 'up',
    })),
  }
}
