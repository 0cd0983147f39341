/** The checkup's parameters, as users write them into the ConfigMap. */
import {
  FRAME_WITH_FCS_BYTES,
  framesText,
  IMIX,
  LONGEST_JUMBO_BYTES,
  LONGEST_WITH_FCS_BYTES,
} from '../model/frame.ts'
import type { TestedLedger } from '../model/ledger.ts'
import type { PerPort } from '../model/ports.ts'
import type { TrafficRequest } from '../model/shortfall.ts'
import type { PerRole } from '../model/role.ts'
import type { Scheduling } from '../model/scheduling.ts'
import { RESERVED_CORES, MOST_QUEUES } from '../model/cpu-plan.ts'
import { DEFAULT_HUGEPAGE_SIZE, HUGEPAGE_SIZES } from '../model/hugepage-size.ts'
import {
  DEFAULT_MEMORY_GI,
  DEFAULT_VCPUS,
  FEWEST_VCPUS,
  LEAST_MEMORY_GI,
  MOST_MEMORY_GI,
  MOST_VCPUS,
  planShape,
  type VmiShape,
} from '../model/vmi-shape.ts'
import { PROFILES } from '../capacity/effort.ts'
import { grouped } from '../common/text.ts'
import { ENGINES } from '../dataplane/engines/engines.ts'
import { CERTIFICATION_PARAMETERS, type CertificationRequest } from './certification-parameters.ts'
import { freeLabels, labels, tolerations } from './label-text.ts'
import { NODE_PARAMETERS } from './node-parameters.ts'
import {
  duration,
  flag,
  imageReference,
  microsecondsUpTo,
  objectName,
  oneOf,
  parseFrames,
  parseRate,
  parseRatio,
  RATE_EXPECTED,
} from './parameter-values.ts'
import type { Parameter, Values } from './parameter.ts'

export { PARAMETER_PREFIX } from './parameter.ts'

export const TIMEOUT_KEY = 'spec.timeout'

/** Time limit of the whole run. The only key without the prefix. */
export const TIMEOUT = {
  ...duration,
  isMandatory: true,
  expected: 'a duration above zero, at most 576h, such as 10m or 1h5m30s',
  doc: 'how long the whole run may take, e.g. `10m` or `1h5m30s`',
} satisfies Parameter<number>

/** An arbitrary limit: more searches only take longer. */
const MOST_REPEATS = 20
/** Ten seconds: the range of TRex's histograms. */
const MOST_MICROSECONDS = 10_000_000
/** Longer stalls end in messages of the kernel. */
const MOST_STALL_MICROSECONDS = 1_000_000

/** Each flow has its own UDP ports. */
const MOST_FLOWS = 60_000

/** Container disks that are used by default. */
export const DEFAULT_IMAGES = {
  'traffic-generator': 'quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main',
  'vm-under-test': 'quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main',
} as const satisfies PerRole<string>

