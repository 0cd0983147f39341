/** The wait for one VMI, and what becomes of it. */
import { readDisruption } from '../cluster/disruption.ts'
import type { Vmi } from '../cluster/vmi.ts'
import {
  describeError,
  InterruptedError,
  SuiteError,
  TimeoutError,
  UnrecoverableError,
} from '../common/errors.ts'
import { TITLES } from '../model/role.ts'
import { HOSTNAME_LABEL } from '../model/target-node.ts'
import type { TestbedPlan, VmiPlan } from '../model/testbed.ts'
import { timeouts } from '../model/timeouts.ts'
import type { Cluster } from '../run/connect.ts'
import type { Run } from '../run/run.ts'
import type { BootConsole } from './boot-console.ts'
import type { Configured } from './configure.ts'
import { noteImages } from './note-images.ts'

/**
 * What became of a VMI. `failed` is the cluster's fault, `error` the suite's or the account's; `not-judged` is one that was
 * not waited for, because nothing comes of the run without the other one.
 */
export type VmiOutcome =
  | {
      readonly ready: Vmi
      readonly nodeName: string
      /** Its node's label of that name, where it is not the target's name and may be read. */
      readonly hostname?: string | undefined
    }
  | {
      /** Why, for people. */
      readonly notReady: string
      readonly outcome: 'failed' | 'error' | 'not-judged'
      /** What was thrown: refusals of the API server, or the end of the wait. */
      readonly errors: readonly unknown[]
    }

export function notWaitedFor(why: string): VmiOutcome {
  return { notReady: `the wait for it was given up: ${why}`, outcome: 'not-judged', errors: [] }
}

/** Milliseconds. */
const SAY_EVERY = 1000

/** @throws InterruptedError; what is no SuiteError */
export async function waitReady(
  run: Run,
  { cluster, parameters }: Configured,
  testbed: TestbedPlan,
  vmi: VmiPlan,
  /** Aborted as soon as one of the two will never be ready. */
  hopeless: AbortController,
  console: BootConsole,
): Promise<VmiOutcome> {
  // What comes after needs its share of spec.timeout; a VMI that is not ready by then is the cluster's.
  const left = run.remaining - parameters.testDuration - timeouts.reservedAfterReady
  const timeout = Math.max(Math.min(timeouts.vmiReady, left), Math.min(timeouts.vmiReady, run.remaining / 2))
  const started = performance.now()
  const claim = `the ${TITLES[vmi.role]} to be ready`
  try {
    const ready = await cluster.vmis.waitReady(testbed.namespace, vmi.name, {
      timeout,
      signal: AbortSignal.any([run.limits(timeout).signal, hopeless.signal]),
      // What is seen may stay the same for minutes; that it still is, and for how long, is news as well.
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
    await noteImages(run, cluster.client, testbed.namespace, {
      role: vmi.role,
      name: vmi.name,
      uid: ready.metadata.uid,
    })
    return { ready, nodeName, hostname: await hostnameOf(run, cluster, vmi, nodeName) }
  } catch (error) {
    if (error instanceof InterruptedError && hopeless.signal.aborted && !run.limits(timeout).signal.aborted)
      return notWaitedFor(describeError(hopeless.signal.reason))
    if (error instanceof InterruptedError || !(error instanceof SuiteError)) throw error
    // What ended is told at once; that the other one's time is over as well follows by itself.
    if (!(error instanceof TimeoutError))
      hopeless.abort(new Error(`the ${TITLES[vmi.role]} will never be ready`))
    const isClusters = error instanceof TimeoutError || error instanceof UnrecoverableError
    const wasInterrupted = isClusters && (await isInterruptedByCluster(run, cluster, testbed, vmi, error))
    return {
      notReady: error.message,
      outcome: isClusters && !wasInterrupted ? 'failed' : 'error',
      errors: [error],
    }
  }
}

/**
 * A VMI that others delete, or whose node is drained, rebooted or lost meanwhile, says nothing of the cluster: the same as
 * where it happens during the traffic.
 */
async function isInterruptedByCluster(
  run: Run,
  cluster: Cluster,
  { namespace }: TestbedPlan,
  { name }: VmiPlan,
  error: SuiteError,
): Promise<boolean> {
  if (error.code === 'vmi-deleted') return true
  const limits = run.limits(timeouts.whyNotReady)
  return (await readDisruption(cluster, namespace, name, limits))?.isCertain === true
}

/** Asked for only where it matters: the node may be the target by its label. */
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
