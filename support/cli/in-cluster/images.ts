/** All images that a run pulls, and how to copy them to a mirror for a cluster without access to public registries. */
import { commandLine } from '../../common/shell-quote.ts'
import { PARAMETER_PREFIX, PARAMETERS } from '../../readiness/parameters.ts'

export interface PulledImage {
  /** What the image is used for. */
  readonly use: string
  readonly reference: string
  /** Undefined if the reference has no digest. */
  readonly digest: string | undefined
  /** The parameter that names another image; undefined for the suite's own. */
  readonly parameter: string | undefined
}

const DISKS = {
  'VM under test': 'vmUnderTestContainerDiskImage',
  'traffic generator': 'trafficGenContainerDiskImage',
} as const satisfies Readonly<Record<string, keyof typeof PARAMETERS>>

/** @param checkup the suite's image @param data keys of the checkup's ConfigMap */
export function pulledImages(
  checkup: string | undefined,
  data: Readonly<Record<string, string>>,
): readonly PulledImage[] {
  const disks = Object.entries(DISKS).map(([use, parameter]) => {
    const reference = data[PARAMETER_PREFIX + parameter] ?? PARAMETERS[parameter].default
    return image(`container disk of the ${use}`, reference, parameter)
  })
  return [...(checkup === undefined ? [] : [image('the suite', checkup, undefined)]), ...disks]
}

function image(use: string, reference: string, parameter: string | undefined): PulledImage {
  const [, digest] = reference.split('@')
  return { use, reference, digest, parameter }
}

/** An image's reference in the mirror: the last part of its path, with its tag or digest. */
export function mirrored({ reference }: PulledImage, mirror: string): string {
  return `${mirror.replace(/\/+$/, '')}/${reference.slice(reference.lastIndexOf('/') + 1)}`
}

/** skopeo copies from registry to registry, without a daemon. */
export function mirrorCommand(pulled: PulledImage, mirror: string): string {
  const to = mirrored(pulled, mirror).replace(/@.*/, '')
  return commandLine('skopeo', 'copy', '--all', `docker://${pulled.reference}`, `docker://${to}`)
}
