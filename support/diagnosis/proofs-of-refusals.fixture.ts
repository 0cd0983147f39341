/** Findings that prove why the cluster refuses an object of a run, or the kubelet one of its pods. */
import { readFileSync } from 'node:fs'
import { foreign } from '../common/foreign-text.ts'
import type { Disruption } from '../cluster/disruption.ts'
import type { Findings, VmiFindings } from './findings.ts'
import { criterion, findings, failure, unmet, vmi } from './findings.fixture.ts'

const VM_READY = 'scheduling.vm-under-test-ready'

/** A message recorded in a real cluster. */
const input = (name: string): string =>
  readFileSync(new URL(`../../fixtures/cases/${name}`, import.meta.url), 'utf8').trim()

export interface Told {
  readonly reason?: string
  readonly message: string
}
export const told = (name: string): Told => JSON.parse(input(name)) as Told

export function refused(status: number, said: string): Findings {
  return findings({
    criteria: [criterion(VM_READY)],
    failures: [
      failure('api', `creating it: ${said}`, { criterion: VM_READY, facts: { status, said: foreign(said) } }),
    ],
  })
}

/** A request that the API server failed until its time was over, with its last answer. */
export function failedToTheEnd(status: number, said: string): Findings {
  return findings({
    criteria: [criterion(VM_READY)],
    failures: [
      failure('timeout', `creating it: ${said}`, {
        criterion: VM_READY,
        facts: { status, said: foreign(said) },
      }),
    ],
  })
}

export function notReadyVmi(some: Partial<VmiFindings>): Findings {
  return findings({ criteria: [criterion(VM_READY)], vmis: { 'vm-under-test': vmi(some) } })
}

export const notSynchronized = ({ reason = 'FailedCreate', message }: Told): Findings =>
  notReadyVmi({ conditions: [unmet('Synchronized', reason, message)] })

const SYNC = 'server error. command SyncVMI failed: internal error: qemu-kvm: '

/** A VMI whose pod has an event. */
export function withEvent(reason: string, message: string): Findings {
  const event = { about: 'Pod virt-launcher-x', reason: foreign(reason), message: foreign(message), count: 1 }
  return notReadyVmi({ events: { found: [event] } })
}

export const rejected = ({ reason = '', message }: Told): Findings =>
  notReadyVmi({
    phase: foreign('Failed'),
    pod: {
      found: {
        name: 'virt-launcher-x',
        phase: foreign('Failed'),
        qosClass: 'Guaranteed',
        runtimeClassName: undefined,
        reason: foreign(reason),
        message: foreign(message),
        requests: {},
        annotations: {},
      },
    },
  })

/** A run that lost the VM under test during the traffic, and the state of its VMI. */
function lostGuest(some: Partial<VmiFindings>): Findings {
  const facts = { guest: 'VM under test', loss: 'connection', reason: 'close code 1006' } as const
  return findings({
    criteria: [criterion('traffic.no-loss', 'error')],
    failures: [failure('console-lost', 'its console was lost', { facts })],
    vmis: { 'vm-under-test': vmi(some) },
  })
}
function disrupted(kind: Disruption['kind'], some: Partial<Disruption> = {}): Findings {
  const sign = { where: 'condition DisruptionTarget of pod x', text: foreign('its own words') }
  const at = '2026-03-04T05:06:07Z'
  return lostGuest({
    disruption: { kind, isCertain: true, node: 'worker-1', by: undefined, at, signs: [sign], ...some },
  })
}

