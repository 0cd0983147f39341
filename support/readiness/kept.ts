/** VMIs that a run which did not pass leaves for debugging, where `keepOnFailure` asks for it. */
import { TITLES } from '../model/role.ts'
import { RUN_LABEL, type TestbedPlan, type VmiPlan } from '../model/testbed.ts'
import { isApiError } from '../cluster/api-error.ts'
import { commandLine } from '../common/shell-quote.ts'
import type { Limits } from '../common/wait.ts'
import type { Cluster } from '../run/connect.ts'
import { deleteCommand } from './preflight/leftovers.ts'

/**
 * How to reach what is left, and how to remove it: sentences for people, without any secret. Empty where
 * nothing was made.
 */
export async function describeKept(
  { vmis }: Pick<Cluster, 'vmis'>,
  testbed: TestbedPlan,
  limits: Limits,
): Promise<string[]> {
  const { namespace, labels, ownerReferences } = testbed
  const isThere = async ({ name }: VmiPlan) => {
    try {
      await vmis.get(namespace, name, limits)
      return true
    } catch (error) {
      // What can't be asked may be there: better named in vain than forgotten.
      return !isApiError(error, 404)
    }
  }
  const planned = Object.values(testbed.vmis)
  const there = await Promise.all(planned.map(isThere))
  const kept = planned.filter((_, index) => there[index])
  const run = labels[RUN_LABEL]
  if (kept.length === 0 || run === undefined) return []
  const sweep = commandLine('npx', 'dpdk-checkup', 'clean', '--namespace', namespace, '--run', run)
  const owned = ownerReferences.length > 0 ? "; they go with the checkup's pod when that is deleted" : ''
  return [
    ...kept.map(
      ({ role, name }) =>
        `the ${TITLES[role]} is left for debugging: ${commandLine('virtctl', 'console', '-n', namespace, name)} ` +
        '(where the run had logged in, root still is)',
    ),
    `remove what was left with: ${sweep}, or ${deleteCommand(namespace, run)}${owned}`,
  ]
}
