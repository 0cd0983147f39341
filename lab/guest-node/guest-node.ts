/**
 * A lab node that is a real guest: crun runs its containers inside it, with the guest's CPUs, hugepages, devices and
 * VFs. Kubelet, CPU manager, device plugin and CNI plugins run outside and work through the guest agent.
 */
import type { Logger } from '../../support/common/logger.ts'
import type { GuestRuntime, RunningGuest } from '../guests/guest-runtime.ts'
import type {
  ContainerPlan,
  ContainerRuntime,
  PodNetwork,
  RunningContainer,
} from '../workloads/container-runtime.ts'
import { attachmentsOf, type Vf } from './pod-attachments.ts'
import { CpuManager } from './cpu-manager.ts'
import type { EmbeddedSwitch } from './embedded-switch.ts'
import { GuestContainer } from './guest-container.ts'
import { GuestShell } from './guest-shell.ts'
import type { CrioSettings } from './machine-config.ts'
import type { NodeDevice } from './oci-config.ts'
import { allCpusOnline } from './online-cpus.ts'

export interface GuestNodeVf extends Vf {
  /** The VF's port at the switch. */
  readonly port: string
}

export interface GuestNodeOptions {
  readonly name: string
  readonly bootDisk: string
  readonly cores: number
  readonly threadsPerCore: number
  readonly memoryMiB: number
  readonly hugepages1Gi: number
  /** Resource name of its VFs, e.g. `openshift.io/vfio_pci_0`. */
  readonly vfResource: string
  /** In the order of assignment. */
  readonly vfs: readonly GuestNodeVf[]
  readonly embeddedSwitch: EmbeddedSwitch
  /** The only NIC of a node without VFs; its containers share it. */
  readonly uplink?: { readonly mac: string; readonly socket: string; readonly addresses: readonly string[] }
  /** Called when a container starts. */
  readonly crio: () => CrioSettings
  /** `needVhostNet` of the SriovNetworkNodePolicy: whether a container with a VF also gets vhost-net and tun. */
  readonly needVhostNet: () => boolean
  /** Whether VFs get the MAC addresses that pods request; otherwise they keep their own. */
  readonly takesVfMacs: boolean
  readonly log: Logger
}

const UPLINK_CARD = '0000:06:00.0'
const DESCRIPTION =
  'Runs by crun in a guest that is the node: user, groups, capabilities, no new privileges, CPUs, memory and hugepages, ' +
  'devices, memlock, network namespace, volumes and seccomp are enforced, RuntimeDefault by a profile of the lab. ' +
  'There is no cluster network (eth0) and no SELinux; the image is the root file system that the guest has itself'

export class GuestNode implements ContainerRuntime {
  readonly description = DESCRIPTION
  readonly name: string
  readonly #options: GuestNodeOptions
  readonly #guest: RunningGuest
  readonly #shell: GuestShell
  readonly #cpus: CpuManager
  readonly #devices: ReadonlyMap<string, NodeDevice>
  /** Path of each VF's VFIO group, by the VF's PCI address. */
  readonly #groups: ReadonlyMap<string, string>
  readonly #taken = new Map<string, string>()
  #count = 0

