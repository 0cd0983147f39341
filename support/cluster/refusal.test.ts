/** Messages of clusters, and the kind of refusal that they are. The fixtures in `cases` come from real clusters. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { foreign } from '../common/foreign-text.ts'
import { isLastingRefusal, refusalKind } from './refusal.ts'

const input = (name: string) => readFileSync(new URL(`../../fixtures/cases/${name}`, import.meta.url), 'utf8')
const VMI = 'virtualmachineinstances.kubevirt.io "x" is forbidden:'

const WORDS: readonly (readonly [kind: ReturnType<typeof refusalKind>, text: string])[] = [
  ['quota', input('forbidden-quota-terminating/quota.txt')],
  ['quota', 'pods "x" is forbidden: failed quota: compute: must specify limits.cpu for: compute'],
  ['quota', 'pods "x" is forbidden: status unknown for quota: compute, resources: pods'],
  ['namespace-terminating', input('forbidden-quota-terminating/terminating.txt')],
  ['rbac', `${VMI} User "a" cannot create resource "virtualmachineinstances" in API group "kubevirt.io"`],
  [
    'policy',
    `${VMI} ValidatingAdmissionPolicy 'no' with binding 'b' denied request: exceeded quota: of mine`,
  ],
  ['policy', 'admission webhook "validate.kyverno.svc-fail" denied the request: no dedicated CPUs here'],
  [
    'kubevirt',
    'admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: spec.x',
  ],
  [
    'webhook-down',
    'Internal error occurred: failed calling webhook "virtualmachineinstances-create-mutator.kubevirt.io": failed to call webhook: Post "https://virt-api.kubevirt.svc:443/": no endpoints available for service "virt-api"',
  ],
  [
    'pod-security',
    'pods "x" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities',
  ],
  ['scc', 'pods "x" is forbidden: unable to validate against any security context constraint: []'],
  // openshift/apiserver-library-go, pkg/securitycontextconstraints/sccadmission
  ['scc', 'pods "x" is forbidden: no SecurityContextConstraints found in cluster'],
  ['scc', 'pods "x" is forbidden: no SecurityContextConstraints found in namespace target'],
  ['limit-range', 'pods "x" is forbidden: maximum cpu usage per Container is 4, but limit is 9'],
  ['immutable', 'ConfigMap "config" is invalid: data: Forbidden: field is immutable when `immutable` is set'],
  [undefined, 'virtualmachineinstances.kubevirt.io "x" already exists'],
]

describe('a refusal of the cluster', () => {
  for (const [kind, text] of WORDS)
    it(`is known for ${kind ?? 'nothing'}: ${text.trim().slice(0, 60)}`, () => {
      expect(refusalKind(foreign(text))).to.equal(kind)
      expect(isLastingRefusal(foreign(text))).to.equal(kind !== undefined && kind !== 'webhook-down')
    })

  it('is virt-controller’s, too, where it finds no network', () => {
    const { message } = JSON.parse(input('nad-missing-virt-controller/condition.json')) as { message: string }
    expect(refusalKind(foreign(message))).to.equal('network-missing')
  })
})
