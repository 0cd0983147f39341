/** Why testpmd or the traffic generator does not start, or ends. */
import { TITLES } from '../../model/role.ts'
import { ENGINES } from '../../dataplane/engines/engines.ts'
import { deviceOf, familyOf } from '../../guest/facts/nic-families/families.ts'
import { VFIO_PCI } from '../../guest/facts/nic-families/family.ts'
import { type CauseEntry, evidence, type Proof } from '../cause.ts'
import { type Findings } from '../findings.ts'
import { guestOf, shownBy, failures } from './failure.ts'

const EXPLAINS = ['link.*', 'traffic.*'] as const

/** Failed starts of testpmd, classified by dataplane/testpmd/start-failure.ts. */
function testpmdSaid(findings: Findings, classes: readonly string[], sentence: string): Proof | undefined {
  const found = findings.failures.filter(({ testpmd }) => classes.includes(testpmd?.classification ?? ''))
  const proof = shownBy(found, () => sentence)
  const lines = found[0]?.testpmd?.lines ?? []
  return proof === undefined
    ? undefined
    : { ...proof, evidence: evidence(['testpmd says', lines.join('\n')]) }
}

/** PCI ids of the VM under test's ports. */
function portIds({ guests }: Findings): readonly string[] {
  return (guests['vm-under-test']?.evidence?.pci ?? []).map(({ ids }) => ids)
}

/** Whether a port of the VM under test is one that DPDK shares with the kernel's driver. */
function isBifurcated(findings: Findings): boolean {
  return portIds(findings).some((ids) => familyOf({ ids }).dpdkDriver !== VFIO_PCI)
}

