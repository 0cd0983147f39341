/** The guest of a VMI: the same data as in KubeVirt's libvirt domain. */
import { createHash } from 'node:crypto'
import type { GuestDataDisk, GuestNic, GuestSpec } from '../guests/guest-runtime.ts'
import { guestMemory, nadOf } from './launcher-pod.ts'
import { MI } from '../nodes/quantity.ts'
import { cpuTopology, type Vmi } from './vmi.ts'

export function guestSpec(
  vmi: Vmi,
  bootDisk: string,
  dataDisks: readonly GuestDataDisk[],
  node?: string,
): GuestSpec {
  const { name, uid = '' } = vmi.metadata
  return {
    id: `${name.slice(0, 40)}-${uid.slice(0, 8)}`,
    bootDisk,
    cpu: { ...cpuTopology(vmi.spec), ...hotplug(vmi) },
    memoryMiB: Math.round(guestMemory(vmi.spec) / MI),
    nics: guestNics(vmi),
    dataDisks,
    ...(node === undefined ? {} : { node }),
  }
}

/** Sockets that KubeVirt reserves for hotplug; the guest counts their CPUs as possible CPUs. */
function hotplug({ spec }: Vmi): Pick<GuestSpec['cpu'], 'maxSockets'> {
  const { maxSockets = 0 } = spec.domain.cpu ?? {}
  return maxSockets > cpuTopology(spec).sockets ? { maxSockets } : {}
}

/** NICs in the order of the VMI's interfaces; MAC and PCI addresses are requested or generated. */
function guestNics(vmi: Vmi): GuestNic[] {
  const { namespace = 'default', name: vmiName, uid = '' } = vmi.metadata
  const interfaces = vmi.spec.domain.devices.interfaces ?? []
  const taken = new Set(interfaces.map(({ pciAddress }) => pciAddress?.toLowerCase()))
  return interfaces.map(({ name, macAddress, pciAddress }) => {
    const networkName = vmi.spec.networks?.find((network) => network.name === name)?.multus?.networkName
    const nad = networkName === undefined ? undefined : nadOf(networkName, namespace)
    const pci = pciAddress?.toLowerCase() ?? freePciAddress(taken)
    taken.add(pci)
    return {
      name,
      mac: macAddress === undefined ? generatedMac(`${uid}/${name}`) : normalizedMac(macAddress),
      pciAddress: pci,
      // In the lab, no other guest is connected to an interface of the pod network.
      wire: nad === undefined ? `${namespace}/${vmiName}/${name}` : `${nad.namespace}/${nad.name}/${name}`,
    }
  })
}

function freePciAddress(taken: ReadonlySet<string | undefined>): string {
  for (let bus = 1; ; bus++) {
    const address = `0000:${bus.toString(16).padStart(2, '0')}:00.0`
    if (!taken.has(address)) return address
  }
}

/** The generated MAC address is always the same for an interface of a VMI. */
function generatedMac(seed: string): string {
  const octets = [...createHash('sha256').update(seed).digest().subarray(0, 5)]
  return [2, ...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
}

/** Converts a MAC address in any notation that admission accepts to lower-case octets with colons. */
function normalizedMac(mac: string): string {
  const digits = mac.toLowerCase().replaceAll(/[^\da-f]/g, '')
  return (digits.match(/../g) ?? []).join(':')
}
