/** Parses the arguments of `npm start --` and `npm run lab --`. */
import { InvalidInputError } from '../support/common/errors.ts'
import { parseQuantity } from '../support/common/quantity.ts'
import { readOptions, type RuntimeName, unusableOptions } from './options.ts'
import { type Fault, parametersOf } from './faults/fault.ts'
import { faultNamed } from './faults/faults.ts'
import { combined, WAYS } from './faults/ways.ts'
import type { NicName } from './guests/scripted/nic-models.ts'
import { DEFAULT_NODE_NAMES } from './nodes/node-objects.ts'
import { planShape } from '../support/model/vmi-shape.ts'

/** The guest images, with the runtimes that can boot each. */
const GUEST_IMAGES = {
  minimal: ['qemu', 'scripted'],
  full: ['qemu'],
  centos: ['scripted'],
} as const
export type GuestImage = keyof typeof GUEST_IMAGES

/** NIC models, with the runtimes that support each. */
const NICS = {
  vmxnet3: ['qemu', 'scripted'],
  virtio: ['qemu'],
  mlx5: ['scripted'],
  bnxt: ['scripted'],
  ena: ['scripted'],
} as const satisfies Readonly<Record<NicName | 'virtio', readonly RuntimeName[]>>
export type LabNic = keyof typeof NICS

/** The profile of the simulated guests for an image. */
export function profileOf(image: GuestImage): 'lab' | 'centos' {
  return image === 'centos' ? 'centos' : 'lab'
}

function isGuestImage(name: string): name is GuestImage {
  return Object.hasOwn(GUEST_IMAGES, name)
}

function isNic(name: string): name is LabNic {
  return Object.hasOwn(NICS, name)
}

export interface LabArguments {
  readonly command: 'start' | 'lab'
  readonly help: boolean
  readonly nic: LabNic
  readonly runtime: 'qemu' | 'scripted'
  readonly guestImage: GuestImage
  /** Whether the guests have a virtual IOMMU. */
  readonly iommu: boolean
  /** What goes wrong around a checkup of simulated guests; undefined for nothing. */
  readonly fault: Fault | undefined
  /** How many nodes the lab has, between which pairs are measured; undefined for two without zones, and one pair. */
  readonly labNodes: number | undefined
  /** GiB of each VMI. */
  readonly memoryGi: number
  /** The user asked only for the list of faults. */
  readonly listsFaults: boolean
  /** Data of the checkup's ConfigMap, by full key; has a rate only if the user gave one. */
  readonly configMapData: ConfigMapData
}

export type ConfigMapData = Readonly<Record<string, string>>

const RATE = 'spec.param.trafficGenPacketsPerSecond'
const MOST_LAB_NODES = 200

export const HELP = `
Usage:
  npm start -- [options] [parameter=value …]   run the checkup in the lab, once
  npm run lab -- [options]                     keep the lab up until Ctrl-C

Set the parameters of the checkup's ConfigMap by their names (docs/parameters.md lists them), and
timeout, for example:
  npm start -- testDuration=20s trafficGenPacketsPerSecond=5k timeout=15m
Without trafficGenPacketsPerSecond the lab chooses a rate that this machine can reach, and prints it.

Options:
  --suite readiness|rootless
                         suite to run: a pair of VMs (default), or the rootless testpmd pods, see below
  --nic vmxnet3|virtio|mlx5|bnxt|ena
                         NIC model of the lab's VM under test (default vmxnet3; virtio has one queue
                         and loses packets at 20k per second and more, --runtime qemu only); mlx5, bnxt
                         and ena are simulated, in both guests (--runtime scripted only)
  --runtime qemu|scripted
                         how the guests run: with QEMU (default), or simulated (takes seconds, forwards no
                         real packets; the report says so)
  --guest-image minimal|full|centos
                         image of the guests: minimal (default); full, with cloud-init and tuned as on a
                         cluster (takes minutes more without KVM; --runtime qemu only); centos simulates the
                         checkup's default images (--runtime scripted only)
  --iommu on|off         whether the guests have a virtual IOMMU (default on; KubeVirt's VMs have none, and
                         without an IOMMU only the full image binds NICs to vfio-pci)
  --fault <id>|list      a fault of a checkup with simulated guests (--runtime scripted), to see the report of a
                         failure: loss, link-down, vfio-refused and many more; list prints all with their
                         verdicts; weak-nic, bad-cable, slow-uplink and slow-fabric are faults between many
                         nodes, and can be combined, with commas between them
  --lab-nodes <number>   number of nodes, in zones (default 2, without zones), for nodes=all pairs=all; real
                         guests take 4 GiB of memory on each node; with two CPUs for each node a node sends
                         and receives at the same time, and takes 8 GiB
  -h, --help             this text

The rootless testpmd pods, in a node of the lab that is a real guest:
  npm start -- --suite rootless [options] [NAME=value …]   judge them, once for each variant
  npm run lab -- --suite rootless [options]                a lab for kubectl and npm run deploy:testpmd-tap

Set the parameters of fixtures/rootless/parameters/parameters.env, for example:
  npm start -- --suite rootless --variant default TAP_QUEUES=2

Options of the rootless suite:
  --variant default|root|privileged|all
                         privileges of the pods (default all, one variant after the other)
  --without vhost-net|machineconfig|inheritable-capabilities|vf-mac
                         leaves out a setting of the platform, to see how the report names it: needVhostNet of
                         the SriovNetworkNodePolicy, the MachineConfigs, only their inheritable capabilities,
                         or the VFs' MAC addresses; several with commas between them

Exit code of npm start: 0 passed, 1 the cluster failed a criterion, 2 the suite could not judge it.
`.trimStart()

