/** Waits for one VMI to become ready, and judges the outcome. */
import { readDisruption } from '../cluster/disruption.ts'
import type { BootIds } from '../cluster/node-reboot.ts'
import type { Vmi } from '../cluster/vmi.ts'
import {
  describeError,
  InterruptedError,
  SuiteError,
  TimeoutError,
  UnreachableError,
  UnrecoverableError,
} from '../common/errors.ts'
import { oneLine, shorten } from '../common/text.ts'
import { TITLES } from '../model/role.ts'
import { HOSTNAME_LABEL } from '../model/target-node.ts'
import type { TestbedPlan, VmiPlan } from '../model/testbed.ts'
import { timeouts } from '../model/timeouts.ts'
import type { Cluster } from '../run/connect.ts'
import type { Run } from '../run/run.ts'
import type { BootConsole } from './boot-console.ts'
import type { Provisionable } from './configure.ts'

/**
 * The outcome of the wait for a VMI. `failed` is the cluster's fault, `error` the suite's or the account's;
 * `not-judged`: the wait was ended, because the other VMI failed and the run needs both.
 */
export type VmiOutcome =
  | {
      readonly ready: Vmi
      readonly nodeName: string
      /** The hostname label of its node, if it differs from the target's name and is readable. */
      readonly hostname?: string | undefined
    }
  | {
      /** Why it is not ready, as a sentence. */
      readonly notReady: string
      readonly outcome: 'failed' | 'error' | 'not-judged'
      /** The errors: refusals of the API server, or the end of the wait. */
      readonly errors: readonly unknown[]
    }

export function notWaitedFor(why: string): VmiOutcome {
  return { notReady: `the run stopped waiting for this VMI: ${why}`, outcome: 'not-judged', errors: [] }
}

/** Milliseconds. */
const SAY_EVERY = 1000

/** @throws InterruptedError; any error that is not a SuiteError */
export async function waitReady(
  run: Run,
  { cluster, parameters, bootIds }: Provisionable,
  testbed: TestbedPlan,
  vmi: VmiPlan,
  /** Aborted once one of the two VMIs can no longer become ready. */
  neverReady: AbortController,
  console: BootConsole,
  /** Milliseconds after which a VMI that fits no node is given up; by default it may find room until the end. */
  unscheduledFor = Infinity,
): Promise<VmiOutcome> {
  // Later stages need their share of spec.timeout. A VMI that is not ready by then is the cluster's fault.
  const left = run.remaining - parameters.testDuration - timeouts.reservedAfterReady
  const timeout = Math.max(Math.min(timeouts.vmiReady, left), Math.min(timeouts.vmiReady, run.remaining / 2))
  const started = performance.now()
  const claim = `the ${TITLES[vmi.role]} to be ready`
  try {
    const ready = await cluster.vmis.waitReady(testbed.namespace, vmi.name, {
      timeout,
      unscheduledFor,
      signal: AbortSignal.any([run.limits(timeout).signal, neverReady.signal, console.neverBoots]),
      // A state can last for minutes; repeating it shows that the run is still waiting.
      seenAgain: SAY_EVERY,
      onRunning: () => {
        console.watch()
      },
      onSeen: (lastSeen) => {
        run.progress.waiting({ claim, lastSeen, elapsed: performance.now() - started, limit: timeout })
      },
    })
    const nodeName = ready.status?.nodeName ?? 'unknown'
    run.journal.guest(vmi.role, { nodeName })
    return { ready, nodeName, hostname: await hostnameOf(run, cluster, vmi, nodeName) }
  } catch (thrown) {
    const wasGivenUp = thrown instanceof InterruptedError && !run.limits(timeout).signal.aborted
    const neverBoots = wasGivenUp && console.neverBoots.aborted
    if (wasGivenUp && !neverBoots && neverReady.signal.aborted)
      return notWaitedFor(describeError(neverReady.signal.reason))
    const error = neverBoots ? endOfBoot(vmi, console.neverBoots.reason) : thrown
    if (error instanceof InterruptedError || !(error instanceof SuiteError)) throw error
    // A VMI that can no longer become ready is reported at once; a timeout is usually that of both, and an API server
    // that does not answer is away for both.
    if (!(error instanceof TimeoutError || error instanceof UnreachableError))
      neverReady.abort(new Error(`the ${TITLES[vmi.role]} will never be ready`))
    const isClusters = error instanceof TimeoutError || error instanceof UnrecoverableError
    const wasInterrupted =
      isClusters && (await isInterruptedByCluster(run, cluster, testbed, vmi, bootIds, error))
    return {
      notReady: error.message,
      outcome: isClusters && !wasInterrupted ? 'failed' : 'error',
      errors: [error],
    }
  }
}

/** Nobody waits for a guest whose console says that it waits for a person, or has nothing to boot. */
function endOfBoot({ name, role }: VmiPlan, reason: unknown): UnrecoverableError {
  const text = shorten(oneLine(String(reason)), 200)
  return new UnrecoverableError(
    `VMI ${name} will never be ready: its guest does not boot, and its console ends with "${text}"`,
    { facts: { guest: TITLES[role], lastSeen: text } },
  )
}

/**
 * If another client deletes a VMI, or its node is drained, rebooted or lost, the cluster cannot be judged. The same
 * holds during the traffic.
 */
async function isInterruptedByCluster(
  run: Run,
  cluster: Cluster,
  { namespace }: TestbedPlan,
  { name }: VmiPlan,
  bootIds: BootIds | undefined,
  error: SuiteError,
): Promise<boolean> {
  if (error.code === 'vmi-deleted') return true
  const limits = run.limits(timeouts.whyNotReady)
  return (await readDisruption(cluster, namespace, name, bootIds, limits))?.isCertain === true
}

/** Read only if needed: the node may match the target by its label. */
async function hostnameOf(
  run: Run,
  { inventory }: Cluster,
  { targetNode }: VmiPlan,
  nodeName: string,
): Promise<string | undefined> {
  if (targetNode === undefined || targetNode === nodeName) return undefined
  try {
    const node = await inventory.node(nodeName, run.limits(timeouts.apiRequest))
    return 'found' in node ? node.found.metadata.labels?.[HOSTNAME_LABEL] : undefined
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    return undefined
  }
}
