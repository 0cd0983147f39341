/** Renders a VMI's virt-launcher pod: labels, resource requests and node selectors. */
import { randomBytes } from 'node:crypto'
import type { KubeObject } from '../apiserver/contract.ts'
import { NETWORKS_ANNOTATION } from '../nodes/network-attachments.ts'
import { HOST_DEVICES, MACHINE_TYPE_LABEL } from '../nodes/node-objects.ts'
import { MI, quantityOf } from '../nodes/quantity.ts'
import { cpuTopology, type Vmi, type VmiSpec } from './vmi.ts'

const LAUNCHER_LABEL = { 'kubevirt.io': 'virt-launcher' } as const
const LAUNCHER_IMAGE = 'quay.io/kubevirt/virt-launcher'

export interface RenderOptions {
  /** KubeVirt's version: the tag of the launcher's image. */
  readonly version: string
  /** Resource name → count: the VFs that the VMI's networks need. */
  readonly networkResources: ReadonlyMap<string, number>
}

export function launcherImage(version: string): string {
  return `${LAUNCHER_IMAGE}:${version}`
}

/** @throws Error if KubeVirt cannot create the pod; the VMI's condition `Synchronized` shows the message */
export function renderLauncherPod(vmi: Vmi, options: RenderOptions): KubeObject {
  const { metadata, spec } = vmi
  const { uid = '', namespace = 'default' } = metadata
  const base = `virt-launcher-${metadata.name}`
  if (base.length > 253)
    throw new Error(
      `Pod "${base}" is invalid: metadata.name: Invalid value: "${base}": must be no more than 253 characters`,
    )
  const resources = podRequests(spec, options.networkResources)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${base.slice(0, 247)}-${randomSuffix()}`,
      namespace,
      labels: {
        ...metadata.labels,
        ...LAUNCHER_LABEL,
        'kubevirt.io/created-by': uid,
        'vm.kubevirt.io/name': metadata.name.slice(0, 63),
      },
      annotations: {
        ...metadata.annotations,
        'kubevirt.io/domain': metadata.name,
        ...networksAnnotation(spec, namespace),
      },
      ownerReferences: [
        {
          apiVersion: 'kubevirt.io/v1',
          kind: 'VirtualMachineInstance',
          name: metadata.name,
          uid,
          controller: true,
        },
      ],
    },
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      schedulerName: 'default-scheduler',
      hostname: spec.hostname ?? metadata.name.slice(0, 63),
      terminationGracePeriodSeconds: (spec.terminationGracePeriodSeconds ?? 30) + 30,
      nodeSelector: nodeSelector(spec),
      ...(spec.affinity === undefined ? {} : { affinity: spec.affinity }),
      ...(spec.tolerations === undefined ? {} : { tolerations: spec.tolerations }),
      containers: [
        {
          name: 'compute',
          image: launcherImage(options.version),
          resources: { requests: resources, limits: resources },
        },
        ...containerDisks(spec),
      ],
    },
    status: { phase: 'Pending', qosClass: isGuaranteed(spec) ? 'Guaranteed' : 'Burstable', conditions: [] },
  }
}

/** One container for each container disk; its status shows the image. */
function containerDisks({ volumes = [] }: VmiSpec): object[] {
  return volumes.flatMap(({ name, containerDisk }) =>
    containerDisk === undefined ? [] : [{ name: `volume${name}`, image: containerDisk.image, resources: {} }],
  )
}

/** Whether KubeVirt requests whole CPUs with equal limits (QoS class Guaranteed): for dedicated CPUs. */
export function isGuaranteed(spec: VmiSpec): boolean {
  return spec.domain.cpu?.dedicatedCpuPlacement === true
}

function podRequests(spec: VmiSpec, networkResources: ReadonlyMap<string, number>): Record<string, string> {
  const { cpu, memory } = spec.domain
  const { sockets, cores, threads } = cpuTopology(spec)
  const vcpus = sockets * cores * threads
  const guest = guestMemory(spec)
  const pageSize = memory?.hugepages?.pageSize
  const overhead = memoryOverhead(spec, vcpus)
  return {
    cpu: cpu?.dedicatedCpuPlacement ? String(vcpus + (cpu.isolateEmulatorThread ? 1 : 0)) : `${vcpus * 100}m`,
    memory: `${Math.ceil((pageSize === undefined ? guest + overhead : overhead) / MI)}Mi`,
    ...(pageSize === undefined ? {} : { [`hugepages-${pageSize}`]: binaryQuantity(guest) }),
    ...Object.fromEntries(hostDevices(spec).map((name) => [name, '1'])),
    ...Object.fromEntries([...networkResources].map(([name, count]) => [name, String(count)])),
  }
}

/** Devices that the pod requests from KubeVirt's own device plugins. */
function hostDevices({ domain: { devices } }: VmiSpec): string[] {
  const nics = devices.interfaces ?? []
  const tun = nics.length > 0 || devices.autoattachPodInterface !== false
  // KubeVirt checks only the model, so an SR-IOV interface with the default model also requests vhost-net.
  const vhost = nics.some(({ model = 'virtio' }) => model === 'virtio')
  return [HOST_DEVICES.kvm, ...(tun ? [HOST_DEVICES.tun] : []), ...(vhost ? [HOST_DEVICES.vhostNet] : [])]
}

/** A Kubernetes quantity in Gi if it is a whole number, else in Mi. */
export function binaryQuantity(bytes: number): string {
  const mebibytes = Math.round(bytes / MI)
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`
}

