/** Findings that prove each cause of the catalogue, and a part of its sentence. */
import { foreign } from '../common/foreign-text.ts'
import type { Latency } from '../model/latency.ts'
import type { Traffic } from '../model/traffic.ts'
import { exampleLatency } from '../report/latency.fixture.ts'
import { judgedMatrix, type MatrixOptions } from '../nodes/matrix.fixture.ts'
import type { Findings, PciPort } from './findings.ts'
import { asked, counts, criterion, findings, guest, NO_PACKETS, traffic, vmi } from './findings.fixture.ts'
import { PROOFS_BEFORE_GUESTS } from './proofs-before-guests.fixture.ts'
import { PROOFS_IN_GUESTS } from './proofs-in-guests.fixture.ts'
import { PROOFS_OF_REFUSALS } from './proofs-of-refusals.fixture.ts'
import { POD } from './vmi-findings.fixture.ts'

export function lossy(id: string, measured: Findings['traffic'], more: Partial<Findings> = {}): Findings {
  const testbed = { guests: { 'vm-under-test': guest() } }
  return findings({
    criteria: [criterion(id)],
    ...(measured === undefined ? {} : { traffic: measured }),
    ...testbed,
    ...more,
  })
}
const DROPPED = { vmRx: 19_800, vmRxDropped: 200, vmTx: 19_800, generatorRx: 19_800 }
const NO_ACTIVITY = { seconds: 20, interrupts: [], ticks: new Map(), stolen: new Map(), waited: new Map() }
const PORT: PciPort = {
  port: 'east',
  ids: '15b3:101e',
  isEmulated: false,
  speed: undefined,
  width: undefined,
  maxSpeed: undefined,
  maxWidth: undefined,
  carrierChanges: undefined,
}

const ports = (mac: string) => ({ mac, link: 'up' }) as const
const TESTPMD = {
  plannedMacs: { east: '60:00:00:00:00:01', west: '60:00:00:00:00:02' },
  queues: 4,
  streams: [],
}
const VF_PORT = { mac: '60:00:00:00:00:01', link: 'up', driver: 'net_iavf', rssTypes: ['ipv4-udp'] } as const

/** Packets by queue of the east port. */
export function spread(...packets: readonly number[]): NonNullable<Traffic['queues']> {
  return {
    configured: 4,
    nic: 'net_iavf',
    rss: 'udp-ports',
    received: packets.map((count, queue) => ({ port: 'east', queue, cpu: 4 + queue, packets: count })),
  }
}

/** Percentage of polls that found no packet, by queue of the east port. */
export function spare(...percent: readonly number[]): NonNullable<Traffic['headroom']> {
  return {
    measuredFor: 8000,
    queues: percent.map((emptyPercent, queue) => ({
      port: 'east' as const,
      queue,
      cpu: 4 + queue,
      polls: 3_000_000,
      emptyPercent,
    })),
  }
}

/** The limit is 100 µs. */
function late(id: string, latency: Latency): Findings {
  return findings({ criteria: [criterion(id)], latency, asked: asked({ maxLatencyMicroseconds: 100 }) })
}

function uneven(id: string, options: MatrixOptions): Findings {
  return findings({ criteria: [criterion(id)], matrix: judgedMatrix(options) })
}

