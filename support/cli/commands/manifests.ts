/** `dpdk-checkup manifests`: prints the objects of a checkup, for kubectl. */
import { stringify } from 'yaml'
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { IMAGE_EXPECTED, isImageReference } from '../../common/image-reference.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { mirrorCommand, pulledImages, mirrored, type PulledImage } from '../in-cluster/images.ts'
import { checkupManifests, yamlOf } from '../in-cluster/manifests.ts'
import { isSchedule, type Schedule, SCHEDULE_EXPECTED, scheduleManifests } from '../in-cluster/schedule.ts'
import { keptRuns } from '../kept-runs.ts'
import { PARAMETER_OPTIONS, parameterData, validParameters, withTimeout } from '../parameter-options.ts'
import { sonobuoyPlugin } from '../sonobuoy/plugin.ts'
import { stampedImage } from '../version.ts'

const PARTS = ['all', 'rbac', 'configmap', 'job', 'cronjob', 'sonobuoy'] as const
const USUAL_PARTS: readonly string[] = ['rbac', 'configmap', 'job']

/** Number of runs of a schedule whose reports are kept by default. */
const KEPT_RUNS = 8
const DEFAULT_SCHEDULE = '@weekly'

const OPTIONS = {
  only: { type: 'text', value: 'PART', choices: PARTS, default: 'all', doc: 'which manifests to print' },
  image: { type: 'text', value: 'REFERENCE', doc: 'the suite’s image (default: the image of this package)' },
  'pull-secret': { type: 'text', value: 'NAME', doc: 'secret for pulling the suite’s image' },
  images: {
    type: 'flag',
    doc: 'instead of manifests, print the images that a run pulls, and commands to mirror them',
  },
  mirror: { type: 'text', value: 'REGISTRY/PREFIX', doc: 'with --images: the registry of the mirror' },
  schedule: {
    type: 'text',
    value: 'CRON',
    doc: 'with --only cronjob: when to run, e.g. "0 3 * * 0" (weekly)',
  },
  keep: {
    type: 'text',
    value: 'N',
    doc: `with --only cronjob: of how many runs the cluster keeps the reports (default: ${KEPT_RUNS})`,
  },
  ...PARAMETER_OPTIONS,
  ...FORMAT_OPTION,
} as const

export const manifests = defineCommand({
  name: 'manifests',
  summary: 'Print the manifests of account, roles, ConfigMap and Job, for kubectl apply',
  details: `
--only cronjob prints a CronJob and the role that it needs in addition to those of --only rbac; each of its runs creates
its own ConfigMap. --only sonobuoy prints the definition of a Sonobuoy plugin. all includes neither of the two.
The command needs no cluster. Without --namespace the manifests contain no namespace: set it with kubectl apply -n. If
the namespace's administrator may not create roles, the cluster's administrator applies --only rbac once.`,
  options: OPTIONS,
  examples: [
    {
      line: 'manifests -n dpdk --network dpdk-network --image registry.example/dpdk/kubevirt-dpdk-checkup:main | kubectl apply -f -',
      doc: 'Run the checkup as a Job',
    },
    { line: 'manifests -n dpdk --only rbac | kubectl apply -f -', doc: 'What an administrator must apply' },
    {
      line: 'manifests -n dpdk --network dpdk-network --image registry.example/dpdk/kubevirt-dpdk-checkup:main --only cronjob --schedule "0 3 * * 0" | kubectl apply -f -',
      doc: 'Run it each Sunday at 3:00',
    },
    { line: 'manifests --images --mirror registry.internal/dpdk', doc: 'For a disconnected cluster' },
  ],
  usesCluster: true,
  run: printManifests,
})

function printManifests({ options, session }: Call<typeof OPTIONS>): number {
  const { only, images, mirror, format } = options
  const image = options.image ?? stampedImage()
  if (image !== undefined && !isImageReference(image))
    throw new InvalidInputError([`--image must be ${IMAGE_EXPECTED}, not ${image}`])
  const given = parameterData(options)
  if (images) {
    session.print(imagesText(pulledImages(image, given), mirror, format === 'json'))
    return EXIT_CODE.ok
  }
  const needs = (...parts: readonly (typeof PARTS)[number][]) =>
    parts.some((part) => only === part || (only === 'all' && USUAL_PARTS.includes(part)))
  const data = withTimeout(given)
  if (needs('configmap', 'cronjob', 'sonobuoy')) validParameters(data)
  if (needs('job', 'cronjob', 'sonobuoy') && image === undefined) throw new InvalidInputError([NO_IMAGE])
  const filledIn = { namespace: session.askedNamespace, data, image, pullSecret: options['pull-secret'] }
  const schedule = scheduleOf(options)
  if (only === 'sonobuoy') {
    const plugin = sonobuoyPlugin(filledIn)
    process.stdout.write(format === 'json' ? `${jsonText(plugin)}\n` : stringify(plugin))
    return EXIT_CODE.ok
  }
  const all = checkupManifests(filledIn)
  const wanted = [
    ...(needs('rbac') ? all.rbac : []),
    ...(needs('configmap') ? [all.configMap] : []),
    ...(needs('job') ? [all.job] : []),
    ...(needs('cronjob') ? scheduleManifests(filledIn, schedule) : []),
  ]
  process.stdout.write(
    format === 'json' ? `${jsonText({ apiVersion: 'v1', kind: 'List', items: wanted })}\n` : yamlOf(wanted),
  )
  return EXIT_CODE.ok
}

/** @throws InvalidInputError if an option is invalid, or goes with another part */
function scheduleOf({
  only,
  schedule,
  keep,
}: Pick<Call<typeof OPTIONS>['options'], 'only' | 'schedule' | 'keep'>): Schedule {
  const alone = Object.entries({ schedule, keep }).filter(([, value]) => value !== undefined)
  if (only !== 'cronjob' && alone.length > 0)
    throw new InvalidInputError(alone.map(([name]) => `--${name} goes with --only cronjob`))
  if (schedule !== undefined && !isSchedule(schedule))
    throw new InvalidInputError([`--schedule must be ${SCHEDULE_EXPECTED}, not ${schedule}`])
  return { schedule: schedule ?? DEFAULT_SCHEDULE, keep: keptRuns(keep) ?? KEPT_RUNS }
}

export const NO_IMAGE =
  'the suite’s image is not given: name an image with --image; `dpdk-checkup images build checkup --push <registry>/<prefix>` builds one'

const NO_SUITE = 'The list lacks the suite’s own image: name it with --image.'
const PLACEHOLDER = 'registry.example/prefix'

function imagesText(pulled: readonly PulledImage[], mirror: string | undefined, isJson: boolean): string {
  const to = mirror ?? PLACEHOLDER
  if (isJson) return jsonText(pulled.map((one) => ({ ...one, mirrored: mirrored(one, to) })))
  const lines = pulled.map(
    ({ use, reference, digest }) =>
      `${reference}  (${use}${digest === undefined ? '; no digest: the tag can move to another image' : ''})`,
  )
  const parameters = pulled.flatMap((one) =>
    one.parameter === undefined ? [] : [`  --set ${one.parameter}=${mirrored(one, to)}`],
  )
  return [
    ...lines,
    ...(pulled.some(({ parameter }) => parameter === undefined) ? [] : [NO_SUITE]),
    '',
    'Mirror them:',
    ...pulled.map((one) => `  ${mirrorCommand(one, to)}`),
    '',
    'and run with:',
    ...parameters,
  ].join('\n')
}