export const PROGRAM_CAUSES: readonly CauseEntry[] = [
  {
    id: 'eal-no-hugepages',
    title: 'testpmd got no hugepage',
    looksAt: 'the end of testpmd’s output',
    provedBy: 'EAL’s “No available … kB hugepages”, “Cannot init memory” or “Not enough memory available”',
    remedy:
      'in the guest, check that hugetlbfs is mounted with pagesize=1G and that no other DPDK program holds the hugepages (`grep Huge /proc/meminfo`)',
    explains: EXPLAINS,
    find: (findings) =>
      testpmdSaid(
        findings,
        ['hugepages', 'memory'],
        'dpdk-testpmd did not start: EAL got no hugepage for its memory',
      ),
  },
  {
    id: 'vfio-group',
    title: 'VFIO does not let testpmd use the ports',
    looksAt: 'the end of testpmd’s output',
    provedBy: '“VFIO group is not viable” or “DMA remapping failed”',
    remedy:
      'bind every device of the port’s IOMMU group to vfio-pci; without an IOMMU in the guest, vfio needs enable_unsafe_noiommu_mode=1; DMA remapping fails if memory cannot be locked',
    explains: EXPLAINS,
    find: (findings) =>
      testpmdSaid(findings, ['vfio'], 'dpdk-testpmd did not start: VFIO did not let it use the ports'),
  },
  {
    id: 'iova-mode',
    title: 'DPDK addresses memory in a way that the port does not support',
    looksAt: 'testpmd’s output',
    provedBy: '“Expecting … IOVA mode but current mode is …” or “Cannot use IOVA as …”',
    remedy:
      'a guest without an IOMMU needs physical addresses (PA): the image’s DPDK must be built with enable_iova_as_pa, which is the default, and the guest’s kernel must let root read /proc/self/pagemap (no lockdown); a driver that expects VA needs an IOMMU in the guest',
    explains: EXPLAINS,
    find: (findings) =>
      testpmdSaid(
        findings,
        ['iova-mode'],
        'dpdk-testpmd did not start: EAL does not get the IOVA mode that the ports need',
      ),
  },
  {
    id: 'vf-not-brought-up',
    title: 'the port’s driver cannot bring the VF up',
    looksAt: 'testpmd’s output before EAL gives up the device',
    provedBy: 'lines of a poll mode driver between “Probe PCI driver” and “cannot be used”',
    remedy:
      'the driver or firmware of the PF refuses what the VF’s driver requests, or does not answer: read the node’s `dmesg` for this VF, check the VF’s settings (trust, queues), and check that the PF’s driver and firmware are as new as DPDK needs, that the PF’s link is up, and that no reset is going on',
    explains: EXPLAINS,
    find: (findings) =>
      testpmdSaid(
        findings,
        ['driver-refused'],
        'DPDK’s driver found the ports but could not bring them up: the VF’s PF or firmware did not do what the driver requested',
      ),
  },
  {
    id: 'verbs-missing',
    title: 'DPDK’s driver needs the kernel’s driver on the port, but does not find it',
    looksAt: 'testpmd’s output before EAL gives up the device; the driver that holds the port',
    provedBy: '“No Verbs device matches”, “Verbs device not found”, or libibverbs that cannot be loaded',
    remedy:
      'DPDK’s drivers mlx4 and mlx5 work together with the kernel’s driver: in the guest the VF must stay bound to this driver (mlx5_core with mlx5_ib and ib_uverbs), never to vfio-pci; the image needs rdma-core (libibverbs and its provider) of the release with which its DPDK was built; `ibv_devices` in the guest must list the port',
    explains: EXPLAINS,
    find: (findings) => {
      const proof =
        testpmdSaid(
          findings,
          ['no-verbs'],
          'DPDK’s driver of the ports works together with the kernel’s driver, but found no Verbs device for the ports',
        ) ??
        testpmdSaid(
          findings,
          ['no-verbs-library', ...(isBifurcated(findings) ? ['no-port-without-verbs'] : [])],
          'DPDK’s driver for NVIDIA’s NICs needs libibverbs to work together with the kernel’s driver, but cannot load it',
        )
      const held = findings.guests['vm-under-test']?.nics ?? []
      const drivers = held.map(({ port, driver }): [string, unknown] => [
        `driver of the ${port} port`,
        driver,
      ])
      return proof === undefined
        ? undefined
        : { ...proof, evidence: [...proof.evidence, ...evidence(...drivers)] }
    },
  },
  {
    id: 'no-dpdk-port',
    title: 'DPDK has no driver for the ports',
    looksAt: 'the end of testpmd’s output',
    provedBy: '“No probed ethernet devices” in testpmd’s output',
    remedy:
      'the image’s DPDK needs the poll mode driver of the VF (iavf, ixgbevf, bnxt, …), and the VF must be bound to the kernel driver that DPDK needs; `lspci -nnk` in the guest shows the device and its driver',
    explains: EXPLAINS,
    find: (findings) => {
      const sentence = 'dpdk-testpmd did not start: DPDK found no port for which it has a driver'
      const proof = testpmdSaid(findings, ['no-port', 'no-port-without-verbs'], sentence)
      const [ids] = portIds(findings)
      const { needs } = familyOf({ ids: ids ?? '' })
      if (proof === undefined || ids === undefined) return proof
      return {
        ...proof,
        remedy: `the image of the VM under test needs ${needs}: its ports have the PCI ids ${ids}`,
      }
    },
  },
  {
    id: 'port-not-started',
    title: 'a port does not start',
    looksAt: 'the end of testpmd’s output',
    provedBy: '“Fail to start port” in testpmd’s output',
    remedy:
      'the output of the VF’s driver says why: usually the PF denies the VF something (trust, queues), or is being reset; read the node’s `dmesg`',
    explains: EXPLAINS,
    find: (findings) => {
      const sentence = 'dpdk-testpmd did not start: a port could not be started'
      const proof = testpmdSaid(findings, ['port-start', 'too-many-queues'], sentence)
      const [device] = portIds(findings).flatMap((ids) => deviceOf(ids) ?? [])
      if (proof === undefined) return undefined
      const most = evidence([`RX queues of ${device?.model ?? ''} at most`, device?.rxQueues])
      return { ...proof, evidence: [...proof.evidence, ...most] }
    },
  },
  {
    id: 'testpmd-not-installed',
    title: 'the image has no dpdk-testpmd',
    looksAt: 'the guest’s shell',
    provedBy: '“dpdk-testpmd: command not found”',
    remedy: 'use an image with dpdk-testpmd (package dpdk), such as the checkup’s own',
    explains: EXPLAINS,
    find: (findings) => testpmdSaid(findings, ['not-installed'], 'the VM under test has no dpdk-testpmd'),
  },
  {
    id: 'testpmd-not-started',
    title: 'testpmd does not start',
    looksAt: 'the end of testpmd’s output',
    provedBy: 'testpmd ended before its prompt, and no other cause explains its output',
    remedy: 'read the end of testpmd’s output in the evidence',
    explains: EXPLAINS,
    find: (findings) =>
      testpmdSaid(
        findings,
        ['already-running', 'lcores', 'unknown'],
        'dpdk-testpmd ended before it was ready',
      ),
  },
  {
    id: 'testpmd-crashed',
    title: 'testpmd ended during the run',
    looksAt: 'testpmd’s console',
    provedBy: 'the shell’s prompt instead of testpmd’s',
    remedy:
      'the exit code says how testpmd ended: 139 is a segmentation fault, 137 a kill (out of memory); read `dmesg` in the evidence, and try a newer DPDK in the image',
    explains: EXPLAINS,
    find: (findings) =>
      shownBy(
        failures(findings, ['program-ended'], ({ guest }) => guest === TITLES['vm-under-test']),
        ({ facts: { exitCode } }) =>
          `dpdk-testpmd ended during the run${exitCode === undefined ? '' : ` with exit code ${exitCode}`}`,
      ),
  },
  {
    id: 'port-statistics-refused',
    title: 'a port’s driver no longer reports statistics',
    looksAt: 'testpmd’s answers',
    provedBy: '“failed to get stats (port …)” in testpmd’s output',
    remedy:
      'the VF does not answer its driver: the PF reset, removed or disabled the VF during the run. Read the node’s `dmesg` for the PF and this VF (resets, link changes, “device removal”), and check whether something reconfigured the PF or the VF (SR-IOV operator, NetworkManager); the error -95 means that the driver has no statistics at all',
    explains: EXPLAINS,
    find: (findings) =>
      shownBy(failures(findings, ['statistics-refused']), ({ sentence }) => sentence.slice(0, 300)),
  },
  {
    id: 'generator-not-there',
    title: 'the traffic generator does not run',
    looksAt: ENGINES.map(({ missingShows }) => missingShows).join(', '),
    provedBy: 'the generator’s service failed or does not exist, or a kernel module is missing',
    remedy:
      'the image spec.param.trafficGenContainerDiskImage must contain the engine that spec.param.trafficGenEngine names: ' +
      ENGINES.map(({ needs }) => needs).join(', or '),
    explains: EXPLAINS,
    find: (findings) => {
      const proof = shownBy(failures(findings, ['engine-not-available', 'no-interface']), ({ sentence }) =>
        sentence.slice(0, 300),
      )
      const lines = findings.guests['traffic-generator']?.evidence?.engine
      return proof === undefined
        ? undefined
        : {
            ...proof,
            evidence: [
              ...proof.evidence,
              ...evidence([findings.asked?.engine.diagnostics?.what ?? 'its messages', lines?.join('\n')]),
            ],
          }
    },
  },
  {
    id: 'generator-lost',
    title: 'the traffic generator ended during the run',
    looksAt: 'the generator’s console and journal',
    provedBy: 'the generator’s server or its console ended',
    remedy:
      'read the generator’s journal in the evidence: the engine crashed, or the guest’s kernel killed it because memory ran out',
    explains: EXPLAINS,
    find: (findings) =>
      shownBy(
        failures(
          findings,
          ['generator-lost', 'program-ended', 'counter-went-back'],
          ({ guest }) => guest === TITLES['traffic-generator'],
        ),
        (first) =>
          `${findings.asked?.engine.title ?? 'the engine'} ended on the ${guestOf(first)} during the run`,
      ),
  },
  {
    id: 'generator-refused',
    title: 'the traffic generator does not start to send',
    looksAt: 'the generator’s answer to the command that starts it',
    provedBy: 'the generator refused the command that starts the traffic',
    remedy:
      'read the generator’s answer: usually the rate is higher than spec.param.portBandwidthGbps allows, or a port has no link',
    explains: EXPLAINS,
    find: (findings) =>
      shownBy(failures(findings, ['generator-did-not-start', 'generator-did-not-stop']), ({ sentence }) =>
        sentence.slice(0, 300),
      ),
  },
]
