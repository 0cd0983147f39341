/** `dpdk-checkup run`: runs the whole checkup, from this machine or as a Job in the cluster. */
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { IMAGE_EXPECTED, isImageReference } from '../../common/image-reference.ts'
import type { Parameters } from '../../readiness/parameters.ts'
import { type Call, defineCommand } from '../command.ts'
import { EXIT_CODE_OPTION, exitCodes } from '../exit-code-option.ts'
import { keptRuns } from '../kept-runs.ts'
import { PARAMETER_OPTIONS, parameterData, validParameters, withTimeout } from '../parameter-options.ts'
import { stampedImage } from '../version.ts'
import { NO_IMAGE } from './manifests.ts'

const OPTIONS = {
  'in-cluster': { type: 'flag', doc: 'run the checkup as a Job in the cluster, not on this machine' },
  image: {
    type: 'text',
    value: 'REFERENCE',
    doc: 'with --in-cluster: the suite’s image (default: the image of this package)',
  },
  'pull-secret': {
    type: 'text',
    value: 'NAME',
    doc: 'with --in-cluster: secret for pulling the suite’s image',
  },
  'dry-run': {
    type: 'flag',
    doc: 'with --in-cluster: print the objects that would be created, and create nothing',
  },
  detach: { type: 'flag', doc: 'with --in-cluster: start the Job, print the next commands, and end' },
  output: {
    type: 'text',
    value: 'FOLDER',
    default: 'reports',
    doc: 'folder for reports; each run creates a new folder in it',
  },
  keep: {
    type: 'text',
    value: 'N',
    doc: 'keep the ConfigMap of the run in the cluster, with the reports in it; of all kept ConfigMaps, the latest N stay',
  },
  ...PARAMETER_OPTIONS,
  resume: {
    type: 'text',
    value: 'REPORT',
    doc: 'with --nodes: do not repeat the pairs that an interrupted run measured; FILE is the report.json of this run, or its folder',
  },
  ...EXIT_CODE_OPTION,
} as const

export const run = defineCommand({
  name: 'run',
  summary: 'Run the checkup, on this machine or as a Job in the cluster',
  details: `
On this machine it creates the ConfigMap of the run, judges the cluster with the account of the kubeconfig, and
writes the reports. With --in-cluster it creates the account, roles, ConfigMap and Job that do not exist, follows
the Job, fetches the reports, and removes the objects that it created. It never changes or removes other objects.

Ctrl-C ends the run within its grace period, fetches the existing reports, and removes the created objects. A
second Ctrl-C leaves a Job running, and prints the next commands.`,
  options: OPTIONS,
  examples: [
    { line: 'run -n dpdk --network dpdk-network', doc: 'From this machine' },
    {
      line: 'run -n dpdk --network dpdk-network --rate 4m --in-cluster --image registry.example/dpdk/kubevirt-dpdk-checkup:main',
      doc: 'As a Job, with half the usual rate',
    },
    { line: 'run -n dpdk --network dpdk-network --nodes worker-1,worker-2', doc: 'On two nodes' },
    {
      line: 'run -n dpdk --network dpdk-network --nodes all --pairs ring --timeout 1h',
      doc: 'Between all nodes: each node sends once and receives once',
    },
  ],
  exitCodes:
    '0 passed, 1 the cluster did not meet a criterion (or passed with waivers, without --accept-waivers), 2 inconclusive or an error',
  usesCluster: true,
  run: runCheckup,
})

async function runCheckup({ options, session }: Call<typeof OPTIONS>): Promise<number> {
  const exitCodeOf = exitCodes(options['exit-code'])
  const data = withTimeout(parameterData(options, session.isVerbose ? ['verbose=true'] : []))
  const parameters = validParameters(data)
  const { timeout, acceptWaivers } = parameters
  const isInCluster = options['in-cluster']
  const ofJob = ['image', 'pull-secret', 'dry-run', 'detach'] as const
  const alone = ofJob.filter((name) => options[name] !== undefined && options[name] !== false)
  if (!isInCluster && alone.length > 0)
    throw new InvalidInputError(alone.map((name) => `--${name} goes with --in-cluster`))
  const keep = keptRuns(options.keep)
  if (isInCluster && keep !== undefined)
    throw new InvalidInputError(['--keep cannot be combined with --in-cluster, which fetches the reports'])
  if (isInCluster && options.resume !== undefined)
    throw new InvalidInputError([
      '--resume cannot be combined with --in-cluster: the report is on this machine',
    ])
  if (options.output === '') throw new InvalidInputError(['--output is empty'])
  if (!isInCluster) {
    const { runHere } = await import('../run-here.ts')
    const { output, resume } = options
    if (resume !== undefined) await mustBeResumable(resume, parameters)
    const { verdict } = await runHere({ data, output, resume, keep, session })
    return exitCodeOf(verdict, acceptWaivers)
  }
  const { runThere } = await import('../in-cluster/run-there.ts')
  const verdict = await runThere({
    data,
    image: imageOf(options.image),
    pullSecret: options['pull-secret'],
    output: options.output,
    timeout,
    isDetached: options.detach,
    isDryRun: options['dry-run'],
    session,
  })
  return verdict === undefined ? EXIT_CODE.ok : exitCodeOf(verdict, acceptWaivers)
}

/** Before anything is created. @throws InvalidInputError if it is not the report of a run over many nodes */
async function mustBeResumable(report: string, parameters: Parameters): Promise<void> {
  const { readResumed, RESUME_VARIABLE } = await import('../../readiness/matrix/resume.ts')
  await readResumed({ [RESUME_VARIABLE]: report }, parameters)
}

/** @throws InvalidInputError if no image is given and the package names none */
function imageOf(given: string | undefined): string {
  const image = given ?? stampedImage()
  if (image === undefined) throw new InvalidInputError([NO_IMAGE])
  if (!isImageReference(image))
    throw new InvalidInputError([`--image must be ${IMAGE_EXPECTED}, not ${image}`])
  return image
}
