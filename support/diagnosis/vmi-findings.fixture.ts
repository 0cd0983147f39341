/** Findings of a run whose VM under test was refused, rejected or not started, for tests. */
import { readFileSync } from 'node:fs'
import { foreign } from '../common/foreign-text.ts'
import type { Findings, LauncherPod, VmiFindings } from './findings.ts'
import { criterion, failure, findings, unmet, vmi } from './findings.fixture.ts'

export const VM_READY = 'scheduling.vm-under-test-ready'

/** A text recorded in a real cluster, of `fixtures/cases`. */
export const recordedText = (name: string): string =>
  readFileSync(new URL(`../../fixtures/cases/${name}`, import.meta.url), 'utf8').trim()

/** Reason and message of a condition, an event or a pod, recorded likewise. */
export function recorded(name: string): [reason: string, message: string] {
  const { reason = '', message } = JSON.parse(recordedText(name)) as { reason?: string; message: string }
  return [reason, message]
}

const requestFailed = (code: 'api' | 'timeout', status: number, said: string): Findings =>
  findings({
    criteria: [criterion(VM_READY)],
    failures: [
      failure(code, `creating it: ${said}`, { criterion: VM_READY, facts: { status, said: foreign(said) } }),
    ],
  })

export const refused = (status: number, said: string): Findings => requestFailed('api', status, said)

/** A request that the API server failed until its time was over, with its last answer. */
export const failedToTheEnd = (status: number, said: string): Findings =>
  requestFailed('timeout', status, said)

export function notReadyVmi(some: Partial<VmiFindings>, more: Partial<Findings> = {}): Findings {
  return findings({ criteria: [criterion(VM_READY)], vmis: { 'vm-under-test': vmi(some) }, ...more })
}

export const notSynchronized = (reason: string, message: string): Findings =>
  notReadyVmi({ conditions: [unmet('Synchronized', reason, message)] })

export const notScheduled = (message: string): Findings =>
  notReadyVmi({ conditions: [unmet('PodScheduled', 'Unschedulable', message)] })

/** Events of the VMI's pod. */
export const podEvents = (
  ...all: readonly (readonly [reason: string, message: string])[]
): Pick<VmiFindings, 'events'> => ({
  events: {
    found: all.map(([reason, message]) => ({
      about: 'Pod virt-launcher-x',
      reason: foreign(reason),
      message: foreign(message),
      count: 1,
    })),
  },
})

/** A VMI whose pod has an event. */
export const withEvent = (reason: string, message: string): Findings =>
  notReadyVmi(podEvents([reason, message]))

export const POD: LauncherPod = {
  name: 'virt-launcher-x',
  phase: 'Failed',
  reason: foreign(''),
  message: foreign(''),
  qosClass: 'Guaranteed',
  runtimeClassName: undefined,
  requests: { cpu: '9' },
  annotations: {},
}

/** A VMI whose pod the kubelet rejected or ended. */
export const rejected = (reason: string, message: string): Findings =>
  notReadyVmi({
    phase: foreign('Failed'),
    pod: { found: { ...POD, reason: foreign(reason), message: foreign(message) } },
  })

/** Reason and message of a text that is `reason: message`, as a row of a table has it. */
export function reasonAndMessage(text: string): [reason: string, message: string] {
  const [reason = '', ...message] = text.split(': ')
  return [reason, message.join(': ')]
}

/** A VMI whose guest runs, and whose readiness probe is not answered. */
export const UNANSWERING: Partial<VmiFindings> = {
  phase: foreign('Running'),
  conditions: [unmet('Ready', 'ContainersNotReady', 'compute')],
}