export const PROOFS_OF_REFUSALS: Readonly<Record<string, readonly [Findings, RegExp]>> = {
  'token-refused': [refused(401, 'Unauthorized'), /creating it: Unauthorized/],
  'quota-exceeded': [
    refused(403, input('forbidden-quota-terminating/quota.txt')),
    /does not allow.*limited: configmaps=10/,
  ],
  'namespace-terminating': [
    refused(403, input('forbidden-quota-terminating/terminating.txt')),
    /accepts no new objects.*namespace target/,
  ],
  'virt-api-unavailable': [
    findings({
      criteria: [criterion('guest.hugepages', 'error')],
      failures: [
        failure('console-refused', 'the console was refused: 503 Service Unavailable', {
          criterion: 'guest.hugepages',
          facts: { status: 503, said: foreign('service unavailable\n') },
        }),
      ],
    }),
    /virt-api does not answer .*503/,
  ],
  'proxy-answers': [
    refused(503, '<html><body><h1>503 Service Unavailable</h1></body></html>'),
    /answered .*503 Service Unavailable/,
  ],
  'namespace-missing': [refused(404, 'namespaces "target" not found'), /does not exist.*target/],
  'api-server-overloaded': [
    refused(500, 'etcdserver: mvcc: database space exceeded'),
    /did not carry out a request in time.*space exceeded/,
  ],
  'admission-denied': [
    refused(
      422,
      "x is forbidden: ValidatingAdmissionPolicy 'no-vmis' with binding 'b' denied request: not here",
    ),
    /no-vmis/,
  ],
  'webhook-unavailable': [
    refused(500, 'Internal error occurred: failed calling webhook "x.example": no endpoints available'),
    /no endpoints available/,
  ],
  'pod-security-refused': [
    notSynchronized({
      message: 'failed to create virtual machine pod: pods "x" is forbidden: violates PodSecurity',
    }),
    /the pod of the VM under test was refused/,
  ],
  'configmap-immutable': [
    findings({
      criteria: [criterion('precondition.configmap', 'error')],
      failures: [
        failure('api', 'updating it', {
          criterion: 'precondition.configmap',
          facts: {
            status: 422,
            said: foreign('ConfigMap "c" is invalid: data: Forbidden: field is immutable when set'),
          },
        }),
      ],
    }),
    /immutable/,
  ],
  'devices-not-healthy': [
    rejected(told('kubelet-no-healthy-devices/pod-status.json')),
    /no healthy devices .*cannot allocate unhealthy devices openshift.io\/dpdk_vf/,
  ],
  'node-filled-up': [
    rejected({
      reason: 'OutOfcpu',
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 9000, used: 24000, capacity: 32000",
    }),
    /no room left.*requested: 9000/,
  ],
  'pod-evicted': [
    rejected({ reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' }),
    /evicted .*ephemeral-storage/,
  ],
  'kubelet-refused': [
    rejected({ reason: 'NodeAffinity', message: 'Pod was rejected: Predicate NodeAffinity failed' }),
    /Predicate NodeAffinity failed/,
  ],
  'node-drained': [
    disrupted('drained', { by: 'kubectl' }),
    /node worker-1 was drained by kubectl at 2026-03-04T05:06:07Z, with the VM under test on it/,
  ],
  'node-lost': [disrupted('node-lost'), /node worker-1, on which the VM under test ran, was lost at 2026/],
  'node-shut-down': [
    disrupted('node-shut-down'),
    /node worker-1 was shut down or rebooted while the VM under test ran on it/,
  ],
  'node-tainted': [disrupted('tainted', { node: '' }), /a taint on the node evicted the VM under test/],
  'pod-preempted': [disrupted('preempted'), /a pod of higher priority preempted .* on node worker-1/],
  'launcher-killed': [
    notReadyVmi({
      phase: foreign('Failed'),
      pod: {
        found: {
          name: 'x',
          phase: 'Failed',
          qosClass: 'Guaranteed',
          runtimeClassName: undefined,
          reason: foreign(''),
          message: foreign(''),
          requests: {},
          annotations: {},
          ended: { exitCode: 137, reason: foreign('OOMKilled') },
        },
      },
    }),
    /was killed because it ran out of memory/,
  ],
  'launcher-gone': [lostGuest({ phase: foreign('Failed') }), /the VM under test ended during the run/],
  'host-hugepages-missing': [
    notSynchronized({ message: `${SYNC}unable to map backing store for guest RAM: Cannot allocate memory` }),
    /cannot be allocated from the node’s hugepages .*backing store/,
  ],
  'host-cpu-unsuited': [
    notSynchronized({
      message: `${SYNC}the CPU is incompatible with host CPU: Host CPU does not provide required features: svm`,
    }),
    /required features: svm/,
  ],
  'host-kvm-missing': [
    notSynchronized({
      message: `${SYNC}CPU mode 'host-passthrough' for aarch64 qemu domain on aarch64 host is not supported by hypervisor`,
    }),
    /no KVM/,
  ],
  'pod-not-started': [
    withEvent('FailedCreatePodSandBox', 'failed to get sandbox runtime: no runtime for "x" is configured'),
    /cannot start the pod of the VM under test .*no runtime for "x"/,
  ],
  'scheduling-gated': [
    notReadyVmi({ conditions: [unmet('PodScheduled', 'SchedulingGated', 'Scheduling is blocked')] }),
    /not offered to the scheduler/,
  ],
  'host-vfio': [
    notSynchronized(told('host-vfio-group/no-group.json')),
    /cannot pass its VF.*\/dev\/vfio\/61/,
  ],
}
