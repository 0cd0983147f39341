/** Faults of a guest's CPUs, hugepages and ports, found before any packet flows. */
import { partOf, says } from '../../common/foreign-text.ts'
import { ROLES, TITLES, type Role } from '../../model/role.ts'
import { plural } from '../../common/text.ts'
import { writeCpuList } from '../../model/cpu-list.ts'
import { holderOf, isUsable, type PreparedNic } from '../../guest/facts/pci-binding.ts'
import { PCI_ADDRESSES } from '../../model/testbed.ts'
import { VFIO_PCI } from '../../guest/facts/nic-families/family.ts'
import { type CauseEntry, evidence, type Proof } from '../cause.ts'
import { type Findings, type GuestFindings } from '../findings.ts'
import { dropsOnReceive } from './losses.ts'
import { guestOf, shownBy, failures } from './failure.ts'

const CPUS = {
  'vm-under-test': 'guest.vm-under-test-cpus',
  'traffic-generator': 'guest.traffic-generator-cpus',
} as const satisfies Record<Role, string>

/** Messages of modprobe (kmod) and driverctl. */
const MODULE_MISSING =
  /module:? vfio\S* not found|no such module: vfio|could not insert '?vfio|modprobe: FATAL/i

/** The ports of both guests that the wanted driver does not hold. */
function unboundPorts({ guests }: Findings, isSo: (nic: PreparedNic) => boolean): readonly string[] {
  return ROLES.flatMap((role) =>
    (guests[role]?.nics ?? [])
      .filter((nic) => !isUsable(nic) && isSo(nic))
      .map(
        (nic) => `${nic.port} port of the ${TITLES[role]}: ${[holderOf(nic), ...nic.messages].join('; ')}`,
      ),
  )
}

function unbound(
  findings: Findings,
  isSo: (nic: PreparedNic) => boolean,
  sentence: (ports: number) => string,
): Proof | undefined {
  const ports = unboundPorts(findings, isSo)
  if (ports.length === 0) return undefined
  return {
    certainty: 'proved',
    sentence: sentence(ports.length),
    evidence: ports.flatMap((text) => evidence(['the guest says', text])),
  }
}

function notIsolated(
  findings: Findings,
): readonly (readonly [Role, NonNullable<GuestFindings['isolation']>])[] {
  return ROLES.flatMap((role) => {
    const isolation = findings.guests[role]?.isolation
    return isolation === undefined || isolation.missing.length === 0 ? [] : [[role, isolation] as const]
  })
}