const dead = { vmRx: 0, vmTx: 0, generatorRx: 0 }
export const probe = (there: Partial<typeof NO_PACKETS>, back: Partial<typeof NO_PACKETS> = {}) => ({
  probe: {
    eastToWest: counts({ generatorTx: 200, vmRx: 200, vmTx: 200, generatorRx: 200, ...there }),
    westToEast: { ...NO_PACKETS, ...back },
  },
})
const PROBE = 'traffic.probe'
const strayed = counts({ generatorTx: 200, vmRx: 195, vmTx: 195, generatorRx: 195 })
/** 1000 packets in each direction; from west to east with these counts. */
function bothWays(fromWest: Partial<typeof NO_PACKETS>): Pick<Findings, 'traffic'> {
  const whole = { generatorTx: 1000, vmRx: 1000, vmTx: 1000, generatorRx: 1000 }
  const { ledger, ...rest } = traffic(whole)
  const westToEast = counts({ ...whole, ...fromWest })
  return { traffic: { ...rest, directions: 2, ledger: { ...ledger, westToEast } } }
}
/** @param west network of the west ports, if different from that of the east ports */
export const network = (some: object, west?: object) => {
  const usual = {
    name: 'dpdk',
    resource: 'x/y',
    vlan: 0,
    spoofCheck: 'off',
    trust: 'on',
    linkState: undefined,
  }
  const east = { found: { ...usual, ...some } }
  return {
    networks: {
      east,
      west: west === undefined ? east : { found: { ...usual, name: 'dpdk-west', ...west } },
    },
  }
}
export const onNodes = {
  vmis: { 'vm-under-test': vmi({ nodeName: 'b' }), 'traffic-generator': vmi({ nodeName: 'a' }) },
}
const sample = (at: number, sent: number, received: number) => ({
  ...traffic({ generatorTx: sent, vmRx: received, vmTx: received, generatorRx: received }).ledger,
  at,
})

