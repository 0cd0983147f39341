/** Messages from real clusters, and the cause that is named first. */
import { expect } from 'chai'
import { foreign } from '../common/foreign-text.ts'
import { diagnose } from './diagnose.ts'
import type { Findings } from './findings.ts'
import {
  notReadyVmi,
  notScheduled,
  notSynchronized,
  podEvents,
  recorded,
  refused,
  rejected,
} from './vmi-findings.fixture.ts'

const event = (reason: string, message: string): Findings =>
  notReadyVmi({ phase: foreign('Failed'), ...podEvents([reason, message]) })
const short = (message: string): Findings => notScheduled(`0/3 nodes are available: ${message}`)
const domain = (message: string): Findings =>
  notSynchronized('Synchronizing with the Domain failed.', message)

const CASES: readonly (readonly [name: string, found: Findings, cause: string])[] = [
  [
    'a network that virt-controller does not find',
    notSynchronized(...recorded('nad-missing-virt-controller/condition.json')),
    'network-missing',
  ],
  [
    'network-info that is not there',
    notSynchronized(...recorded('network-info-not-populated/condition.json')),
    'vf-not-mapped',
  ],
  [
    'a group that is not viable',
    notSynchronized(...recorded('host-vfio-group/not-viable.json')),
    'host-vfio',
  ],
  [
    'a device that VFIO does not hold',
    domain('vfio 0000:3d:06.2: no iommu_group found: No such file or directory'),
    'host-vfio',
  ],
  [
    'unhealthy devices, by the event alone',
    event(...recorded('kubelet-no-healthy-devices/event.json')),
    'devices-not-healthy',
  ],
  ['a node that ran out of hugepages', rejected('OutOfhugepages-1Gi', 'Pod was rejected'), 'node-filled-up'],
  [
    'room for a critical pod',
    rejected('Preempting', 'Preempted in order to admit critical pod'),
    'pod-evicted',
  ],
  [
    'a quota on pods',
    notSynchronized('FailedCreate', 'pods "x" is forbidden: exceeded quota: q, requested: pods=1'),
    'quota-exceeded',
  ],
  [
    'a LimitRange',
    notSynchronized('FailedCreate', 'pods "x" is forbidden: maximum cpu usage per Pod is 4, but limit is 9'),
    'quota-exceeded',
  ],
  [
    'a webhook on pods',
    notSynchronized('FailedCreate', 'admission webhook "a.b" denied the request: no'),
    'admission-denied',
  ],
  [
    'an SCC',
    notSynchronized('FailedCreate', 'unable to validate against any security context constraint: [x]'),
    'pod-security-refused',
  ],
  [
    'KubeVirt',
    refused(422, 'admission webhook "v.kubevirt.io" denied the request: spec.x is not a y'),
    'admission-denied',
  ],
  [
    'RBAC',
    refused(403, 'x is forbidden: User "y" cannot create resource "x" in API group "z"'),
    'permission-missing',
  ],
  ['a device of KubeVirt’s own', short('3 Insufficient devices.kubevirt.io/vhost-net.'), 'no-kvm'],
]

describe('what the cluster refuses', () => {
  for (const [name, found, cause] of CASES)
    it(`is ${cause} with ${name}`, () => {
      const causes = diagnose(found)
      expect(causes.map(({ id }) => id)).to.deep.equal([cause])
    })

  it('has KubeVirt’s own remedy where KubeVirt refuses', () => {
    const remedy = (said: string) => diagnose(refused(422, said))[0]?.remedy
    expect(remedy('admission webhook "v.kubevirt.io" denied the request: no')).to.match(/feature gates/)
    expect(remedy('admission webhook "v.example" denied the request: no')).to.match(
      /exempt the checkup’s namespace/,
    )
  })
})
