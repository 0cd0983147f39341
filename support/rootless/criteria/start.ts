/** testpmd starts in the pod. */
import { ealViolations, lcoreViolations, linkViolations, macViolations } from '../expectations.ts'
import { mustBeWell } from './must-be-well.ts'
import type { RootlessCriterion } from './stage-facts.ts'

export const START: readonly RootlessCriterion[] = [
  {
    id: 'start.eal',
    title: 'EAL starts with VFIO and IOVA mode VA',
    stage: 'tapStarted',
    judge: ({ startup }, witness) => {
      witness('IOVA mode', startup.iovaMode)
      witness('VFIO', startup.vfio ? 'initialized' : 'not initialized')
      mustBeWell(ealViolations(startup))
    },
  },
  {
    id: 'start.ports',
    title: 'VF and tap have the same MAC address, or the override',
    stage: 'tapStarted',
    judge: ({ startup, parameters }, witness) => {
      for (const [port, { mac, device, driver }] of startup.ports)
        witness(`port ${port}`, `${device ?? 'unknown device'}, ${driver ?? 'unknown driver'}, ${mac}`)
      mustBeWell(macViolations(startup, parameters))
    },
  },
  {
    id: 'start.links',
    title: 'both links are up',
    stage: 'tapStarted',
    judge: ({ startup }, witness) => {
      for (const [port, { link, linkSpeed }] of startup.ports)
        witness(`port ${port}`, `${link}, ${linkSpeed ?? 'unknown speed'}`)
      mustBeWell(linkViolations(startup))
    },
  },
  {
    id: 'start.lcores',
    title: "testpmd's lcores run on the container's CPUs",
    stage: 'tapStarted',
    judge: ({ startup, privileges }, witness) => {
      witness('lcores', startup.lcores)
      witness('lcores that forward', startup.forwardingLcores.join(', '))
      witness('CPUs of the container', privileges.cpus?.join(', '))
      mustBeWell(lcoreViolations(startup.lcores, privileges.cpus))
    },
  },
]