export const GUEST_CAUSES: readonly CauseEntry[] = [
  {
    id: 'no-isolation-method',
    title: 'the image has no tool to isolate CPUs',
    looksAt: 'the guest’s commands',
    provedBy: 'neither tuned with its profile cpu-partitioning nor a command isolate-cpus',
    remedy: 'install tuned-profiles-cpu-partitioning in the image, or use the checkup’s own images',
    explains: ['guest.*', 'link.*', 'traffic.*'],
    find: (findings) =>
      shownBy(
        failures(findings, ['no-isolation-method']),
        (first) => `the image of the ${guestOf(first)} has no tool to isolate CPUs`,
      ),
  },
  {
    id: 'cpus-not-isolated',
    title: 'polling CPUs are not isolated in the guest',
    looksAt:
      '/proc/cmdline, /sys/devices/system/cpu/isolated, tuned-adm active, compared with the lcores used',
    provedBy: 'a polling CPU that is in neither isolcpus= nor tuned’s partition',
    remedy:
      'in the guest, read tuned’s log (`journalctl -u tuned`) and check that the boot loader applied the arguments (`cat /proc/cmdline` after the reboot); if tuned cannot change the image’s boot loader, build isolcpus= into the image',
    explains: [...Object.values(CPUS), 'traffic.no-rx-drops', 'traffic.no-loss', 'traffic.no-return-loss'],
    find: (findings) => {
      const found = notIsolated(findings)
      const [first] = found
      if (first === undefined) return undefined
      const [role, { missing, rebooted }] = first
      const lossIsHere = found.some(([where]) => where === 'vm-under-test')
      return {
        certainty: 'proved',
        sentence:
          `the polling CPUs ${writeCpuList(missing)} of the ${TITLES[role]} are not isolated` +
          (rebooted ? ' after its reboot' : '') +
          (found.length > 1
            ? `, nor are CPUs ${writeCpuList(found[1]?.[1].missing ?? [])} of the ${TITLES[found[1]?.[0] ?? role]}`
            : ''),
        evidence: found.flatMap(([where, isolation]) =>
          evidence(
            [`isolated in the ${TITLES[where]}`, writeCpuList(isolation.isolated) || 'none'],
            ['wanted there', writeCpuList(isolation.wanted)],
            ['isolated by', isolation.method],
            ['the guest says', isolation.problem],
            ['tuned-adm active', findings.guests[where]?.evidence?.tuned],
            ['kernel command line', findings.guests[where]?.evidence?.kernelArguments],
          ),
        ),
        explains: [
          ...found.map(([where]) => CPUS[where]),
          ...(lossIsHere && dropsOnReceive(findings)
            ? ['traffic.no-rx-drops', 'traffic.no-loss', 'traffic.no-return-loss']
            : []),
        ],
      }
    },
  },
  {
    id: 'no-guest-hugepages',
    title: 'the guest’s kernel allocated no hugepages of 1 GiB',
    looksAt: '/sys/kernel/mm/hugepages, /proc/cmdline',
    provedBy: 'no hugepage of 1 GiB',
    remedy:
      'the image needs default_hugepagesz=1GB hugepagesz=1G hugepages=1 on its kernel command line; if these arguments are there, the guest had no contiguous GiB of memory at boot, or one of its services released the pages (vm.nr_hugepages)',
    explains: ['guest.hugepages', 'link.*', 'traffic.*'],
    find: ({ guests }) => {
      const guest = guests['vm-under-test']
      if (guest?.hugepages1Gi !== 0) return undefined
      const kernel = guest.evidence?.kernelArguments
      const asked = kernel === undefined ? undefined : partOf(kernel, /\bhugepages=\d+/)
      return {
        certainty: 'proved',
        sentence:
          'the VM under test has 0 hugepages of 1 GiB' +
          (kernel === undefined
            ? ''
            : asked === undefined
              ? ': its kernel command line requests none'
              : `, though its kernel command line requests them (${asked})`),
        evidence: evidence(
          ['kernel command line', kernel],
          ...(guest.evidence?.hugepages ?? []).map(
            ({ sizeKiB, total, free }) => [`hugepages of ${sizeKiB} kB`, `${total}, ${free} free`] as const,
          ),
        ),
      }
    },
  },
  {
    id: 'vf-missing-in-guest',
    title: 'the guest has no PCI device where its VF should be',
    looksAt: '/sys/bus/pci/devices of the guest',
    provedBy: `no device at ${PCI_ADDRESSES.east} or ${PCI_ADDRESSES.west}`,
    remedy:
      'check `lspci` in the guest and the hostdevs in the domain’s XML: the VF did not reach the VM, or KubeVirt assigned another address',
    explains: ['guest.nics-bound', 'link.*', 'traffic.*'],
    find: (findings) =>
      unbound(
        findings,
        ({ present }) => !present,
        (ports) =>
          `${plural(ports, 'port of the guests is', 'ports of the guests are')} missing: no PCI device is there`,
      ),
  },
  {
    id: 'vfio-module-missing',
    title: 'the guest’s kernel cannot load vfio-pci',
    looksAt: 'modprobe vfio-pci and driverctl in the guest',
    provedBy: '“Module vfio-pci not found”, “no such module”, or “could not insert”',
    remedy:
      'install the kernel’s modules-extra (or the package that has vfio-pci) in the image, for exactly the kernel that the image boots; if the module exists but does not load, `dmesg` in the guest says why',
    explains: ['guest.nics-bound', 'link.*', 'traffic.*'],
    find: (findings) =>
      unbound(
        findings,
        ({ wantedDriver, messages }) =>
          wantedDriver === VFIO_PCI && messages.some((line) => says(line, MODULE_MISSING)),
        (ports) =>
          `the guest’s kernel cannot load the module vfio-pci, so ${plural(ports, 'port stays', 'ports stay')} unbound`,
      ),
  },
  {
    id: 'vfio-refused',
    title: 'a port cannot be bound to vfio-pci',
    looksAt: 'the driver of each port, and the output of the binding',
    provedBy: 'another driver, or none, after the binding',
    remedy:
      'read `dmesg` in the guest: without a virtual IOMMU vfio needs enable_unsafe_noiommu_mode=1; if the old driver does not release the port, something still uses the port',
    explains: ['guest.nics-bound', 'link.*', 'traffic.*'],
    find: (findings) =>
      unbound(
        findings,
        ({ wantedDriver }) => wantedDriver === VFIO_PCI,
        (ports) =>
          `${plural(ports, 'port is', 'ports are')} not bound to vfio-pci, despite the driver override`,
      ),
  },
  {
    id: 'kernel-driver-missing',
    title: 'a port is not bound to the kernel driver that DPDK needs for it',
    looksAt: 'the driver of each port, and the output of the binding',
    provedBy:
      'another driver, or none, at a port for which DPDK needs the kernel driver (mlx5_core, mlx4_core)',
    remedy:
      'in the guest, a VF of this NIC must stay bound to its kernel driver, never to vfio-pci: the guest’s kernel must have that driver’s modules (mlx5_core, mlx5_ib and ib_uverbs; `modprobe mlx5_core` says what is missing), and nothing in the image may give the VF to vfio-pci (`driverctl list-overrides`, options vfio-pci ids=…); on the node, the VF stays bound to vfio-pci as for every VM',
    explains: ['guest.nics-bound', 'link.*', 'traffic.*'],
    find: (findings) =>
      unbound(
        findings,
        ({ wantedDriver }) => wantedDriver !== undefined && wantedDriver !== VFIO_PCI,
        (ports) => `${plural(ports, 'port is', 'ports are')} not bound to the kernel driver that DPDK needs`,
      ),
  },
]