/** The lab's own defaults. The default rate depends on the machine (default-rate.ts). */
const LAB_DEFAULTS = {
  timeout: '15m',
  trafficGenEngine: 'pktgen',
}
/** Emulated guests take minutes to boot, and nodes that send and receive in turns boot one after the other. */
const MATRIX_TIMEOUTS = { qemu: '1h', scripted: LAB_DEFAULTS.timeout } as const
/** The default engine of the checkup's own images. */
const CENTOS_ENGINE = 'trex'
/** Engines that the lab's images contain only if the user names an archive. */
const ARCHIVES: Readonly<Record<string, { readonly variable: string; readonly sentence: string }>> = {
  trex: {
    variable: 'TREX_ARCHIVE',
    sentence:
      'trafficGenEngine=trex needs TRex in the guest: set TREX_ARCHIVE to the path of a release, a tar.gz from https://trex-tgn.cisco.com/trex/release/',
  },
}
/** Simulated guests need no time to settle, so a shorter run shows as much. */
const TEST_DURATIONS = { qemu: '10s', scripted: '5s' } as const

/** Adds a rate to data that has none. */
export function withRate(data: ConfigMapData, rate: string): ConfigMapData {
  return data[RATE] === undefined ? { ...data, [RATE]: rate } : data
}

/** @throws InvalidInputError naming every invalid argument */
export function parseLabArguments(
  args: readonly string[],
  network: string,
  environment: NodeJS.ProcessEnv = process.env,
): LabArguments {
  const { command, values, positionals } = readOptions(args)
  const violations: string[] = []

  if (values.suite !== undefined && values.suite !== 'readiness')
    violations.push(`--suite takes readiness or rootless, not ${values.suite}`)
  const nicName = values.nic ?? 'vmxnet3'
  const nic = isNic(nicName) ? nicName : 'vmxnet3'
  if (!isNic(nicName)) violations.push(`--nic takes ${Object.keys(NICS).join(', ')}, not ${nicName}`)
  const runtime = values.runtime ?? 'qemu'
  if (runtime !== 'qemu' && runtime !== 'scripted')
    violations.push(`--runtime takes qemu or scripted, not ${runtime}`)
  const imageName = values['guest-image'] ?? 'minimal'
  const guestImage = isGuestImage(imageName) ? imageName : 'minimal'
  if (!isGuestImage(imageName))
    violations.push(`--guest-image takes minimal, full or centos, not ${imageName}`)
  const iommu = values.iommu ?? 'on'
  if (iommu !== 'on' && iommu !== 'off') violations.push(`--iommu takes on or off, not ${iommu}`)
  const faultIds = (values.fault ?? []).flatMap((ids) => ids.split(',')).map((id) => id.trim())
  const listsFaults = faultIds.includes('list')
  const faults = listsFaults ? [] : faultIds.flatMap((id) => faultNamed(id) ?? [])
  const named = combined(faults)
  const fault = named && { profile: profileOf(guestImage), ...(canBeSimulated(nic) ? { nic } : {}), ...named }
  if (!listsFaults)
    for (const id of faultIds.filter((each) => faultNamed(each) === undefined))
      violations.push(`--fault takes list, or an id of that list, not ${id}`)
  if (faults.length > 0 && fault === undefined)
    violations.push(
      `--fault ${faults.map(({ id }) => id).join(' and ')} cannot be combined: only ${WAYS.map(({ id }) => id).join(', ')} can`,
    )
  const labNodes = numberOfNodes(values['lab-nodes'], positionals, runtime)
  if (labNodes !== undefined && !(Number.isInteger(labNodes) && labNodes >= 2 && labNodes <= MOST_LAB_NODES))
    violations.push(
      `--lab-nodes takes a whole number from 2 to ${MOST_LAB_NODES}, not ${values['lab-nodes'] ?? ''}`,
    )
  if (command === 'lab' && fault !== undefined && needsSuite(fault))
    violations.push(`--fault ${fault.id} works with npm start only: the fault happens while the suite runs`)
  const asked = {
    command,
    suite: 'readiness',
    runtime: runtime === 'scripted' ? 'scripted' : 'qemu',
  } as const
  // Listing the faults needs no guests, so it fits every runtime.
  violations.push(...unusableOptions(listsFaults ? { ...values, fault: undefined } : values, asked))
  const runtimes: readonly RuntimeName[] = GUEST_IMAGES[guestImage]
  if (!runtimes.includes(asked.runtime))
    violations.push(`--guest-image ${guestImage} works with --runtime ${runtimes.join(' or ')} only`)
  const nicRuntimes: readonly RuntimeName[] = NICS[nic]
  if (!nicRuntimes.includes(asked.runtime))
    violations.push(`--nic ${nic} works with --runtime ${nicRuntimes.join(' or ')} only`)
  if (fault?.nic !== undefined && fault.nic !== nic && values.nic !== undefined)
    violations.push(`--fault ${fault.id} has its own NICs (${fault.nic}), so --nic ${nic} is not possible`)
  const parameters: Record<string, string> =
    fault === undefined
      ? {
          ...LAB_DEFAULTS,
          ...(labNodes === undefined ? {} : { timeout: MATRIX_TIMEOUTS[asked.runtime] }),
          ...(guestImage === 'centos' ? { trafficGenEngine: CENTOS_ENGINE } : {}),
          testDuration: TEST_DURATIONS[asked.runtime],
          networkAttachmentDefinitionName: network,
        }
      : byName(parametersOf(fault, network))
  for (const argument of positionals) {
    const [, name, value] =
      /^(?:spec\.param\.)?(\w+)=(.*)$/s.exec(argument.replace(/^spec\.timeout=/, 'timeout=')) ?? []
    if (name === undefined || value === undefined)
      violations.push(`${argument} is not a parameter=value pair; see --help`)
    else if (command === 'lab')
      violations.push(`lab takes no parameters (${argument}); edit the ConfigMap that it prints`)
    else parameters[name] = value
  }
  const archive = ARCHIVES[parameters['trafficGenEngine'] ?? '']
  if (archive !== undefined && runtime === 'qemu' && !environment[archive.variable])
    violations.push(archive.sentence)
  violations.push(...unfitQueues(parameters, nic))
  if (violations.length > 0) throw new InvalidInputError(violations)

  const { timeout, ...params } = parameters
  const prefixed = Object.entries(params).map(([name, value]) => [`spec.param.${name}`, value] as const)
  return {
    command,
    help: values.help === true,
    nic,
    runtime: asked.runtime,
    guestImage,
    iommu: iommu === 'on',
    fault: fault && { ...fault, ...(labNodes === undefined ? {} : { labNodes }) },
    labNodes,
    memoryGi: memoryOf(parameters['vmiMemory']),
    listsFaults,
    configMapData: { 'spec.timeout': timeout ?? '', ...Object.fromEntries(prefixed) },
  }
}

