/** Parses the arguments of `npm run images --`. */
import { InvalidInputError } from '../../support/common/errors.ts'
import { parseOptions } from '../../support/common/parse-options.ts'
import type { ImageVariant } from '../guests/image-inputs.ts'

export const IMAGES = ['checkup', 'vm-under-test', 'traffic-gen', 'testpmd'] as const
export type ImageName = (typeof IMAGES)[number]

export const DEFAULT_BASE = 'gcr.io/distroless/nodejs24-debian13:nonroot'

export interface ImagesArguments {
  readonly help: boolean
  readonly images: readonly ImageName[]
  /** Base of the checkup's image: the name of an image with Node.js 24, or `debian` to build one here. */
  readonly base: string
  readonly guestImage: ImageVariant
  /** Folder for the OCI archives; undefined for the default. */
  readonly output: string | undefined
  /** `<registry>/<prefix>` to push to, instead of writing archives. */
  readonly push: string | undefined
  readonly tag: string
}

const OPTIONS = {
  base: { type: 'string' },
  'guest-image': { type: 'string' },
  output: { type: 'string' },
  push: { type: 'string' },
  tag: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export const HELP = `
Usage:
  npm run images -- [options] [image …]

Builds the images that a cluster needs, with buildah or podman, whichever is installed: checkup (the suite),
vm-under-test and traffic-gen (the guests' container disks), and testpmd (the programs of the rootless pods, from
Debian's packages). Without an image, it builds all of them. Each image becomes an OCI archive, with a list of its
contents next to it.

Options:
  --output DIR             folder of the archives (default: kubevirt-dpdk-checkup/container-images in the
                           user's cache)
  --push REGISTRY/PREFIX   push the images instead of writing archives, e.g. registry.example/dpdk; log in
                           with buildah login or podman login first
  --tag TAG                tag of all images (default main)
  --base IMAGE|debian      base of the checkup image: an image with Node.js 24
                           (default ${DEFAULT_BASE}),
                           or debian: a base from Debian's packages and npm's node, which needs no registry
  --guest-image full|minimal
                           contents of the container disks: cloud-init and tuned (default), or the lab's
                           replacements for them
  -h, --help               this text

If TREX_ARCHIVE in the environment is the path of a TRex release (tar.gz), traffic-gen contains TRex.
Run it as root to build the guests' disks.

Exit code: 0 all images were built (and pushed), 2 otherwise.
`.trimStart()

/** @throws InvalidInputError naming every invalid argument */
export function parseImagesArguments(args: readonly string[]): ImagesArguments {
  const { values, positionals } = parseOptions(args, OPTIONS)
  const violations: string[] = []
  const images = new Set<ImageName>()
  for (const argument of positionals) {
    const name = IMAGES.find((image) => image === argument)
    if (name === undefined) violations.push(`there is no image ${argument}, only ${IMAGES.join(', ')}`)
    else images.add(name)
  }
  const { base = DEFAULT_BASE, 'guest-image': guestImage = 'full', output, push, tag = 'main' } = values
  if (guestImage !== 'minimal' && guestImage !== 'full')
    violations.push(`--guest-image takes full or minimal, not ${guestImage}`)
  if (base.trim() === '') violations.push('--base is empty')
  if (output === '') violations.push('--output is empty')
  if (output !== undefined && push !== undefined)
    violations.push('--output and --push exclude each other: images become archives or are pushed')
  // The syntax of image references (distribution, reference.go), without tag and digest.
  if (push !== undefined && !/^[\w.-]+(?::\d+)?(?:\/[a-z\d]+(?:[._-]+[a-z\d]+)*)*$/.test(push))
    violations.push(`--push takes <registry>/<prefix>, e.g. registry.example/dpdk, not ${push}`)
  if (!/^\w[\w.-]{0,127}$/.test(tag)) violations.push(`--tag ${tag} is not a valid image tag`)
  if (violations.length > 0) throw new InvalidInputError(violations)
  return {
    help: values.help === true,
    images: IMAGES.filter((image) => images.size === 0 || images.has(image)),
    base,
    guestImage: guestImage === 'minimal' ? 'minimal' : 'full',
    output,
    push,
    tag,
  }
}
