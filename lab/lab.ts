/** The embedded lab: an API server, KubeVirt, two nodes, a network, and guests. */
import { writeFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../support/common/logger.ts'
import { VMI_NEEDS } from '../support/model/vmi-needs.ts'
import { PERMISSIONS_MANIFEST, PREFLIGHT_MANIFEST, preflightBinding, readManifest } from './apply.ts'
import { assembleLab } from './assemble-lab.ts'
import { type DefaultRate, defaultRate } from './default-rate.ts'
import { defaultImages, type GuestDisks } from './guest-images.ts'
import { nicModelOf } from './guest-nics.ts'
import type { GuestRuntime } from './guests/guest-runtime.ts'
import { readHostCpu } from './guests/host-cpu.ts'
import { ensureGuestImages } from './guests/images.ts'
import { createQemuRuntime } from './guests/qemu/qemu-runtime.ts'
import type { Fault } from './faults/fault.ts'
import { createScriptedRuntime, SCRIPTED_DISKS } from './guests/scripted/scripted-runtime.ts'
import { Workspace } from './guests/workspace.ts'
import { canBeSimulated, type GuestImage, type LabNic, profileOf } from './lab-arguments.ts'
import { nodeRoom } from './node-room.ts'
import { fastSleep, sleep } from './nodes/lab-clock.ts'
import { labNetwork } from './nodes/network-attachments.ts'
import { LAB_CONTAINER_RUNTIME, labNodes, nodesOf } from './nodes/node-objects.ts'
import { checkupImage, LAB_CHECKUP_IMAGE } from './workloads/local-image.ts'

export const LAB_NAMESPACE = 'dpdk-checkup'
export const LAB_NETWORK = 'dpdk-network'
export const LAB_CONFIG_MAP = 'dpdk-checkup-config'
const SERVICE_ACCOUNT = 'dpdk-checkup-sa'

export interface LabOptions {
  /** NIC model of the VM under test; if guests are simulated, of both guests. */
  readonly nic: LabNic
  readonly runtime: 'qemu' | 'scripted'
  /** The image that guests boot from. */
  readonly guestImage: GuestImage
  /** Whether QEMU's guests have a virtual IOMMU. */
  readonly iommu: boolean
  /** What goes wrong with simulated guests, their nodes and their network. */
  readonly fault?:
    | Pick<
        Fault,
        'scripted' | 'nic' | 'profile' | 'bootTime' | 'vfs' | 'scarce' | 'network' | 'containerRuntime'
      >
    | undefined
  /** How many nodes it has, in zones, between which any number of guests send. Undefined: two, for one pair. */
  readonly labNodes?: number | undefined
  /** GiB of each VMI that the checkup will create. */
  readonly memoryGi: number
  /**
   * Whether the lab creates the checkup's service account and its permissions, including the optional ones. If not,
   * the user creates them as the first step.
   */
  readonly permissions: boolean
  readonly log: Logger
  readonly signal: AbortSignal
}

export interface Lab extends AsyncDisposable {
  readonly url: string
  /** How guests run, e.g. `qemu (tcg)`. */
  readonly runtime: string
  /** The packet rate that its guests can forward on this machine. */
  readonly rate: DefaultRate
  /** Path of an administrator's kubeconfig. */
  readonly adminKubeconfig: string
  /** A folder that is removed with the lab. */
  readonly folder: string
  /** Path of a kubeconfig of the checkup's service account, which must exist. */
  checkupKubeconfig(): Promise<string>
}

export async function startLab(options: LabOptions): Promise<Lab> {
  const { runtime: kind, fault = {}, log } = options
  const nic = fault.nic ?? (canBeSimulated(options.nic) ? options.nic : undefined)
  await using stack = new AsyncDisposableStack()
  const { path: folder } = stack.use(await Workspace.create())
  const room = roomOfNodes(options)
  const { runtime, disks } = await (kind === 'qemu'
    ? startQemu(options)
    : {
        runtime: createScriptedRuntime({
          profile: profileOf(options.guestImage),
          ...(nic === undefined ? {} : { nic }),
          ...fault,
          log,
          faults: fault.scripted ?? {},
          ...nodesOf(options.labNodes),
        }),
        disks: SCRIPTED_DISKS,
      })
  stack.use(runtime)
  const rate = defaultRate(runtime.execution, availableParallelism())
  const isSimulated = runtime.execution === 'simulated'
  const lab = stack.use(
    await assembleLab({
      namespace: LAB_NAMESPACE,
      kubeVirt: {
        runtime,
        resolveImage: defaultImages(disks),
        log,
        // Simulated guests boot at once, so a run would wait only for KubeVirt's probes.
        sleep: isSimulated ? fastSleep : sleep,
        cpuShare: { fittingPacketsPerSecond: rate.packetsPerSecond, readHostCpu },
      },
      workloads: {
        folder,
        log,
        findImage: (image) => (image === LAB_CHECKUP_IMAGE ? checkupImage() : undefined),
      },
      sriovOperator: nic ?? true,
      nodes: labNodes({
        containerRuntime: LAB_CONTAINER_RUNTIME,
        ...fault,
        ...nodesOf(options.labNodes),
        ...room,
      }),
      objects: [
        labNetwork({ namespace: LAB_NAMESPACE, name: LAB_NETWORK, config: fault.network ?? {} }),
        ...(options.permissions ? await permissions() : []),
      ],
      tls: true,
      realGuests: !isSimulated,
    }),
  )
  const kubeconfig = async (name: string, user: string) => {
    const path = join(folder, `${name}.kubeconfig`)
    await writeFile(path, lab.kubeconfig(user), { mode: 0o600 })
    return path
  }
  const adminKubeconfig = await kubeconfig('admin', 'admin')

  const owned = stack.move()
  return {
    url: lab.server.url,
    runtime: runtime.description,
    rate,
    adminKubeconfig,
    folder,
    checkupKubeconfig: () =>
      kubeconfig('checkup', `system:serviceaccount:${LAB_NAMESPACE}:${SERVICE_ACCOUNT}`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The VFs of each node, where they are what its room depends on. @throws InvalidInputError if it has none */
function roomOfNodes({ runtime, labNodes, memoryGi, log }: LabOptions): { readonly vfs?: number } {
  if (labNodes === undefined || runtime === 'scripted') return {}
  const machine = { cpus: availableParallelism(), memory: totalmem() }
  const { vmis, why } = nodeRoom(labNodes, memoryGi, machine)
  if (vmis === 2) return {}
  log.info(`each node gets VFs for one VMI, so that it sends and receives in turns: ${why}`)
  return { vfs: VMI_NEEDS.vfs }
}

/** The objects that an administrator creates according to the README, including the optional preflight role. */
async function permissions(): Promise<object[]> {
  return [
    ...(await readManifest(PERMISSIONS_MANIFEST)),
    ...(await readManifest(PREFLIGHT_MANIFEST)),
    preflightBinding(LAB_NAMESPACE, SERVICE_ACCOUNT),
  ]
}

/** Real guests. Builds their images if the cache has none. */
async function startQemu({
  nic,
  guestImage,
  iommu,
  labNodes,
  log,
  signal,
}: LabOptions): Promise<{ runtime: GuestRuntime; disks: GuestDisks }> {
  const { vmUnderTest, trafficGen, kernel } = await ensureGuestImages({
    variant: guestImage === 'full' ? 'full' : 'minimal',
    log: (line) => {
      log.info(line)
    },
    signal,
  })
  const runtime = await createQemuRuntime({
    kernel,
    nic: (guest) => nicModelOf(guest, trafficGen, nic === 'virtio' ? 'virtio' : 'vmxnet3'),
    iommu,
    switched: labNodes !== undefined,
    log,
    signal,
  })
  return { runtime, disks: { vmUnderTest, trafficGenerator: trafficGen } }
}