export const PROOFS: Readonly<Record<string, readonly [Findings, RegExp]>> = {
  ...PROOFS_BEFORE_GUESTS,
  ...PROOFS_IN_GUESTS,
  ...PROOFS_OF_REFUSALS,
  'generator-sends-nothing': [
    lossy('traffic.packets-sent', traffic({ ...dead, generatorTx: 0 })),
    /sent 0 packets/,
  ],
  'generator-too-slow': [
    lossy('traffic.rate-reached', traffic({}, { sentFor: 2500 })),
    /sent 20,000 packets in 2.5s instead of 2s: 8,000 packets\/s of the 10,000/,
  ],
  'generator-output-errors': [
    lossy(
      'traffic.no-output-errors',
      traffic({}, { ledger: { ...traffic().ledger, generatorOutputErrors: 7 } }),
    ),
    /7 packets/,
  ],
  'generator-input-errors': [
    lossy(
      'traffic.no-input-errors',
      traffic({}, { ledger: { ...traffic().ledger, generatorInputErrors: 1 } }),
    ),
    /1 packet /,
  ],
  'mbufs-exhausted': [
    lossy('traffic.no-rx-drops', traffic({}, { ledger: { ...traffic(DROPPED).ledger, vmRxNoMbuf: 200 } })),
    /200 times/,
  ],
  'lcore-shared': [
    lossy('traffic.no-rx-drops', traffic(DROPPED, { queues: spread(15_000, 4800) }), {
      guests: {
        'vm-under-test': guest({
          evidence: {
            activity: {
              ...NO_ACTIVITY,
              waited: new Map([
                [1, 9],
                [5, 8.5],
                [4, 0.01],
              ]),
            },
            threads: [
              { tid: 7, name: foreign('systemd'), cpu: 1, seconds: 20, isRunnable: false },
              { tid: 812, name: foreign('stress'), cpu: 5, seconds: 12, isRunnable: true },
            ],
          },
        }),
      },
    }),
    /not have CPU 5 .* 8\.5 of 20 s .*: stress \(thread 812, running, 12\.0 s of CPU time\) ran on CPU 5/,
  ],
  'interrupts-on-isolated-cpus': [
    lossy('traffic.no-rx-drops', traffic(DROPPED), {
      guests: {
        'vm-under-test': guest({
          evidence: {
            activity: { ...NO_ACTIVITY, interrupts: [{ cpu: 4, name: '25 virtio0', count: 90_000 }] },
          },
        }),
      },
    }),
    /90,000 times in 20 s on CPU 4/,
  ],
  'cpu-time-stolen': [
    lossy('traffic.no-rx-drops', traffic(DROPPED), {
      guests: {
        'vm-under-test': guest({ evidence: { activity: { ...NO_ACTIVITY, stolen: new Map([[5, 4]]) } } }),
      },
    }),
    /4.00 s \(5 %\) .*CPUs 5/,
  ],
  'crio-annotations-inert': [
    lossy('traffic.no-rx-drops', traffic(DROPPED), {
      vmis: {
        'vm-under-test': vmi({ pod: { found: { ...POD, annotations: { 'cpu-quota.crio.io': 'disable' } } } }),
      },
    }),
    /1 annotation /,
  ],
  'rx-queues-uneven': [
    lossy('traffic.no-rx-drops', traffic(DROPPED, { queues: spread(15_000, 4800), headroom: spare(0, 80) }), {
      testpmd: { ...TESTPMD, ports: { east: VF_PORT, west: VF_PORT } },
    }),
    /queue 0 of 4 .* 15,000 of 19,800 packets \(75.8 %\), and CPU 4 .* no time to spare/,
  ],
  'pcie-starved': [
    lossy('traffic.no-loss', traffic(DROPPED), {
      asked: asked({ portBandwidthGbps: 25 }),
      guests: {
        'vm-under-test': guest({
          evidence: { pci: [{ ...PORT, speed: foreign('8.0 GT/s PCIe'), width: 2 }] },
        }),
      },
    }),
    /x2, which carries 15.8 Gbit\/s, for a port of 25/,
  ],
  'nic-packet-ceiling': [
    lossy(
      'traffic.no-loss',
      traffic(
        { ...DROPPED, vmRxDropped: 0 },
        { requestedPacketsPerSecond: 20_000_000, achievedPacketsPerSecond: 20_000_000 },
      ),
      {
        guests: { 'vm-under-test': guest({ evidence: { pci: [{ ...PORT, ids: '8086:154c' }] } }) },
      },
    ),
    /40,000,000 packets per second/,
  ],
  'vm-tx-ring-full': [
    lossy('traffic.no-tx-drops', traffic({ vmTx: 19_800, vmTxDropped: 200, generatorRx: 19_800 })),
    /200 of 20,000 packets \(1 %\)/,
  ],
  'pmd-too-slow': [
    lossy('traffic.no-rx-drops', traffic(DROPPED, { headroom: spare(0, 0, 0, 0) })),
    /CPUs 4-7 .* no time to spare: more than 99 % of their polls found packets; 200 of 20,000 packets \(1 %\)/,
  ],
  'cpu-stalls': [
    lossy('traffic.no-rx-drops', traffic(DROPPED, { headroom: spare(62, 91) }), {
      guests: {
        'vm-under-test': guest({
          stalls: {
            tracer: 'osnoise',
            cpus: '4-7',
            watchedFor: 3000,
            thresholdMicroseconds: 5,
            longest: { cpu: 5, microseconds: 212_000, by: 'hardware' },
          },
        }),
      },
    }),
    /212,000 µs on CPU 5 by the host or its hardware, longer than an RX ring lasts at this rate: 2,048 descriptors \/ 10,000 packets\/s = 204,800 µs/,
  ],
  'load-limited': [
    findings({
      criteria: [criterion('capacity.required')],
      limits: [
        {
          criterion: 'capacity.required',
          limiter: {
            kind: 'vm-receive',
            sentence: 'the VM under test did not fetch 5 of 100 packets from its east port in time (imissed)',
            load: 8_000_000,
          },
        },
      ],
    }),
    /^the load is limited: the VM under test did not fetch 5 of 100 packets/,
  ],
  'polling-stalls': [
    lossy('traffic.no-rx-drops', traffic(DROPPED, { headroom: spare(62, 91) })),
    /200 of 20,000 packets \(1 %\) .* 62 % of the polls of CPUs 4-5/,
  ],
  'link-down': [
    findings({
      criteria: [criterion('link.east')],
      links: {
        'vm-under-test': { east: 'down', west: 'up' },
        'traffic-generator': { east: 'up', west: 'up' },
      },
    }),
    /east link is down as seen by the VM under test$/,
  ],
  'ports-crossed': [lossy(PROBE, undefined, probe(dead, { vmRx: 200 })), /200 arrived at the west port/],
  'vf-mac-differs': [
    lossy(PROBE, undefined, {
      ...probe(dead),
      testpmd: {
        ...TESTPMD,
        ports: { east: ports('02:00:00:00:00:09'), west: ports(TESTPMD.plannedMacs.west) },
      },
    }),
    /02:00:00:00:00:09/,
  ],
  'spoof-check': [
    lossy(PROBE, undefined, { ...probe(dead), ...network({ spoofCheck: 'on' }) }),
    /200 packets of the probe left .* and 0 arrived/,
  ],
  'wrong-vlan': [
    lossy(PROBE, undefined, { ...probe(dead), ...network({ vlan: 100 }), ...onNodes }),
    /VLAN 100 .* node b from node a/,
  ],
  'no-path': [
    lossy(PROBE, undefined, probe({ generatorRx: 0 })),
    /200 packets of the probe left the west port/,
  ],
  'directions-mixed': [
    lossy('traffic.direction-balance', undefined, {
      probe: { eastToWest: strayed, westToEast: { ...NO_PACKETS, vmRx: 5, vmTx: 5, generatorRx: 5 } },
      ...bothWays({}),
    }),
    /5 of 200 packets that only the east port sent/,
  ],
  'lost-one-way': [
    lossy('traffic.direction-balance', undefined, bothWays({ vmRx: 900, vmTx: 900, generatorRx: 900 })),
    /from west to east 100 of 1,000 packets \(10 %\) were lost, between the traffic generator and the VM/,
  ],
  'order-broken': [
    late('latency.order', exampleLatency({ reordered: 7, duplicated: 1 })),
    /of 10,000 packets of one flow, 7 arrived after later packets and 1 arrived twice, at 10 % of the NDR/,
  ],
  'late-under-load': [
    late('latency.p99', exampleLatency()),
    /p99 900 µs at 90 % of the NDR, but p99 55 µs at 10 % of the NDR/,
  ],
  'late-at-any-load': [
    late('latency.p99', exampleLatency({ times: 10 })),
    /p99 550 µs even at 10 % of the NDR, at which no queue is full/,
  ],
  'node-weak': [
    uneven('nodes.none-weak', { pairs: 'all', loss: ({ from, to }) => (from === 7 || to === 7 ? 0.2 : 0) }),
    /^node-07 in both roles \(22 of 22 pairs are bad\)$/,
  ],
  'uplink-weak': [
    uneven('nodes.none-weak', {
      pairs: 'all',
      zones: 3,
      loss: ({ from, to }) => (from < 4 !== to < 4 ? 0.2 : 0),
    }),
    /uplink of zone/,
  ],
  'pair-weak': [
    uneven('nodes.all-carry', { pairs: 'all', loss: ({ from, to }) => (from === 1 && to === 2 ? 1 : 0) }),
    /^node-01 to node-02$/,
  ],
  'nodes-all-overloaded': [
    uneven('nodes.all-carry', { pairs: 'all', loss: () => 0.2 }),
    /the rate is too high for all nodes/,
  ],
  'not-forwarded': [lossy(PROBE, undefined, probe({ vmTx: 0, generatorRx: 0 })), /received 200/],
  'link-flapping': [
    lossy(
      'traffic.no-loss',
      traffic(
        { ...DROPPED, vmRxDropped: 0 },
        { samples: [sample(1000, 10_000, 10_000), sample(2000, 20_000, 10_000)] },
      ),
    ),
    /for 1s of the run nothing arrived .* although 10,000 packets were sent/,
  ],
  'frames-cut': [
    lossy(
      'traffic.frame-size',
      traffic({}, { frameBytes: 1514, vmBytes: { eastRx: 1_200_000, westTx: 1_200_000 } }),
    ),
    /frames of 1514 bytes .* receives 60\.0 bytes/,
  ],
  'foreign-frames': [
    lossy('traffic.no-loss', traffic({ vmRx: 20_500, vmTx: 20_500, generatorRx: 20_500 })),
    /500 more packets/,
  ],
  'lost-before-vm': [
    lossy('traffic.no-loss', traffic({ ...DROPPED, vmRxDropped: 0 })),
    /200 of 20,000 packets \(1 %\)/,
  ],
  'lost-behind-vm': [lossy('traffic.no-return-loss', traffic({ generatorRx: 19_800 })), /200 of 20,000/],
}