  private constructor(options: GuestNodeOptions, guest: RunningGuest, shell: GuestShell, output: string) {
    this.#options = options
    this.name = options.name
    this.#guest = guest
    this.#shell = shell
    const { cores, threadsPerCore } = options
    this.#cpus = new CpuManager({ cpus: cores * threadsPerCore, threadsPerCore, reserved: threadsPerCore })
    const lines = output.split('\n').map((line) => line.split(' '))
    this.#devices = new Map(
      lines
        .filter(([kind]) => kind === 'device')
        .map(([, path = '', major, minor]) => [path, { path, major: Number(major), minor: Number(minor) }]),
    )
    this.#groups = new Map(
      lines
        .filter(([kind]) => kind === 'vf')
        .map(([, address = '', group = '']) => [address, `/dev/vfio/${group}`]),
    )
  }

  /**
   * Boots the node; resolves when all its CPUs are online and it can run containers.
   * @throws LabError; TimeoutError; InterruptedError
   */
  static async boot(
    runtime: GuestRuntime,
    options: GuestNodeOptions,
    signal: AbortSignal,
  ): Promise<GuestNode> {
    const { name, bootDisk, cores, threadsPerCore: threads, memoryMiB, vfs, embeddedSwitch, uplink } = options
    const guest = await runtime.start(
      {
        id: name,
        bootDisk,
        memoryMiB,
        dataDisks: [],
        cpu: { sockets: 1, cores, threads },
        nics: [
          ...vfs.map(({ address, mac, port }) => ({
            name: port,
            mac,
            pciAddress: address,
            wire: `${name}/${port}`,
            socket: embeddedSwitch.pathOf(port),
          })),
          ...(uplink === undefined
            ? []
            : [{ name: 'uplink', pciAddress: UPLINK_CARD, wire: `${name}/uplink`, ...uplink }]),
        ],
      },
      signal,
    )
    const tell = (line: string) => {
      options.log.info(line)
    }
    const shell = await GuestShell.open(guest, name, { signal, tell })
    await allCpusOnline(shell, cores * threads, { signal, tell })
    const args = ['prepare', String(options.hugepages1Gi), ...vfs.map(({ address }) => address)]
    const output = await shell.script(args, { signal, tell })
    const pages = /^hugepages (\d+)$/m.exec(output)?.[1]
    if (pages !== String(options.hugepages1Gi))
      options.log.warn(
        `node ${name} has ${pages ?? 'no'} hugepages of 1Gi instead of ${options.hugepages1Gi}`,
      )
    if (uplink !== undefined) await shell.script(['uplink', ...uplink.addresses], { signal, tell })
    return new GuestNode(options, guest, shell, output)
  }

  /** Resolves when the guest has ended, to the way it ended. */
  get exited(): RunningGuest['exited'] {
    return this.#guest.exited
  }

  // Async, so that an impossible plan rejects instead of throwing.
  // eslint-disable-next-line @typescript-eslint/require-await
  async start(plan: ContainerPlan): Promise<RunningContainer> {
    const id = `${plan.podUid.replaceAll(/[^\w-]/g, '').slice(0, 36)}-${++this.#count}`
    try {
      return this.#start(id, plan)
    } catch (error) {
      this.#release(id)
      throw error
    }
  }

  #start(id: string, plan: ContainerPlan): RunningContainer {
    const { crio, embeddedSwitch, vfs: all, uplink } = this.#options
    const vfs = this.#takeVfs(id, plan)
    const { lines, vfs: attached } = attachmentsOf(this.#networksOf(plan), {
      [this.#options.vfResource]: vfs,
    })
    for (const { address, settings } of attached) {
      const vf = all.find((each) => each.address === address)
      if (vf !== undefined) embeddedSwitch.configure(vf.port, settings)
    }
    return new GuestContainer({
      shell: this.#shell,
      plan,
      allocation: {
        id,
        folder: `/run/pods/${id}`,
        crio: crio(),
        hostNetwork: uplink !== undefined,
        cpus: this.#cpus.take(id, plan.cpus),
        devices: this.#devicesWith(vfs),
        variables: vfs.length === 0 ? {} : { [variableOf(this.#options.vfResource)]: addresses(vfs) },
      },
      attachments: lines,
      release: () => {
        this.#release(id)
      },
    })
  }

  #networksOf({ networks }: ContainerPlan): readonly PodNetwork[] {
    if (this.#options.takesVfMacs) return networks
    return networks.map(({ mac, ...network }) =>
      network.resourceName === undefined && mac !== undefined ? { ...network, mac } : network,
    )
  }

  /** Acts as the device plugin: assigns as many VFs as the container requests. */
  #takeVfs(id: string, { resources }: ContainerPlan): GuestNodeVf[] {
    const { vfResource, vfs } = this.#options
    const unknown = Object.keys(resources).find(
      (name) => name !== vfResource && name.startsWith('openshift.io/'),
    )
    if (unknown !== undefined) throw new Error(`node ${this.name} has no ${unknown}; it has ${vfResource}`)
    const wanted = resources[vfResource] ?? 0
    const free = vfs.filter(({ address }) => !this.#taken.has(address)).slice(0, wanted)
    if (free.length < wanted)
      throw new Error(
        `requested number of devices unavailable for ${vfResource}: ${wanted} of ${free.length}`,
      )
    for (const { address } of free) this.#taken.set(address, id)
    return free
  }

  #devicesWith(vfs: readonly Vf[]): NodeDevice[] {
    if (vfs.length === 0) return []
    const paths = [
      ...vfs.map(({ address }) => this.#groups.get(address) ?? ''),
      '/dev/vfio/vfio',
      ...(this.#options.needVhostNet() ? ['/dev/vhost-net', '/dev/net/tun'] : []),
    ]
    return paths.map((path) => {
      const device = this.#devices.get(path)
      if (device === undefined) throw new Error(`node ${this.name} has no device ${path || 'for the VF'}`)
      return device
    })
  }

  #release(id: string): void {
    this.#cpus.release(id)
    for (const { address, port } of this.#options.vfs) {
      if (this.#taken.get(address) !== id) continue
      this.#taken.delete(address)
      this.#options.embeddedSwitch.configure(port, undefined)
    }
  }
}

/** The environment variable that the SR-IOV device plugin sets for a resource. */
function variableOf(resource: string): string {
  return `PCIDEVICE_${resource.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}

function addresses(vfs: readonly Vf[]): string {
  return vfs.map(({ address }) => address).join(',')
}
