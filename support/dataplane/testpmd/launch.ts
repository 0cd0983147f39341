/** Starts dpdk-testpmd and its ports, within the limits of the NIC. */
import { isSuiteError } from '../../common/errors.ts'
import type { Logger } from '../../common/logger.ts'
import { plural } from '../../common/text.ts'
import type { Limits } from '../../common/wait.ts'
import type { InteractiveProgram, Shell } from '../../guest/console/shell.ts'
import { consoleLines } from '../guest-output.ts'
import { DESCRIPTORS, testpmdCommandLine, type TestpmdPlan } from './command.ts'
import { explainStartFailure, TestpmdStartError } from './start-failure.ts'

const PROMPT = 'testpmd> '

/**
 * Starts testpmd and waits for its prompt. If the NIC has fewer queues or descriptors than planned, restarts testpmd
 * with those and logs a warning.
 * @returns the program, and the plan with which it runs
 * @throws TestpmdStartError
 */
export async function launch(
  shell: Shell,
  plan: TestpmdPlan,
  rest: () => Limits,
  logger: Logger,
): Promise<[InteractiveProgram, TestpmdPlan]> {
  const started = await start(shell, plan, rest)
  if (!(started instanceof TestpmdStartError)) return [started, plan]
  const fewer = withinLimits(plan, started)
  if (fewer === undefined) throw started
  logger.warn(`the NIC has ${fewer.has}; restarting testpmd with ${fewer.isOne ? 'that one' : 'those'}`)
  return launch(shell, fewer.plan, rest, logger)
}

/** @returns an error if testpmd exits, or if it shows its prompt although its ports did not start */
async function start(
  shell: Shell,
  plan: TestpmdPlan,
  rest: () => Limits,
): Promise<InteractiveProgram | TestpmdStartError> {
  let program
  try {
    program = await shell.open(testpmdCommandLine(plan), PROMPT, rest())
  } catch (error) {
    if (!isSuiteError(error, 'program-ended')) throw error
    const { output = '', exitCode } = error.facts
    return new TestpmdStartError(shell.guest, explainStartFailure(output, exitCode), { cause: error })
  }
  // After this message, an interactive testpmd exits in DPDK 22.11, but not in 23.11 (main in app/test-pmd/testpmd.c).
  if (!consoleLines(program.banner).some((line) => /^Start ports? failed$/.test(line))) return program
  await program.quit('quit', rest())
  return new TestpmdStartError(shell.guest, explainStartFailure(program.banner), {
    what: 'did not start its ports',
  })
}

interface FewerPlan {
  readonly plan: TestpmdPlan
  /** The NIC's limit, for the warning. */
  readonly has: string
  readonly isOne: boolean
}

/** The plan reduced to the NIC's limits; undefined if they are not why testpmd did not start. */
function withinLimits(
  plan: TestpmdPlan,
  { maxQueues, maxDescriptors }: TestpmdStartError,
): FewerPlan | undefined {
  if (maxQueues !== undefined && maxQueues >= 1 && maxQueues < plan.queues)
    return {
      plan: { ...plan, queues: maxQueues },
      has: `${plural(maxQueues, 'queue')} instead of ${plan.queues}`,
      isOne: maxQueues === 1,
    }
  const before = { rx: DESCRIPTORS, tx: DESCRIPTORS, ...plan.descriptors }
  const fewer = (['rx', 'tx'] as const).flatMap((direction) => {
    const most = maxDescriptors?.[direction]
    return most === undefined || most >= before[direction] ? [] : [{ direction, most }]
  })
  if (fewer.length === 0) return undefined
  const descriptors = Object.fromEntries(fewer.map(({ direction, most }) => [direction, most]))
  return {
    plan: { ...plan, descriptors: { ...plan.descriptors, ...descriptors } },
    has: fewer
      .map(
        ({ direction, most }) =>
          `${most} descriptors in each ${direction.toUpperCase()} queue instead of ${before[direction]}`,
      )
      .join(' and '),
    isOne: false,
  }
}
