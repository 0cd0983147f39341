import { createHash } from 'node:crypto'

/** A container's imageID. The digest is a hash of the image's name, because the lab's images have no manifest. */
export function imageId(image: string): string {
  const [repository = image] = image.split(/@|:(?=[^/]*$)/)
  return `${repository}@sha256:${createHash('sha256').update(image).digest('hex')}`
}