/** The guest's memory in bytes. */
export function guestMemory(spec: VmiSpec): number {
  const { memory, resources } = spec.domain
  const requests = resources?.requests as Record<string, string | number> | undefined
  return quantityOf(memory?.guest ?? requests?.['memory'] ?? '1Gi')
}

/**
 * Bytes that KubeVirt requests in addition to the guest's memory: page tables, its own processes, 8 MiB per
 * virtual CPU, 1 GiB for VFIO, and an exec probe's process. An estimate, equal to the 1578Mi of a recorded DPDK VMI.
 */
function memoryOverhead(spec: VmiSpec, vcpus: number): number {
  const vfio = (spec.domain.devices.interfaces ?? []).some(({ sriov }) => sriov !== undefined)
  const pageTables = guestMemory(spec) / 512
  const dedicated = isGuaranteed(spec) ? 100 : 0
  const execProbe = spec.readinessProbe?.exec === undefined ? 0 : 110
  return pageTables + (264 + 8 * vcpus + (vfio ? 1024 : 0) + dedicated + execProbe + 8) * MI
}

function nodeSelector(spec: VmiSpec): Record<string, string> {
  const machine = spec.domain.machine?.type
  return {
    'kubernetes.io/arch': spec.architecture ?? 'amd64',
    'kubevirt.io/schedulable': 'true',
    ...(machine === undefined ? {} : { [`${MACHINE_TYPE_LABEL}${machine}`]: 'true' }),
    ...(spec.domain.cpu?.dedicatedCpuPlacement ? { 'kubevirt.io/cpumanager': 'true' } : {}),
    ...(spec.nodeSelector as Record<string, string> | undefined),
  }
}

function networksAnnotation(spec: VmiSpec, namespace: string): Record<string, string> {
  const networks = (spec.networks ?? []).flatMap(({ multus }) =>
    multus === undefined ? [] : [nadOf(multus.networkName, namespace)],
  )
  return networks.length === 0 ? {} : { [NETWORKS_ANNOTATION]: JSON.stringify(networks) }
}

/** Parses a VMI's reference to a NetworkAttachmentDefinition: `name` or `namespace/name`. */
export function nadOf(networkName: string, namespace: string): { namespace: string; name: string } {
  const [first = '', second] = networkName.split('/')
  return second === undefined ? { namespace, name: first } : { namespace: first, name: second }
}

function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  return [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join('')
}
