/** The kinds that the lab's KubeVirt serves. */
import type { KubeObject, ResourceKind } from '../apiserver/contract.ts'
import { asVmi } from './vmi.ts'
import { conditionOf } from '../nodes/condition.ts'

export const VMI: ResourceKind = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstance',
  plural: 'virtualmachineinstances',
  shortNames: ['vmi', 'vmis'],
  namespaced: true,
  custom: true,
  // KubeVirt's VMI has no status subresource: its webhook reverts a user's change of the status.
  hasStatus: false,
  columns: [
    { name: 'Phase', value: (object) => asVmi(object).status.phase ?? '' },
    { name: 'IP', value: (object) => asVmi(object).status.interfaces?.[0]?.ipAddress ?? '' },
    { name: 'NodeName', value: (object) => asVmi(object).status.nodeName ?? '' },
    { name: 'Ready', value: (object) => conditionOf(asVmi(object), 'Ready')?.status ?? '' },
  ],
}

export const KUBEVIRT: ResourceKind = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'KubeVirt',
  plural: 'kubevirts',
  shortNames: ['kv', 'kvs'],
  namespaced: true,
  custom: true,
  hasStatus: true,
  columns: [{ name: 'Phase', value: (object) => phaseOf(object) }],
}

function phaseOf(object: KubeObject): string {
  return (object['status'] as { phase?: string } | undefined)?.phase ?? ''
}
