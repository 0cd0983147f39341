/**
 * The rules of KubeVirt's validating webhook, one function per rule, with KubeVirt's messages (observed by
 * running its code). KubeVirt accepts duplicate MAC or PCI addresses, a NAD used twice and unknown CPU models,
 * so no rule refuses them.
 */
import type { V1Probe } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { parseQuantity } from '../../support/common/quantity.ts'
import { quantityOf } from '../nodes/quantity.ts'
import type { VmiSpec } from './vmi.ts'

export interface Cause {
  readonly reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueDuplicate'
  readonly field: string
  readonly message: string
}

type Rule = (spec: VmiSpec) => readonly Cause[]

/** All violations of a VMI; empty if KubeVirt accepts it. */
export function refusals(spec: VmiSpec): readonly Cause[] {
  return RULES.flatMap((rule) => rule(spec))
}

const CLOUD_INIT_LIMIT = 2048
const SERIAL_LIMIT = 256

const hugepages: Rule = ({ domain }) => {
  const pageSize = domain.memory?.hugepages?.pageSize
  if (pageSize === undefined) return []
  const page = parseQuantity(pageSize)
  if (page === undefined || page <= 0)
    return [
      invalidAt('spec.domain.hugepages.size', `spec.domain.hugepages.size '${pageSize}' is not a valid size`),
    ]
  const requests = domain.resources?.requests as Record<string, string | number> | undefined
  const requested = requests?.['memory']
  const memory = quantityOf(domain.memory?.guest ?? requested)
  // KubeVirt prints the memory request even if it checked the guest's memory.
  const named = `spec.domain.resources.requests.memory '${requested ?? '0'}'`
  const size = `page size spec.domain.memory.hugepages.pageSize '${pageSize}'`
  const field = 'spec.domain.resources.requests.memory'
  if (memory < page) return [invalidAt(field, `${named} must be equal to or larger than ${size}`)]
  return memory % page === 0 ? [] : [invalidAt(field, `${named} is not a multiple of the ${size}`)]
}

const cpuPlacement: Rule = ({ domain: { cpu } }) => {
  const causes: Cause[] = []
  if (cpu?.maxSockets !== undefined && (cpu.sockets ?? 0) > cpu.maxSockets)
    causes.push(
      invalidAt(
        'spec.domain.cpu.sockets',
        'Number of sockets in CPU topology is greater than the maximum sockets allowed',
      ),
    )
  if (cpu?.isolateEmulatorThread && !cpu.dedicatedCpuPlacement)
    causes.push(
      invalidAt(
        'spec.domain.cpu.isolateEmulatorThread',
        'IsolateEmulatorThread should be only set in combination with DedicatedCPUPlacement',
      ),
    )
  if (cpu?.dedicatedCpuPlacement && (cpu.threads ?? 1) > 2)
    causes.push(
      invalidAt(
        'spec.domain.cpu.dedicatedCpuPlacement',
        `Not more than two threads must be provided at spec.domain.cpu.threads (got ${cpu.threads ?? 1}) ` +
          'when DedicatedCPUPlacement is true',
      ),
    )
  return causes
}

