/** The VMIs that a run which did not pass keeps for debugging, with `keepOnFailure`. */
import { TITLES } from '../model/role.ts'
import { RUN_LABEL, type TestbedPlan, type VmiPlan } from '../model/testbed.ts'
import { isApiError } from '../cluster/api-error.ts'
import { commandLine } from '../common/shell-quote.ts'
import type { Limits } from '../common/wait.ts'
import type { Cluster } from '../run/connect.ts'
import { deleteCommand } from './preflight/leftovers.ts'

/**
 * Sentences with the commands to reach and to remove the kept objects; they contain no secret. Empty if nothing was
 * created.
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
      // An object that cannot be read may exist: if unsure, list it anyway.
      return !isApiError(error, 404)
    }
  }
  const planned = Object.values(testbed.vmis)
  const there = await Promise.all(planned.map(isThere))
  const kept = planned.filter((_, index) => there[index])
  const run = labels[RUN_LABEL]
  if (kept.length === 0 || run === undefined) return []
  const sweep = commandLine('npx', 'dpdk-checkup', 'clean', '--namespace', namespace, '--run', run)
  const owned = ownerReferences.length > 0 ? "; they are deleted together with the checkup's pod" : ''
  return [
    ...kept.map(
      ({ role, name }) =>
        `the ${TITLES[role]} is kept for debugging: connect with connect with ${commandLine('virtctl', 'console', '-n', namespace, name)} ` +
        '(the console is still logged in as root if the run had logged in)',
    ),
    `remove the kept objects with: ${sweep}, or ${deleteCommand(namespace, run)}${owned}`,
  ]
}