/** Real guests need to know if more than two of them share a network, so parameters that ask for it count as well. */
function numberOfNodes(
  given: string | undefined,
  args: readonly string[],
  runtime: string,
): number | undefined {
  if (given !== undefined) return Number(given)
  const asks = runtime === 'qemu' && args.some((argument) => /^(?:spec\.param\.)?nodes=/.test(argument))
  return asks ? DEFAULT_NODE_NAMES.length : undefined
}

/** DPDK's vmxnet3 accepts 1, 2, 4 or 8 RX queues (vmxnet3_dev_configure). If more are requested, testpmd uses 8. */
function unfitQueues({ vmiCpus, vmiQueues }: Readonly<Record<string, string>>, nic: string): string[] {
  const queues = queuesOf(vmiCpus, vmiQueues)
  if (nic !== 'vmxnet3' || queues === undefined || queues > 8 || Number.isInteger(Math.log2(queues)))
    return []
  return [`the lab's NICs (vmxnet3) have 1, 2, 4 or 8 queues, not ${queues}: set vmiQueues to one of these`]
}

/** GiB. The default's for an invalid shape: the checkup itself reports why. */
function memoryOf(asked: string | undefined): number {
  const bytes = asked === undefined ? undefined : parseQuantity(asked)
  try {
    return planShape(bytes === undefined ? {} : { memoryGi: bytes / 2 ** 30 }).memoryGi
  } catch (error) {
    if (error instanceof RangeError) return planShape().memoryGi
    throw error
  }
}

/** Undefined for an invalid shape: the checkup itself reports why. */
function queuesOf(vcpus: string | undefined, queues: string | undefined): number | undefined {
  const number = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text))
  try {
    return planShape({ vcpus: number(vcpus), queues: number(queues) }).cpus.queues
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Whether simulated guests can have this NIC. */
export function canBeSimulated(nic: LabNic): nic is NicName {
  const runtimes: readonly RuntimeName[] = NICS[nic]
  return runtimes.includes('scripted')
}

function needsSuite({ api, during, reports }: Fault): boolean {
  return api !== undefined || during !== undefined || reports !== undefined
}

/** Parameters by the names that users type. */
function byName(data: ConfigMapData): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key.replace(/^spec\.(?:param\.)?/, ''), value]),
  )
}
