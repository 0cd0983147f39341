/**
 * A whole run in the cluster: creates the missing ones of account, roles, ConfigMap and Job, follows the Job, fetches
 * its reports, and removes what it created. The first signal ends the Job within its grace period, then everything else
 * goes on as usual; a second signal leaves the Job as it is.
 */
import { isApiError } from '../../cluster/api-error.ts'
import type { Manifest } from '../../cluster/objects.ts'
import { describeError, SuiteError } from '../../common/errors.ts'
import { type Limits, waitFor } from '../../common/wait.ts'
import type { Verdict } from '../../model/report.ts'
import { JOB_GONE_TIMEOUT, timeouts } from '../../model/timeouts.ts'
import type { Cluster } from '../../run/connect.ts'
import { NoReportsError } from '../../run/retrieve/absence.ts'
import { retrieveReports } from '../../run/retrieve/retrieve-reports.ts'
import { verdictLines, verdictOrError } from '../job-end.ts'
import { retrievedText } from '../retrieved-text.ts'
import type { Session } from '../session.ts'
import { waitForJob } from '../wait.ts'
import { isAccountInUse } from './account-in-use.ts'
import { type Created, CreatedObjects } from './created-objects.ts'
import { followUpText, type LeftRun, removeCommands, retrieveCommand } from './follow-up.ts'
import { type CheckupManifests, yamlOf } from './manifests.ts'
import { mustBePermitted, needsAdministrator } from './check-permissions.ts'

export interface JobRunOptions {
  readonly cluster: Cluster
  readonly session: Session
  readonly left: LeftRun
  readonly manifests: CheckupManifests
  /** Folder of the reports. */
  readonly output: string
  /** Milliseconds until the Job must have ended. */
  readonly timeout: number
  /** Whether to leave the Job to itself once it has started. */
  readonly isDetached: boolean
  /** Whether to print the manifests only, and create nothing. */
  readonly isDryRun: boolean
  /** Aborted by the first signal. */
  readonly interrupted: AbortSignal
  /** Aborted by the second signal. */
  readonly abandoned: AbortSignal
}

/** Milliseconds between two checks whether a Job is gone. */
const PAUSE = 500

/** @returns the verdict; undefined after a dry run or if the Job is detached @throws SuiteError, ApiError */
export async function runJob(options: JobRunOptions): Promise<Verdict | undefined> {
  const { cluster, session, left, manifests, interrupted } = options
  const { namespace } = left
  const objects = new CreatedObjects(cluster.client, namespace, left.run)
  const limits: Limits = { signal: interrupted, timeout: timeouts.apiRequest }
  const missing = await objects.missing(manifests.rbac, limits)
  const wanted = [...missing, manifests.configMap, manifests.job]
  if (options.isDryRun) {
    process.stdout.write(yamlOf(wanted))
    return undefined
  }
  const refs = missing.map((manifest) => objects.refOf(manifest))
  await mustBePermitted(cluster.client, namespace, refs, limits)
  let verdict: Verdict | undefined
  try {
    await createAll(objects, wanted, options)
    if (options.isDetached) {
      session.print(`Job ${namespace}/${left.job} is started.\n${followUpText(left)}`)
      return undefined
    }
    verdict = await follow(options)
  } catch (error) {
    session.printError(interrupted.aborted ? endingText(interrupted, jobOf(objects)) : describeError(error))
  }
  try {
    await finish(objects, options, verdict !== undefined)
  } catch (error) {
    session.printError(describeError(error))
    session.printError(`The objects in namespace ${namespace} stay.\n${followUpText(left)}`)
    return 'error'
  }
  if (verdict === undefined && interrupted.aborted)
    session.printError(`${describeError(interrupted.reason)}: the run did not get to its end`)
  return verdict ?? 'error'
}

function jobOf({ created }: CreatedObjects): Created | undefined {
  return created.find(({ ref }) => ref.resource.kind === 'Job')
}

/** What follows a signal. */
function endingText(interrupted: AbortSignal, job: Created | undefined): string {
  const then =
    job === undefined
      ? 'removing what was created for the run'
      : 'ending the Job; press Ctrl-C again to stop waiting and leave the Job running'
  return `${describeError(interrupted.reason)}: ${then}`
}

