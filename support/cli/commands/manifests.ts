/** `dpdk-checkup manifests`: prints the objects of a checkup, for kubectl. */
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { IMAGE_EXPECTED, isImageReference } from '../../common/image-reference.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { mirrorCommand, pulledImages, mirrored, type PulledImage } from '../in-cluster/images.ts'
import { checkupManifests, yamlOf } from '../in-cluster/manifests.ts'
import { PARAMETER_OPTIONS, parameterData, validParameters, withTimeout } from '../parameter-options.ts'
import { stampedImage } from '../version.ts'

const PARTS = ['all', 'rbac', 'configmap', 'job'] as const

const OPTIONS = {
  only: { type: 'text', value: 'PART', choices: PARTS, default: 'all', doc: 'a part of them' },
  image: { type: 'text', value: 'REFERENCE', doc: 'the suite’s image (default: that of the package)' },
  'pull-secret': { type: 'text', value: 'NAME', doc: 'secret with which the suite’s image is pulled' },
  images: {
    type: 'flag',
    doc: 'print the images that a run pulls, and commands to mirror them, instead of manifests',
  },
  mirror: { type: 'text', value: 'REGISTRY/PREFIX', doc: 'with --images: the registry of the mirror' },
  ...PARAMETER_OPTIONS,
  ...FORMAT_OPTION,
} as const

export const manifests = defineCommand({
  name: 'manifests',
  summary: 'Print the manifests of account, roles, ConfigMap and Job, for kubectl apply',
  details: `
It needs no cluster. Without --namespace the manifests name none, and kubectl apply -n decides. If a namespace's
administrator may not create roles, the cluster's administrator applies those once, with --only rbac.`,
  options: OPTIONS,
  examples: [
    {
      words:
        'manifests -n dpdk --network dpdk-network --image registry.example/dpdk/kubevirt-dpdk-checkup:main | kubectl apply -f -',
      doc: 'Run the checkup as a Job',
    },
    { words: 'manifests -n dpdk --only rbac | kubectl apply -f -', doc: 'What an administrator must apply' },
    { words: 'manifests --images --mirror registry.internal/dpdk', doc: 'For a disconnected cluster' },
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
    session.say(imagesText(pulledImages(image, given), mirror, format === 'json'))
    return EXIT_CODE.ok
  }
  const needs = (part: (typeof PARTS)[number]) => only === 'all' || only === part
  const data = withTimeout(given)
  if (needs('configmap')) validParameters(data)
  if (needs('job') && image === undefined) throw new InvalidInputError([NO_IMAGE])
  const all = checkupManifests({
    namespace: session.askedNamespace,
    data,
    image,
    pullSecret: options['pull-secret'],
  })
  const wanted = [
    ...(needs('rbac') ? all.rbac : []),
    ...(needs('configmap') ? [all.configMap] : []),
    ...(needs('job') ? [all.job] : []),
  ]
  process.stdout.write(
    format === 'json' ? `${jsonText({ apiVersion: 'v1', kind: 'List', items: wanted })}\n` : yamlOf(wanted),
  )
  return EXIT_CODE.ok
}

export const NO_IMAGE =
  'no image given for the cluster: name it with --image; `dpdk-checkup images build checkup --push <registry>/<prefix>` builds one'

const NO_SUITE = 'The suite’s own image is not among them: --image names it.'
const PLACEHOLDER = 'registry.example/prefix'

function imagesText(pulled: readonly PulledImage[], mirror: string | undefined, isJson: boolean): string {
  const to = mirror ?? PLACEHOLDER
  if (isJson) return jsonText(pulled.map((one) => ({ ...one, mirrored: mirrored(one, to) })))
  const lines = pulled.map(
    ({ use, reference, digest }) =>
      `${reference}  (${use}${digest === undefined ? '; its tag may move: no digest is given' : ''})`,
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
