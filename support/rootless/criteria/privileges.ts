/** Criteria: the pod has the privileges it needs, and no others. */
import {
  accessViolations,
  capabilityViolations,
  memlockViolations,
  noNewPrivsViolations,
  userViolations,
} from '../expectations.ts'
import { assertNoViolations } from './assert-no-violations.ts'
import type { RootlessCriterion } from './stage-facts.ts'

const GIB = 2 ** 30

export const PRIVILEGES: readonly RootlessCriterion[] = [
  {
    id: 'privileges.parameters',
    title: 'the parameters are valid',
    rationale: 'The result is only valid for parameters that were understood.',
    remediation: 'Correct what the message names.',
    guardsHonesty: true,
    stage: 'configured',
    judge: ({ parameters, variant }, record) => {
      record('variant', variant)
      for (const [name, value] of Object.entries(parameters)) record(name, value)
    },
  },
  {
    id: 'privileges.pod-up',
    title: 'the pod is scheduled and forwards',
    rationale: 'Without the pod nothing can be judged.',
    remediation: 'Read its events in the report.',
    stage: 'tapStarted',
    judge: ({ up }, record) => {
      record('pod', up.pod.metadata.name)
      record('node', up.pod.spec?.nodeName ?? undefined)
    },
  },
  {
    id: 'privileges.user',
    title: 'the pod runs as the requested user and groups',
    rationale: 'A rootless pod must not run as root.',
    remediation: 'Correct the security context of the pod.',
    stage: 'tapStarted',
    judge: ({ privileges, variant }, record) => {
      record('uid', privileges.uid)
      record('gid', privileges.gid)
      record('groups', privileges.groups.join(', '))
      assertNoViolations(userViolations(privileges, variant))
    },
  },
  {
    id: 'privileges.capabilities',
    title: 'the pod has exactly the capabilities it needs',
    rationale: 'Each capability that is not needed is a way out of the container.',
    remediation: 'Drop all capabilities but those that the message names.',
    stage: 'tapStarted',
    judge: ({ privileges, variant }, record) => {
      for (const [name, set] of Object.entries(privileges.capabilities))
        record(name, [...(set as ReadonlySet<string>)].join(', ') || 'none')
      assertNoViolations(capabilityViolations(privileges.capabilities, variant))
    },
  },
  {
    id: 'privileges.no-new-privs',
    title: 'the pod cannot gain privileges',
    rationale: 'Without this flag a program in the pod can gain privileges.',
    remediation: 'Set allowPrivilegeEscalation to false.',
    stage: 'tapStarted',
    judge: ({ privileges, variant }, record) => {
      record('no-new-privs', privileges.noNewPrivs ? 'set' : 'not set')
      assertNoViolations(noNewPrivsViolations(privileges, variant))
    },
  },
  {
    id: 'privileges.memlock',
    title: 'the pod can lock the memory that VFIO needs',
    rationale: 'VFIO locks all memory that devices may write to.',
    remediation: "Raise the container runtime's limit of locked memory.",
    stage: 'tapStarted',
    judge: ({ privileges, parameters }, record) => {
      record('memlock', privileges.memlock)
      assertNoViolations(memlockViolations(privileges, parseInt(parameters.TESTPMD_HUGEPAGES_1GI, 10) * GIB))
    },
  },
  {
    id: 'privileges.devices',
    title: 'the pod can use vhost-net, the VFIO group and hugepages',
    rationale: "DPDK needs these devices, and the pod's user has to be able to open them.",
    remediation: 'Let the device plugin and the SELinux policy grant access to them.',
    stage: 'tapStarted',
    judge: ({ privileges }, record) => {
      for (const [path, access] of privileges.access) record(path, access)
      assertNoViolations(accessViolations(privileges))
    },
  },
]
