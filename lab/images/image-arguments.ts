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

Builds the images a cluster needs, with buildah or podman, whichever is installed: checkup (the suite),
vm-under-test and traffic-gen (the guests' container disks), testpmd (the rootless pods' programs, made of
Debian's packages). All of them where none is named. Each becomes an OCI archive, with a list of what is in it
beside it.

Options:
  --output DIR             folder of the archives (default: kubevirt-dpdk-checkup/container-images in the
                           user's cache)
  --push REGISTRY/PREFIX   push them there in place of writing archives, e.g. registry.example/dpdk; log in
                           with buildah login or podman login before
  --tag TAG                of all images (default main)
  --base IMAGE|debian      what checkup is built on: an image with Node.js 24
                           (default ${DEFAULT_BASE}),
                           or one made here of Debian's packages and npm's node, which needs no registry
  --guest-image full|minimal
                           what is on the container disks: cloud-init and tuned (default), or the lab's
                           stand-ins for them
  -h, --help               this text

With TREX_ARCHIVE=PATH in the environment, the path of a TRex release (tar.gz), traffic-gen holds TRex.
The guests' disks are built as root.

Exit code: 0 built (and pushed), 2 not.
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
