/** testpmd starts in the pod. */
import { ealViolations, lcoreViolations, linkViolations, macViolations } from '../expectations.ts'
import { assertNoViolations } from './assert-no-violations.ts'
import type { RootlessCriterion } from './stage-facts.ts'

export const START: readonly RootlessCriterion[] = [
  {
    id: 'start.eal',
    title: 'EAL starts with VFIO and IOVA mode VA',
    rationale: 'DPDK without root needs VFIO, and virtual addresses for I/O.',
    remediation: 'Enable the IOMMU on the node, and bind the VF to vfio-pci.',
    stage: 'tapStarted',
    judge: ({ startup }, record) => {
      record('IOVA mode', startup.iovaMode)
      record('VFIO', startup.vfio ? 'initialized' : 'not initialized')
      assertNoViolations(ealViolations(startup))
    },
  },
  {
    id: 'start.ports',
    title: 'the VF and the tap have the expected MAC addresses',
    rationale: 'Packets for another MAC address never reach the pod.',
    remediation: "Set the VF's MAC address, or the override.",
    stage: 'tapStarted',
    judge: ({ startup, parameters }, record) => {
      for (const [port, { mac, device, driver }] of startup.ports)
        record(`port ${port}`, `${device ?? 'unknown device'}, ${driver ?? 'unknown driver'}, ${mac}`)
      assertNoViolations(macViolations(startup, parameters))
    },
  },
  {
    id: 'start.links',
    title: 'both links are up',
    rationale: 'A port without a link carries no packets.',
    remediation: 'Check the cable, the switch port and the state of the VF.',
    stage: 'tapStarted',
    judge: ({ startup }, record) => {
      for (const [port, { link, linkSpeed }] of startup.ports)
        record(`port ${port}`, `${link}, ${linkSpeed ?? 'unknown speed'}`)
      assertNoViolations(linkViolations(startup))
    },
  },
  {
    id: 'start.lcores',
    title: "testpmd's lcores run on the container's CPUs",
    rationale: "A testpmd on other CPUs than the container's gets no time of its own.",
    remediation: "Correct the list of lcores, or the pod's CPU request.",
    stage: 'tapStarted',
    judge: ({ startup, privileges }, record) => {
      record('lcores', startup.lcores)
      record('lcores that forward', startup.forwardingLcores.join(', '))
      record('CPUs of the container', privileges.cpus?.join(', '))
      assertNoViolations(lcoreViolations(startup.lcores, privileges.cpus))
    },
  },
]
