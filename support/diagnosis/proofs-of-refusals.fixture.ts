/** Findings that prove why the cluster refuses an object of a run, or the kubelet one of its pods. */
import { foreign } from '../common/foreign-text.ts'
import type { Disruption } from '../cluster/disruption.ts'
import type { Findings, VmiFindings } from './findings.ts'
import { criterion, failure, findings, unmet, vmi } from './findings.fixture.ts'
import {
  notReadyVmi,
  notSynchronized,
  POD,
  recorded,
  recordedText,
  refused,
  rejected,
  withEvent,
} from './vmi-findings.fixture.ts'

const SYNC = 'server error. command SyncVMI failed: internal error: qemu-kvm: '

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
    refused(403, recordedText('forbidden-quota-terminating/quota.txt')),
    /does not allow.*limited: configmaps=10/,
  ],
  'namespace-terminating': [
    refused(403, recordedText('forbidden-quota-terminating/terminating.txt')),
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
    notSynchronized(
      'FailedCreate',
      'failed to create virtual machine pod: pods "x" is forbidden: violates PodSecurity',
    ),
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
    rejected(...recorded('kubelet-no-healthy-devices/pod-status.json')),
    /no healthy devices .*cannot allocate unhealthy devices openshift.io\/dpdk_vf/,
  ],
  'node-filled-up': [
    rejected(
      'OutOfcpu',
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 9000, used: 24000, capacity: 32000",
    ),
    /no room left.*requested: 9000/,
  ],
  'pod-evicted': [
    rejected('Evicted', 'The node was low on resource: ephemeral-storage.'),
    /evicted .*ephemeral-storage/,
  ],
  'kubelet-refused': [
    rejected('NodeAffinity', 'Pod was rejected: Predicate NodeAffinity failed'),
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
      pod: { found: { ...POD, ended: { exitCode: 137, reason: foreign('OOMKilled') } } },
    }),
    /was killed because it ran out of memory/,
  ],
  'launcher-gone': [lostGuest({ phase: foreign('Failed') }), /the VM under test ended during the run/],
  'host-hugepages-missing': [
    notSynchronized(
      'FailedCreate',
      `${SYNC}unable to map backing store for guest RAM: Cannot allocate memory`,
    ),
    /cannot be allocated from the node’s hugepages .*backing store/,
  ],
  'host-cpu-unsuited': [
    notSynchronized(
      'FailedCreate',
      `${SYNC}the CPU is incompatible with host CPU: Host CPU does not provide required features: svm`,
    ),
    /required features: svm/,
  ],
  'host-kvm-missing': [
    notSynchronized(
      'FailedCreate',
      `${SYNC}CPU mode 'host-passthrough' for aarch64 qemu domain on aarch64 host is not supported by hypervisor`,
    ),
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
    notSynchronized(...recorded('host-vfio-group/no-group.json')),
    /cannot pass its VF.*\/dev\/vfio\/61/,
  ],
}