/** In the order of docs/parameters.md. */
export const PARAMETERS = {
  networkAttachmentDefinitionName: {
    ...objectName,
    isMandatory: true,
    doc: 'the NetworkAttachmentDefinition of the SR-IOV ports, in the same namespace',
  },
  westNetworkAttachmentDefinitionName: {
    ...objectName,
    doc: 'the NetworkAttachmentDefinition of the west ports, if the east and west ports have different networks',
  },
  trafficGenContainerDiskImage: {
    ...imageReference,
    default: DEFAULT_IMAGES['traffic-generator'],
    doc: 'container disk of the traffic generator',
  },
  trafficGenTargetNodeName: {
    ...objectName,
    doc: 'node on which the traffic generator runs: the node’s name, or the value of its label `kubernetes.io/hostname`. Set both target nodes or neither',
  },
  trafficGenPacketsPerSecond: {
    default: '8m',
    expected: RATE_EXPECTED,
    parse: parseRate,
    doc: 'how many packets the traffic generator sends per second: `<amount>[k|m]`',
  },
  trafficGenEngine: oneOf(ENGINES),
  vmUnderTestContainerDiskImage: {
    ...imageReference,
    default: DEFAULT_IMAGES['vm-under-test'],
    doc: 'container disk of the VM under test',
  },
  vmUnderTestTargetNodeName: {
    ...objectName,
    doc: 'node on which the VM under test runs: the node’s name, or the value of its label `kubernetes.io/hostname`. Set both target nodes or neither',
  },
  nodeSelector: {
    ...labels,
    doc: 'labels that the nodes of both VMIs must have, in addition to the labels that KubeVirt requires',
  },
  tolerations: {
    ...tolerations,
    doc: 'taints that both VMIs tolerate, in the notation of `kubectl taint`; a key alone tolerates all values and effects of this key',
  },
  priorityClassName: { ...objectName, doc: 'PriorityClass of both VMIs; the PriorityClass must exist' },
  vmiLabels: { ...freeLabels, doc: 'more labels for both VMIs, e.g. for policies or for accounting' },
  vmiCpus: {
    default: String(DEFAULT_VCPUS),
    expected: `an even number of CPUs from ${FEWEST_VCPUS} to ${MOST_VCPUS}: a core of the guest has two threads, and two cores poll no queue`,
    parse: (text: string) => {
      const count = /^\d{1,3}$/.test(text) ? Number(text) : NaN
      return count >= FEWEST_VCPUS && count <= MOST_VCPUS && count % 2 === 0 ? count : undefined
    },
    doc: `CPUs of each VMI; its pod takes one more CPU for the emulator thread. The first two cores of the guest do the housekeeping and run testpmd’s command line; each other CPU polls a queue`,
  },
  vmiQueues: {
    expected: `a whole number of queues from 1 to ${MOST_QUEUES}, at most vmiCpus − ${RESERVED_CORES * 2}`,
    parse: (text: string) => {
      const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
      return count >= 1 && count <= MOST_QUEUES ? count : undefined
    },
    doc: `RX and TX queues of each port; each queue has its own polling CPU. By default as many queues as \`vmiCpus\` can poll, up to ${MOST_QUEUES}. If a NIC has fewer queues, testpmd uses the queues of the NIC, and a warning says so`,
  },
  vmiMemory: {
    default: `${DEFAULT_MEMORY_GI}Gi`,
    expected: `a whole number of GiB from ${LEAST_MEMORY_GI}Gi to ${MOST_MEMORY_GI}Gi`,
    parse: (text: string) => {
      const [, digits] = /^([1-9]\d{0,3})Gi$/.exec(text) ?? []
      const gibibytes = Number(digits)
      return gibibytes >= LEAST_MEMORY_GI && gibibytes <= MOST_MEMORY_GI ? gibibytes : undefined
    },
    doc: "memory of each VMI, taken from the node's hugepages. It includes the hugepages inside the guest",
  },
  hugepageSize: {
    default: DEFAULT_HUGEPAGE_SIZE.name,
    expected: HUGEPAGE_SIZES.map((size) => size.name).join(' or '),
    parse: (text: string) => HUGEPAGE_SIZES.find((size) => size.name === text),
    doc: "size of the nodes' hugepages from which the VMIs get their memory. The hugepages inside the guests are always 1 GiB: their images reserve them",
  },
  testDuration: { ...duration, default: '5m', doc: 'how long the traffic generator sends' },
  portBandwidthGbps: {
    default: '10',
    expected: 'a whole number of gigabits per second above zero, e.g. 10',
    parse: (text: string) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined),
    doc: 'bandwidth of a port in Gbit/s; the requested rate must not exceed it',
  },
  frameSize: {
    default: String(FRAME_WITH_FCS_BYTES),
    expected: `a whole number of bytes from ${FRAME_WITH_FCS_BYTES} to ${grouped(LONGEST_JUMBO_BYTES)}, with the FCS, or imix`,
    parse: parseFrames,
    doc: `size of a frame in bytes, with its FCS. For frames above ${grouped(LONGEST_WITH_FCS_BYTES)} bytes the MTU of PFs, VFs and switch must be large enough (9,018 bytes: an MTU of 9000). \`imix\`: ${framesText(IMIX)}`,
  },
  flows: {
    default: '1024',
    expected: `a whole number from 1 to ${grouped(MOST_FLOWS)}`,
    parse: (text: string) =>
      /^[1-9]\d{0,4}$/.test(text) && Number(text) <= MOST_FLOWS ? Number(text) : undefined,
    doc: 'number of UDP flows of the packets. RSS spreads flows over the RX queues, not single packets: with few flows some queues may stay empty',
  },
  directions: {
    default: '1',
    expected: '1 or 2',
    parse: (text: string): 1 | 2 | undefined => (text === '1' ? 1 : text === '2' ? 2 : undefined),
    doc: '`2`: packets also go from west to east, at the same time and the same rate. The checkup judges each direction by itself, see [both directions](capacity.md#both-directions)',
  },
  capacity: {
    default: 'off',
    expected: `off, ${PROFILES.map(({ name }) => name)
      .join(', ')
      .replace(/, (?=\w+$)/, ' or ')}`,
    parse: (text: string) =>
      ['off' as const, ...PROFILES.map(({ name }) => name)].find((name) => name === text),
    doc: `search for the highest load that the path carries, see [capacity](capacity.md): ${PROFILES.map(({ name, doc }) => `\`${name}\` (${doc})`).join(', ')}`,
  },
  repeat: {
    default: '1',
    expected: `a whole number from 1 to ${MOST_REPEATS}`,
    parse: (text: string) =>
      /^[1-9]\d?$/.test(text) && Number(text) <= MOST_REPEATS ? Number(text) : undefined,
    doc: 'how many times the search of `capacity` runs, one search after the other',
  },
  minPacketsPerSecond: {
    expected: RATE_EXPECTED,
    parse: parseRate,
    doc: 'a load that the path must carry: `<amount>[k|m]` packets per second. Without this parameter, no cluster fails because of its capacity',
  },
  maxLossRatio: {
    expected: 'a number from 0 to below 1, or percent such as 0.1%',
    parse: parseRatio,
    doc: 'the share of packets that may be lost at `minPacketsPerSecond`, e.g. `0.001` or `0.1%`; by default no packet',
  },
  latency: {
    ...flag,
    default: 'false',
    doc: '`true`: measure how late packets come back, at 10, 50 and 90 % of the NDR that `capacity` found. Without `capacity`, at these shares of the requested rate. See [latency](latency.md)',
  },
  maxLatencyMicroseconds: {
    ...microsecondsUpTo(MOST_MICROSECONDS),
    doc: 'with `latency: true`: the microseconds within which 99 % of the packets must come back. Without this parameter, no cluster fails because of latencies',
  },
  maxStallMicroseconds: {
    ...microsecondsUpTo(MOST_STALL_MICROSECONDS),
    doc: 'how long a polling CPU may stall. A tracer of the guests’ kernels measures stalls before any packet is sent, see [stalls](capacity.md#stalls). Without this parameter, stalls are reported but fail nothing',
  },
  soak: {
    ...duration,
    doc: 'a long test at the end of the run: how long packets are sent, e.g. `10m`, without losing one. The rate is 90 % of the NDR that `capacity` found; without `capacity`, the requested rate',
  },
  ...CERTIFICATION_PARAMETERS,
  acceptWaivers: {
    ...flag,
    default: 'false',
    doc: '`true`: a pass with waivers is a success (exit code 0, `status.succeeded` is `true`)',
  },
  ...NODE_PARAMETERS,
  sameNode: {
    ...flag,
    doc: '`true`: also measure from each of `nodes` to itself. If packets are lost within one node too, cables and switches are not at fault',
  },
  verbose: { ...flag, default: 'false', doc: '`true`: log more details' },
  keepOnFailure: {
    ...flag,
    default: 'false',
    doc: '`true`: keep the VMIs of a run that does not pass, see [debugging](debugging.md)',
  },
} satisfies Readonly<Record<string, Parameter<unknown>>>

export const TARGET_NODES = ['trafficGenTargetNodeName', 'vmUnderTestTargetNodeName'] as const

export interface Parameters
  extends
    Omit<Values<typeof PARAMETERS>, (typeof TARGET_NODES)[number] | keyof CertificationRequest>,
    CertificationRequest {
  /** Milliseconds. */
  readonly timeout: number
  /** Both target nodes or neither. */
  readonly targetNodes: PerRole<string> | undefined
  /** Every parameter as used, by its name without prefix, for the report. */
  readonly asUsed: Readonly<Record<string, string>>
  /** Sentences about unknown keys. */
  readonly warnings: readonly string[]
}

/** By port; the same for both unless the west port has its own. */
export function networksOf(parameters: Parameters): PerPort<string> {
  const east = parameters.networkAttachmentDefinitionName
  return { east, west: parameters.westNetworkAttachmentDefinitionName ?? east }
}

export function schedulingOf({ tolerations, nodeSelector, priorityClassName }: Parameters): Scheduling {
  return { tolerations: tolerations ?? [], nodeSelector: nodeSelector ?? {}, priorityClassName }
}

export function shapeOf({ vmiCpus, vmiQueues, vmiMemory, hugepageSize }: Parameters): VmiShape {
  return planShape({ vcpus: vmiCpus, queues: vmiQueues, memoryGi: vmiMemory, hugepageSize })
}

/** The ports that send; as traffic requests have it. */
export function sendingPorts({ directions }: Pick<Parameters, 'directions'>): Pick<TrafficRequest, 'from'> {
  return directions === 2 ? { from: ['east', 'west'] } : {}
}

/** The number of directions as reports have it. */
export function reportedDirections({
  directions,
}: Pick<Parameters, 'directions'>): Pick<TestedLedger, 'directions'> {
  return directions === 2 ? { directions } : {}
}