const interfaces: Rule = ({ domain: { devices }, networks = [] }) =>
  (devices.interfaces ?? []).flatMap((nic, index, all) => {
    const field = `spec.domain.devices.interfaces[${index}].name`
    const causes: Cause[] = []
    if (!networks.some(({ name }) => name === nic.name))
      causes.push(invalidAt(field, `${field} '${nic.name}' not found.`))
    if (all.findIndex(({ name }) => name === nic.name) < index)
      causes.push({
        reason: 'FieldValueDuplicate',
        field,
        message: 'Only one interface can be connected to one specific network',
      })
    const octets = nic.macAddress === undefined ? 6 : macOctets(nic.macAddress)
    if (octets === undefined)
      causes.push(invalidAt(field, `interface ${field} has malformed MAC address (${nic.macAddress ?? ''}).`))
    else if (octets > 6)
      causes.push(invalidAt(field, `interface ${field} has too long MAC address (${nic.macAddress ?? ''}).`))
    if (nic.pciAddress !== undefined && !/^[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/i.test(nic.pciAddress))
      causes.push(invalidAt(field, `interface ${field} has malformed PCI address (${nic.pciAddress}).`))
    return causes
  })

/** The number of octets accepted by Go's net.ParseMAC: 6, 8 or 20, with colons, hyphens, or dots after 4 digits. */
function macOctets(mac: string): number | undefined {
  const wellFormed =
    /^[\da-f]{2}(?::[\da-f]{2})+$/i.test(mac) ||
    /^[\da-f]{2}(?:-[\da-f]{2})+$/i.test(mac) ||
    /^[\da-f]{4}(?:\.[\da-f]{4})+$/i.test(mac)
  const octets = mac.replaceAll(/[^\da-f]/gi, '').length / 2
  return wellFormed && [6, 8, 20].includes(octets) ? octets : undefined
}

const networks: Rule = ({ domain: { devices }, networks: all = [] }) =>
  all.flatMap((network, index) => {
    const field = `spec.networks[${index}].name`
    return (devices.interfaces ?? []).some(({ name }) => name === network.name)
      ? []
      : [invalidAt(field, `${field} '${network.name}' not found.`)]
  })

const disks: Rule = ({ domain: { devices }, volumes = [] }) =>
  (devices.disks ?? []).flatMap((disk, index, all) => {
    const field = `spec.domain.devices.disks[${index}]`
    const causes: Cause[] = []
    const first = all.findIndex(({ name }) => name === disk.name)
    if (first < index)
      causes.push(
        invalidAt(
          `${field}.name`,
          `${field} and spec.domain.devices.disks[${first}] must not have the same Name.`,
        ),
      )
    if (!volumes.some(({ name }) => name === disk.name))
      causes.push(invalidAt(`${field}.Name`, `${field}.Name '${disk.name}' not found.`))
    if (disk.serial !== undefined && disk.serial.length > SERIAL_LIMIT)
      causes.push(
        invalidAt(
          `${field}.serial`,
          `${field} must be less than or equal to ${SERIAL_LIMIT} in length, if specified`,
        ),
      )
    if (disk.serial !== undefined && !/^[A-Za-z0-9_.+-]*$/.test(disk.serial))
      causes.push(
        invalidAt(
          `${field}.serial`,
          `${field} must be made up of the following characters [A-Za-z0-9_.+-], if specified`,
        ),
      )
    return causes
  })

const volumes: Rule = ({ volumes: all = [] }) =>
  all.flatMap((volume, index) => {
    const field = `spec.volumes[${index}]`
    const causes: Cause[] = []
    const first = all.findIndex(({ name }) => name === volume.name)
    if (first < index)
      causes.push(
        invalidAt(`${field}.name`, `${field} and spec.volumes[${first}] must not have the same Name.`),
      )
    if (Object.keys(volume).length !== 2)
      causes.push(invalidAt(field, `${field} must have exactly one source type set`))
    return [...causes, ...cloudInit(volume.cloudInitNoCloud, `${field}.cloudInitNoCloud`)]
  })

function cloudInit(
  source: NonNullable<VmiSpec['volumes']>[number]['cloudInitNoCloud'],
  field: string,
): readonly Cause[] {
  if (source === undefined) return []
  const { userData, userDataBase64, secretRef, networkData, networkDataBase64, networkDataSecretRef } = source
  const users = [userData, userDataBase64, secretRef].filter(Boolean).length
  const networkSources = [networkData, networkDataBase64, networkDataSecretRef].filter(Boolean).length
  const causes: Cause[] = []
  if (users > 1) causes.push(invalidAt(field, `${field} must have only one userdatasource set.`))
  if (networkSources > 1) causes.push(invalidAt(field, `${field} must have only one networkdata source set.`))
  if (users + networkSources === 0)
    causes.push(
      invalidAt(field, `${field} must have at least one userdatasource or one networkdata source set.`),
    )
  const decoded = userDataBase64 === undefined ? undefined : decodeBase64(userDataBase64)
  if (userDataBase64 !== undefined && decoded === undefined)
    causes.push(invalidAt(`${field}.userDataBase64`, `${field}.userDataBase64 is not a valid base64 value.`))
  const length = Buffer.byteLength(userData ?? '') + (decoded?.length ?? 0)
  if (length > CLOUD_INIT_LIMIT)
    causes.push(
      invalidAt(
        field,
        `${field} userdata exceeds ${CLOUD_INIT_LIMIT} byte limit. Should use UserDataSecretRef for larger data.`,
      ),
    )
  return causes
}

function decodeBase64(text: string): Buffer | undefined {
  const wellFormed = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text)
  return wellFormed && text.replaceAll(/[\r\n]/g, '').length % 4 === 0
    ? Buffer.from(text, 'base64')
    : undefined
}

const probes: Rule = (spec) => {
  const causes: Cause[] = []
  const podNetwork = (spec.networks ?? []).some(({ pod }) => pod !== undefined)
  for (const name of ['readinessProbe', 'livenessProbe'] as const) {
    const probe = spec[name]
    if (probe === undefined) continue
    causes.push(...probeType(probe, `spec.${name}`))
    for (const handler of ['httpGet', 'tcpSocket'] as const) {
      if (podNetwork || probe[handler] === undefined) continue
      const field = `spec.${name}.${handler}`
      causes.push(invalidAt(field, `${field} is only allowed if the Pod Network is attached`))
    }
  }
  return causes
}

function probeType(probe: V1Probe, field: string): readonly Cause[] {
  const { exec, guestAgentPing, httpGet, tcpSocket } = probe
  const set = [exec, guestAgentPing, httpGet, tcpSocket].filter((handler) => handler !== undefined).length
  if (set > 1) return [invalidAt(field, `${field} must have exactly one probe type set`)]
  if (set === 1) return []
  const message = `either ${field}.tcpSocket, ${field}.exec or ${field}.httpGet must be set if a ${field} is specified`
  return [{ reason: 'FieldValueRequired', field, message }]
}

function invalidAt(field: string, message: string): Cause {
  return { reason: 'FieldValueInvalid', field, message }
}

const RULES: readonly Rule[] = [hugepages, cpuPlacement, interfaces, networks, disks, volumes, probes]
