/** Records of broken clusters for the preflight, with the violations that it must find. */
import type { KubeObject } from '../apiserver/contract.ts'
import { NETWORK_ATTACHMENT_DEFINITIONS, NODES } from '../apiserver/kinds.ts'
import type { GuestlessLab } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const NETWORK = 'dpdk-network'
/** The criteria of the preflight that are skipped without the optional role of docs/permissions.md. */
export const OF_OPTIONAL_ROLE = [
  'precondition.network',
  'preflight.network',
  'preflight.network-users',
  'preflight.vf-injection',
  'preflight.nodes',
  'preflight.cpus',
  'preflight.smt',
  'preflight.hugepages',
  'preflight.vfs',
  'preflight.placement',
  'preflight.sriov-state',
  'preflight.engine',
  'preflight.leftovers',
] as const
export const BOTH = ['lab-node-1', 'lab-node-2'] as const

export const withAllocatable =
  (change: Record<string, unknown>) =>
  ({ status }: KubeObject): Partial<KubeObject> => {
    const before = status as { allocatable: object }
    return { status: { ...before, allocatable: { ...before.allocatable, ...change } } }
  }

export const withConfig = (config: unknown) => (): Partial<KubeObject> => ({
  spec: { config: typeof config === 'string' ? config : JSON.stringify(config) },
})

export interface Case {
  readonly name: string
  readonly break?: (lab: GuestlessLab) => void
  readonly parameters?: Record<string, string>
  /** A part of the message for each violated criterion, by id. No other criterion may be violated. */
  readonly wrong: Readonly<Record<string, string>>
}

export const onNodes = (
  lab: GuestlessLab,
  names: readonly string[],
  change: (node: KubeObject) => Partial<KubeObject>,
) => {
  for (const name of names) lab.change(NODES, name, change)
}
export const onNetwork = (lab: GuestlessLab, change: (nad: KubeObject) => Partial<KubeObject>) => {
  lab.change(NETWORK_ATTACHMENT_DEFINITIONS, NETWORK, change, NAMESPACE)
}
