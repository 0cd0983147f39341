/** `dpdk-checkup clean`: removes leftovers of earlier runs. */
import { complain } from '../../common/cli.ts'
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { withHeartbeat } from '../../common/heartbeat.ts'
import type { Limits } from '../../common/wait.ts'
import { timeouts } from '../../model/timeouts.ts'
import type { SweepOptions } from '../../readiness/sweep.ts'
import { type Call, defineCommand } from '../command.ts'
import type { LeftJob } from '../in-cluster/left-jobs.ts'

const OPTIONS = {
  run: { type: 'text', value: 'UID', doc: 'remove only what this run left (the value of either label)' },
  'dry-run': { type: 'flag', doc: 'print what would be removed, and remove nothing' },
  force: { type: 'flag', doc: 'remove even if a ConfigMap says that a run is going on' },
} as const

export const clean = defineCommand({
  name: 'clean',
  summary: 'Remove what runs left behind in a namespace',
  details: `
It removes objects with the label of runs (kubevirt-dpdk-checkup/uid): VMIs and their ConfigMaps. It needs list
and delete on both; list is not one of the permissions that a run needs, so run it as the namespace's
administrator. Jobs that run --in-cluster left (kubevirt-dpdk-checkup/started-by) are removed if they have ended,
or if --run names theirs. Kept reports are not removed.`,
  options: OPTIONS,
  examples: [
    { line: 'clean -n dpdk --dry-run', doc: 'What is left?' },
    { line: 'clean -n dpdk --run 0b5f1f3e', doc: 'Only of one run' },
  ],
  exitCodes: '0 nothing is left (or a dry run), 2 something could not be removed, or must not be',
  usesCluster: true,
  interruption: { again: { warning: 'stopping; press Ctrl-C again to quit now' } },
  run: cleanNamespace,
})

async function cleanNamespace({ options, session }: Call<typeof OPTIONS>): Promise<number> {
  const { run, force } = options
  // It becomes a label's value in a selector, where a comma would add a second requirement.
  if (run !== undefined && !/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(run))
    throw new InvalidInputError(['--run needs the value of a label, as clean --dry-run prints it'])
  const { sweep } = await import('../../readiness/sweep.ts')
  const { readLeftJobs } = await import('../in-cluster/left-jobs.ts')
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster)
  const limits = { signal: session.interrupted, timeout: timeouts.teardown }
  const failures = await withHeartbeat(
    { tell: session.say, what: `cleaning namespace ${namespace}` },
    async (tell) => {
      const jobs = await readLeftJobs(cluster.client, namespace, run, limits)
      const common = { cluster, namespace, run, dryRun: options['dry-run'], force, say: tell }
      const left = await sweep({ ...common, hasOthers: jobs !== undefined && jobs.length > 0 }, limits)
      if (jobs === undefined) tell('Jobs are not checked: this account may not list them')
      else await cleanJobs(jobs, common, limits)
      return left
    },
  )
  failures.forEach(complain)
  return failures.length === 0 ? EXIT_CODE.ok : EXIT_CODE.error
}

/** A Job that runs is removed only if its run is named: it may be somebody's who waits for it. */
async function cleanJobs(
  jobs: readonly LeftJob[],
  { cluster: { client }, namespace, run, dryRun, say }: SweepOptions,
  limits: Limits,
): Promise<void> {
  const { removeLeftJob } = await import('../in-cluster/left-jobs.ts')
  const { removeCommands } = await import('../in-cluster/follow-up.ts')
  for (const job of jobs) {
    const title = `Job ${namespace}/${job.name} (of run ${job.run}, since ${job.since})`
    if (!job.hasEnded && run === undefined) {
      say(`left ${title}: it has not ended; clean --run ${job.run} removes it all the same`)
      continue
    }
    if (dryRun) say(`would remove ${title}`)
    else {
      await removeLeftJob(client, namespace, job, limits)
      say(`removed ${title}`)
      const [, others = ''] = removeCommands({ namespace, run: job.run, job: job.name, configMap: '' })
      say(`its ConfigMap, which the reports go with, and its account stay; to remove them: ${others}`)
    }
  }
}