async function createAll(
  objects: CreatedObjects,
  wanted: readonly Manifest[],
  { session, left, manifests, interrupted, abandoned }: JobRunOptions,
): Promise<void> {
  // Only a second signal aborts a request, because the object may be created although the request was aborted.
  const limits: Limits = { signal: abandoned, timeout: timeouts.apiRequest }
  for (const manifest of wanted) {
    interrupted.throwIfAborted()
    const title = `${manifest.kind} ${left.namespace}/${manifest.metadata.name}`
    try {
      await objects.create(manifest, limits)
    } catch (error) {
      // Kubernetes lets users create a role only if they have all permissions in it.
      if (isApiError(error, 403) && manifests.rbac.includes(manifest))
        throw new SuiteError('forbidden', needsAdministrator(left.namespace), { cause: error })
      throw error
    }
    session.printProgress(`created ${title}`)
  }
}

async function follow({ cluster, session, left, timeout, interrupted }: JobRunOptions): Promise<Verdict> {
  const end = await waitForJob({
    client: cluster.client,
    namespace: left.namespace,
    job: left.job,
    timeout,
    signal: interrupted,
    print: session.printProgress,
    follows: true,
  })
  // The log of the Job was printed already.
  session.print([end.sentence, ...verdictLines(end)].join('\n'))
  return verdictOrError(end)
}

/** Ends the Job if it still runs, fetches the reports, and removes what was created. */
async function finish(objects: CreatedObjects, options: JobRunOptions, hasEnded: boolean): Promise<void> {
  const { session, left, abandoned } = options
  const limits: Limits = { signal: abandoned, timeout: timeouts.apiRequest }
  const job = jobOf(objects)
  if (job !== undefined && !hasEnded) {
    session.printProgress(
      `ending Job ${left.namespace}/${left.job}: waiting for its pod to end within its grace period`,
    )
    await removeJob(objects, job, options, limits)
  }
  const areReportsSafe = job === undefined || (await fetchReports(options, limits))
  if (job !== undefined && hasEnded) await removeJob(objects, job, options, limits)
  const isOfAccount = ({ ref }: Created) => ref.resource.kind !== 'ConfigMap'
  const isInUse =
    objects.created.some(isOfAccount) &&
    (await isAccountInUse(options.cluster.client, options.manifests, left, limits))
  for (const one of objects.created) {
    if (isOfAccount(one) ? isInUse : !areReportsSafe) continue
    await objects.remove(one, limits)
    session.printProgress(`removed ${one.ref.resource.kind} ${left.namespace}/${one.ref.name}`)
  }
  if (!areReportsSafe)
    session.print(`The reports stay in the cluster. Fetch them with:\n  ${retrieveCommand(left)}`)
  if (isInUse)
    session.print('The account and its roles stay, because another Job in the namespace uses them.')
  if (objects.created.length > 0)
    session.print(`Remove the rest later with:\n  ${removeCommands(left).join('\n  ')}`)
}

/**
 * Removes the Job and waits until it is gone: until then its pod needs account and roles, to write its reports and to
 * remove its VMs.
 */
async function removeJob(
  objects: CreatedObjects,
  job: Created,
  { session, left }: JobRunOptions,
  limits: Limits,
): Promise<void> {
  const title = `Job ${left.namespace}/${left.job}`
  await objects.remove(job, limits)
  await waitFor(
    { claim: `${title} to be gone`, interval: PAUSE, signal: limits.signal, timeout: JOB_GONE_TIMEOUT },
    async () =>
      (await objects.isThere(job, limits)) ? { lastSeen: 'its pod has not ended' } : { done: true },
  )
  session.printProgress(`removed ${title}`)
}

/** Whether the reports have been fetched, or there are none. */
async function fetchReports(
  { cluster, session, left, output }: JobRunOptions,
  limits: Limits,
): Promise<boolean> {
  try {
    const place = { namespace: left.namespace, configMap: left.configMap }
    session.print(retrievedText(await retrieveReports(cluster.client, place, output, limits), false))
    return true
  } catch (error) {
    limits.signal.throwIfAborted()
    session.printError(describeError(error))
    return error instanceof NoReportsError
  }
}
