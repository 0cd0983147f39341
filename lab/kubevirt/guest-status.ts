/** The guest's part of a VMI's status: its hardware, and the reports of its guest agent. */
import type { V1VirtualMachineInstanceNetworkInterface } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import type { AgentInterface, GuestAgent, GuestNic } from '../guests/guest-runtime.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import { binaryQuantity, guestMemory, isGuaranteed, launcherImage } from './launcher-pod.ts'
import { cpuTopology, type Vmi } from './vmi.ts'
import { removeCondition, setCondition } from '../nodes/condition.ts'

type InterfaceStatus = V1VirtualMachineInstanceNetworkInterface

/** KubeVirt polls the agent after ten seconds, then at growing intervals. */
const FIRST_REFRESH_MS = 10_000
const SLOWEST_REFRESH_MS = 120_000
/** The uid of libvirt's `qemu` user in an unprivileged launcher. */
const QEMU_UID = 107

/** Updates the VMI when its pod runs on a node: networks are attached, and virt-handler takes over. */
export function showScheduled(vmi: Vmi, nodeName: string, version: string): void {
  const { metadata, status, spec } = vmi
  metadata.labels = { ...metadata.labels, 'kubevirt.io/nodeName': nodeName }
  status.nodeName = nodeName
  status.launcherContainerImageVersion = launcherImage(version)
  status.qosClass = isGuaranteed(spec) ? 'Guaranteed' : 'Burstable'
  status.runtimeUser = QEMU_UID
  status.interfaces = (spec.networks ?? [])
    .filter(({ multus }) => multus !== undefined)
    .map(({ name }) => ({ name, infoSource: 'multus-status' }))
  setCondition(vmi, { type: 'LiveMigratable', status: 'False', ...immobility(vmi) })
  setCondition(vmi, { type: 'StorageLiveMigratable', status: 'False', ...immobility(vmi) })
}

/** Updates the VMI when its domain runs: machine, memory, CPUs and MAC addresses. */
export function showDomain(vmi: Vmi, nics: readonly GuestNic[]): void {
  const { spec, status } = vmi
  const memory = binaryQuantity(guestMemory(spec))
  status.machine = { type: 'pc-q35-9.2' }
  status.memory = { guestAtBoot: memory, guestCurrent: memory, guestRequested: memory }
  status.currentCPUTopology = cpuTopology(spec)
  const attached = status.interfaces ?? []
  status.interfaces = nics.map(({ name, mac }) => {
    const known = attached.find((shown) => shown.name === name)
    return { ...known, name, mac, infoSource: withSource(known?.infoSource, 'domain') }
  })
}

function immobility({ spec }: Vmi): { reason: string; message: string } {
  if ((spec.domain.devices.interfaces ?? []).some(({ sriov }) => sriov !== undefined))
    return { reason: 'HostDeviceNotLiveMigratable', message: 'VMI uses a PCI host devices' }
  return { reason: 'NotMigratable', message: 'guests of this cluster stay on their node' }
}

/** Sets or removes the condition AgentConnected, which is never False. */
export function showAgent(vmi: Vmi, connected: boolean): void {
  if (connected) {
    setCondition(vmi, { type: 'AgentConnected', status: 'True' })
    return
  }
  removeCondition(vmi, 'AgentConnected')
  delete vmi.status.guestOSInfo
  vmi.status.interfaces = (vmi.status.interfaces ?? [])
    .filter(({ infoSource }) => infoSource !== GUEST_AGENT)
    .map(({ name, mac, infoSource = '' }) => ({
      ...(name === undefined ? {} : { name }),
      ...(mac === undefined ? {} : { mac }),
      infoSource: infoSource
        .split(', ')
        .filter((source) => source !== GUEST_AGENT)
        .join(', '),
    }))
}

const GUEST_AGENT = 'guest-agent'

/** Merges the agent's interfaces into the domain's by MAC address; appends interfaces only the agent sees. */
export function showAgentInterfaces(vmi: Vmi, seen: readonly AgentInterface[]): void {
  const known = vmi.status.interfaces ?? []
  const inGuest = seen.filter(({ name }) => name !== 'lo')
  const joined = known
    .filter(({ infoSource }) => infoSource !== GUEST_AGENT)
    .map((shown): InterfaceStatus => {
      const found = inGuest.find(({ mac }) => mac !== undefined && mac.toLowerCase() === shown.mac)
      if (found === undefined) return shown
      return { ...shown, ...addresses(found), infoSource: withSource(shown.infoSource, GUEST_AGENT) }
    })
  const others = inGuest
    .filter(
      ({ mac }) =>
        !known.some((shown) => shown.infoSource !== GUEST_AGENT && shown.mac === mac?.toLowerCase()),
    )
    .map((found): InterfaceStatus => ({
      ...addresses(found),
      ...(found.mac === undefined ? {} : { mac: found.mac.toLowerCase() }),
      infoSource: GUEST_AGENT,
    }))
  vmi.status.interfaces = [...joined, ...others]
}

function addresses({ name, ipAddresses }: AgentInterface): InterfaceStatus {
  const [first] = ipAddresses
  return {
    interfaceName: name,
    ...(first === undefined ? {} : { ipAddress: first, ipAddresses: [...ipAddresses] }),
  }
}

function withSource(sources: string | undefined, added: string): string {
  return [...new Set([...(sources?.split(', ') ?? []), added])].sort().join(', ')
}

/** A VMI's `guestOSInfo`, from `/etc/os-release` and `uname`. */
export interface GuestOs {
  id?: string
  name?: string
  prettyName?: string
  version?: string
  versionId?: string
  kernelRelease?: string
  machine?: string
}

const ASK_TIMEOUT_MS = 10_000

/** Reads the guest's OS; undefined if the files do not exist or guest-exec is disabled. */
export async function readGuestOs(agent: GuestAgent): Promise<GuestOs | undefined> {
  try {
    const release = await agent.exec('/bin/cat', ['/etc/os-release'], ASK_TIMEOUT_MS)
    const kernel = await agent.exec('/bin/uname', ['-rm'], ASK_TIMEOUT_MS)
    const fields = new Map(
      release.output.split('\n').map((line) => {
        const [key = '', ...value] = line.split('=')
        return [key, value.join('=').replace(/^"(.*)"$/, '$1')] as const
      }),
    )
    const [kernelRelease, machine] = kernel.output.trim().split(' ')
    const info = {
      id: fields.get('ID'),
      name: fields.get('NAME'),
      prettyName: fields.get('PRETTY_NAME'),
      version: fields.get('VERSION'),
      versionId: fields.get('VERSION_ID'),
      kernelRelease,
      machine,
    }
    return Object.fromEntries(Object.entries(info).filter(([, value]) => value))
  } catch {
    return undefined
  }
}

/** Reports the agent's interfaces now and at growing intervals, until the signal aborts. */
export async function followAgent(
  agent: GuestAgent,
  report: (interfaces: readonly AgentInterface[]) => void,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<void> {
  for (let pause = FIRST_REFRESH_MS; ; pause = Math.min(pause * 2, SLOWEST_REFRESH_MS)) {
    const seen = await agent.interfaces().catch(() => undefined)
    signal.throwIfAborted()
    if (seen !== undefined) report(seen)
    await sleep(pause, signal)
  }
}
