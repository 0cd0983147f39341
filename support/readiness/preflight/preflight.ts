/** The preflight: all checks that need no testbed, made concurrently. */
import { admission } from './admission.ts'
import type { Check, Finding } from './check.ts'
import { cpus, hugepages, placement, vfs } from './capacity.ts'
import { engine } from './engine.ts'
import { kubeVirtApi, vfInjection } from './kubevirt.ts'
import { leftovers } from './leftovers.ts'
import { matrix } from './matrix.ts'
import { mtu } from './mtu.ts'
import { network, networkConfig } from './network.ts'
import { networkUsers } from './network-users.ts'
import { nodes } from './nodes.ts'
import { permissions } from './permissions.ts'
import { rate } from './rate.ts'
import { smt } from './smt.ts'
import { sriovState } from './sriov-state.ts'
import type { Survey } from './survey.ts'
import { timeout } from './timeout.ts'

/** In the order of reporting; they are made concurrently. */
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
  matrix,
  sriovState,
  engine,
  leftovers,
  timeout,
  rate,
  mtu,
  admission,
]

/** What each check found, by its id. */
export type PreflightFindings = ReadonlyMap<string, Finding>

/** @throws InterruptedError only; any other error is the finding of the check that raised it */
export async function examineAll(
  survey: Survey,
  checks: readonly Check[] = PREFLIGHT,
): Promise<PreflightFindings> {
  return new Map(
    await Promise.all(
      askedOf(checks, survey).map(async (check) => [check.id, await check.examine(survey)] as const),
    ),
  )
}

/** Without those that the parameters do not ask for. */
export function askedOf(checks: readonly Check[], survey: Pick<Survey, 'asks'>): readonly Check[] {
  return checks.filter(({ onlyIf }) => onlyIf === undefined || survey.asks(onlyIf.isAsked))
}

/** Ids of the checks whose findings make a run pointless. */
export function violated(findings: PreflightFindings): readonly string[] {
  return [...findings]
    .filter(([, { outcome }]) => outcome === 'failed' || outcome === 'error')
    .map(([id]) => id)
}
