/**
 * Admission of VMIs: the defaults of KubeVirt's mutating webhook and the checks of its validating webhook.
 * The API server checks names and labels.
 */
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type KubeObject, StatusError } from '../apiserver/contract.ts'
import { quantityOf } from '../nodes/quantity.ts'
import { binaryQuantity } from './launcher-pod.ts'
import { type Cause, refusals } from './vmi-admission-rules.ts'
import { checkShape } from './vmi-admission-schema.ts'
import { asVmi, cpuTopology, type Vmi, type VmiSpec } from './vmi.ts'
import { timestamp } from '../apiserver/timestamp.ts'

/** Keeps a deleted VMI until its pod and guest have ended. */
export const FINALIZER = 'foregroundDeleteVirtualMachine'

/** Returns a new VMI with its defaults. @throws StatusError 422 if KubeVirt refuses it */
export function admitVmi(object: KubeObject): KubeObject {
  checkShape(object)
  const vmi = asVmi(structuredClone(object))
  const causes = refusals(vmi.spec)
  if (causes.length > 0) throw denied('virtualmachineinstances-create-validator.kubevirt.io', causes)
  return withDefaults(vmi)
}

/**
 * Returns a VMI after a user's update: metadata may change, the status is reverted.
 * @throws StatusError 422 if the spec or one of KubeVirt's own labels changed
 */
export function admitVmiUpdate(object: KubeObject, old: KubeObject): KubeObject {
  const webhook = 'virtualmachineinstances-update-validator.kubevirt.io'
  if (!isDeepStrictEqual(object['spec'], old['spec']))
    throw denied(webhook, [
      { reason: 'FieldValueNotSupported', message: 'update of VMI object is restricted' },
    ])
  if (!isDeepStrictEqual(reservedLabels(object), reservedLabels(old)))
    throw denied(webhook, [
      {
        reason: 'FieldValueNotSupported',
        message: 'modification of the following reserved kubevirt.io/ labels on a VMI object is prohibited',
      },
    ])
  return { ...object, status: old['status'] }
}

type DenialCause = Pick<Cause, 'message'> & { readonly reason: string; readonly field?: string }

/** kube-apiserver's error for a webhook's denial. */
function denied(webhook: string, causes: readonly DenialCause[]): StatusError {
  const message = causes.map((cause) => cause.message).join(', ')
  return new StatusError(422, 'Invalid', `admission webhook "${webhook}" denied the request: ${message}`, {
    causes: causes.map((cause) => ({ ...cause })),
  })
}

function reservedLabels({ metadata }: KubeObject): readonly (readonly [string, string])[] {
  return Object.entries(metadata.labels ?? {})
    .filter(([key]) => key === 'kubevirt.io/nodeName' || key === 'kubevirt.io/migrationTargetNodeName')
    .sort()
}

function withDefaults(vmi: Vmi): Vmi {
  const { metadata, spec } = vmi
  return {
    ...vmi,
    metadata: {
      ...metadata,
      annotations: { 'kubevirt.io/pci-topology-version': 'v3', ...metadata.annotations },
      finalizers: [...new Set([...(metadata.finalizers ?? []), FINALIZER])],
    },
    spec: specWithDefaults(spec),
    status: {
      phase: 'Pending',
      phaseTransitionTimestamps: [{ phase: 'Pending', phaseTransitionTimestamp: timestamp() }],
    },
  }
}

/** KubeVirt's default ratio of maximal to initial sockets and memory, for hotplug. */
const HOTPLUG_RATIO = 4

function memoryWithDefaults({ domain: { memory } }: VmiSpec): Pick<VmiSpec['domain'], 'memory'> {
  if (memory === undefined) return {}
  const { guest } = memory
  if (guest === undefined || memory.maxGuest !== undefined) return { memory }
  return { memory: { ...memory, maxGuest: binaryQuantity(HOTPLUG_RATIO * quantityOf(guest)) } }
}

function specWithDefaults(spec: VmiSpec): VmiSpec {
  const { domain } = spec
  return {
    ...spec,
    architecture: spec.architecture ?? 'amd64',
    evictionStrategy: spec.evictionStrategy ?? 'None',
    domain: {
      ...domain,
      cpu: {
        ...domain.cpu,
        model: domain.cpu?.model ?? 'host-model',
        maxSockets: domain.cpu?.maxSockets ?? HOTPLUG_RATIO * cpuTopology(spec).sockets,
      },
      ...memoryWithDefaults(spec),
      firmware: { ...domain.firmware, uuid: domain.firmware?.uuid ?? randomUUID() },
      machine: { ...domain.machine, type: domain.machine?.type ?? 'q35' },
      features: { ...domain.features, acpi: { enabled: true, ...domain.features?.acpi } },
      devices: { ...domain.devices, disks: disksWithDefaults(spec) },
    },
  }
}

type Disk = NonNullable<VmiSpec['domain']['devices']['disks']>[number]

/** Adds a disk for each volume without one, and KubeVirt's default bus, sata. */
function disksWithDefaults({ domain: { devices }, volumes = [] }: VmiSpec): Disk[] {
  const disks = devices.disks ?? []
  const filesystems = devices.filesystems ?? []
  const forgotten = volumes.filter(
    ({ name }) => ![...disks, ...filesystems].some((disk) => disk.name === name),
  )
  return [...disks, ...forgotten.map(({ name }): Disk => ({ name }))].map((disk) => {
    if (disk.cdrom !== undefined) return { ...disk, cdrom: { ...disk.cdrom, bus: disk.cdrom.bus ?? 'sata' } }
    if (disk.lun !== undefined) return { ...disk, lun: { ...disk.lun, bus: disk.lun.bus ?? 'sata' } }
    return { ...disk, disk: { ...disk.disk, bus: disk.disk?.bus ?? 'sata' } }
  })
}
