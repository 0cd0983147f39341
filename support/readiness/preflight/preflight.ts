/** The preflight: everything that can be known before anything is created, looked at all at once. */
import { admission } from './admission.ts'
import type { Check, Finding } from './check.ts'
import { cpus, hugepages, placement, vfs } from './capacity.ts'
import { kubeVirtApi, vfInjection } from './kubevirt.ts'
import { leftovers } from './leftovers.ts'
import { network, networkConfig } from './network.ts'
import { networkUsers } from './network-users.ts'
import { nodes } from './nodes.ts'
import { permissions } from './permissions.ts'
import { rate } from './rate.ts'
import { smt } from './smt.ts'
import { sriovState } from './sriov-state.ts'
import type { Survey } from './survey.ts'
import { timeout } from './timeout.ts'

/** In the order they are reported; they are made at the same time. */
export const PREFLIGHT: readonly Check[] = [
  permissions,
  kubeVirtApi,
  network,
  networkConfig,
  networkUsers,
  vfInjection,
  nodes,
  cpus,
  smt,
  hugepages,
  vfs,
  placement,
  sriovState,
  leftovers,
  timeout,
  rate,
  admission,
]

/** What each check found, by its id. */
export type PreflightFindings = ReadonlyMap<string, Finding>

/** @throws InterruptedError only; every other fault is the finding of the check it befell */
export async function examineAll(
  survey: Survey,
  checks: readonly Check[] = PREFLIGHT,
): Promise<PreflightFindings> {
  return new Map(
    await Promise.all(checks.map(async (check) => [check.id, await check.examine(survey)] as const)),
  )
}

/** Ids of the checks that found something that makes a run pointless. */
export function violated(findings: PreflightFindings): readonly string[] {
  return [...findings]
    .filter(([, { outcome }]) => outcome === 'failed' || outcome === 'error')
    .map(([id]) => id)
}
