/** `dpdk-checkup clean`: removes leftovers of earlier runs. */
import { printError } from '../../common/cli.ts'
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { withHeartbeat } from '../../common/heartbeat.ts'
import type { Limits } from '../../common/wait.ts'
import { timeouts } from '../../model/timeouts.ts'
import type { SweepOptions } from '../../readiness/sweep.ts'
import { type Call, defineCommand } from '../command.ts'
import type { LeftJob } from '../in-cluster/left-jobs.ts'

const OPTIONS = {
  run: {
    type: 'text',
    value: 'UID',
    doc: 'remove only the objects of this run (UID: the value of the run’s label)',
  },
  'dry-run': { type: 'flag', doc: 'print the objects that would be removed, and remove nothing' },
  force: { type: 'flag', doc: 'remove objects even if a ConfigMap says that a run is going on' },
} as const

export const clean = defineCommand({
  name: 'clean',
  summary: 'Remove the objects that runs left in a namespace',
  details: `
It removes VMIs and their ConfigMaps with the label of runs (kubevirt-dpdk-checkup/uid). It needs the permissions
list and delete on both. A run's account may not list them, so use the account of the namespace's administrator.
It removes a Job of run --in-cluster (label kubevirt-dpdk-checkup/started-by) if the Job has ended, or if --run names
its run. It keeps reports.`,
  options: OPTIONS,
  examples: [
    { line: 'clean -n dpdk --dry-run', doc: 'Only print the objects' },
    { line: 'clean -n dpdk --run 0b5f1f3e', doc: 'Only the objects of one run' },
  ],
  exitCodes:
    '0 no objects are left (or a dry run), 2 an object could not be removed, or belongs to a run that is going on',
  usesCluster: true,
  interruption: { again: { warning: 'stopping; press Ctrl-C again to quit now' } },
  run: cleanNamespace,
})

async function cleanNamespace({ options, session }: Call<typeof OPTIONS>): Promise<number> {
  const { run, force } = options
  // It becomes a label's value in a selector, where a comma would add a second requirement.
  if (run !== undefined && !/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(run))
    throw new InvalidInputError(['--run needs the value of a run’s label: clean --dry-run prints it'])
  const { sweep } = await import('../../readiness/sweep.ts')
  const { readLeftJobs } = await import('../in-cluster/left-jobs.ts')
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster)
  const limits = { signal: session.interrupted, timeout: timeouts.teardown }
  const failures = await withHeartbeat(
    { tell: session.print, what: `cleaning namespace ${namespace}` },
    async (tell) => {
      const jobs = await readLeftJobs(cluster.client, namespace, run, limits)
      const common = { cluster, namespace, run, dryRun: options['dry-run'], force, print: tell }
      const left = await sweep({ ...common, hasOthers: jobs !== undefined && jobs.length > 0 }, limits)
      if (jobs === undefined) tell('Jobs are not checked: this account may not list them')
      else await cleanJobs(jobs, common, limits)
      return left
    },
  )
  failures.forEach(printError)
  return failures.length === 0 ? EXIT_CODE.ok : EXIT_CODE.error
}

/** A Job that runs is removed only if its run is named: it may be somebody's who waits for it. */
async function cleanJobs(
  jobs: readonly LeftJob[],
  { cluster: { client }, namespace, run, dryRun, print }: SweepOptions,
  limits: Limits,
): Promise<void> {
  const { removeLeftJob } = await import('../in-cluster/left-jobs.ts')
  const { removeCommands } = await import('../in-cluster/follow-up.ts')
  for (const job of jobs) {
    const title = `Job ${namespace}/${job.name} (of run ${job.run}, since ${job.since})`
    if (!job.hasEnded && run === undefined) {
      print(`left ${title}: it has not ended; clean --run ${job.run} removes it anyway`)
      continue
    }
    if (dryRun) print(`would remove ${title}`)
    else {
      await removeLeftJob(client, namespace, job, limits)
      print(`removed ${title}`)
      const [, others = ''] = removeCommands({ namespace, run: job.run, job: job.name, configMap: '' })
      print(`its account stays, and its ConfigMap, to which the reports belong; remove them with: ${others}`)
    }
  }
}
