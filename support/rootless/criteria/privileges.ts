/** The pod has the privileges it needs, and no others. */
import {
  accessViolations,
  capabilityViolations,
  memlockViolations,
  noNewPrivsViolations,
  userViolations,
} from '../expectations.ts'
import { mustBeWell } from './must-be-well.ts'
import type { RootlessCriterion } from './stage-facts.ts'

const GIB = 2 ** 30

export const PRIVILEGES: readonly RootlessCriterion[] = [
  {
    id: 'privileges.parameters',
    title: 'the parameters are valid',
    stage: 'configured',
    judge: ({ parameters, variant }, witness) => {
      witness('variant', variant)
      for (const [name, value] of Object.entries(parameters)) witness(name, value)
    },
  },
  {
    id: 'privileges.pod-up',
    title: 'the pod is scheduled and forwards',
    stage: 'tapStarted',
    judge: ({ up }, witness) => {
      witness('pod', up.pod.metadata.name)
      witness('node', up.pod.spec?.nodeName ?? undefined)
    },
  },
  {
    id: 'privileges.user',
    title: 'the pod runs as the requested user and groups',
    stage: 'tapStarted',
    judge: ({ privileges, variant }, witness) => {
      witness('uid', privileges.uid)
      witness('gid', privileges.gid)
      witness('groups', privileges.groups.join(', '))
      mustBeWell(userViolations(privileges, variant))
    },
  },
  {
    id: 'privileges.capabilities',
    title: 'the pod has exactly the capabilities it needs',
    stage: 'tapStarted',
    judge: ({ privileges, variant }, witness) => {
      for (const [name, set] of Object.entries(privileges.capabilities))
        witness(name, [...(set as ReadonlySet<string>)].join(', ') || 'none')
      mustBeWell(capabilityViolations(privileges.capabilities, variant))
    },
  },
  {
    id: 'privileges.no-new-privs',
    title: 'the pod cannot gain privileges',
    stage: 'tapStarted',
    judge: ({ privileges, variant }, witness) => {
      witness('no-new-privs', privileges.noNewPrivs ? 'set' : 'not set')
      mustBeWell(noNewPrivsViolations(privileges, variant))
    },
  },
  {
    id: 'privileges.memlock',
    title: 'the pod can lock the memory that VFIO needs',
    stage: 'tapStarted',
    judge: ({ privileges, parameters }, witness) => {
      witness('memlock', privileges.memlock)
      mustBeWell(memlockViolations(privileges, parseInt(parameters.TESTPMD_HUGEPAGES_1GI, 10) * GIB))
    },
  },
  {
    id: 'privileges.devices',
    title: 'the pod can use vhost-net, the VFIO group and hugepages',
    stage: 'tapStarted',
    judge: ({ privileges }, witness) => {
      for (const [path, access] of privileges.access) witness(path, access)
      mustBeWell(accessViolations(privileges))
    },
  },
]
