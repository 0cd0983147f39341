/** Waits for a container's image. */
import type { EventText } from '../nodes/events.ts'
import { pullImage } from '../nodes/image-pull.ts'
import { type Sleep, untilAborted } from '../nodes/lab-clock.ts'
import { type FindImage, isImageReference, type LocalImage } from './local-image.ts'
import type { Container } from '../nodes/container.ts'

export interface ImageObserver {
  readonly event: (reason: string, message: string, type?: EventText['type']) => void
  readonly waiting: (reason: string, message?: string) => void
}

/** Resolves when the image is pulled; never for an invalid name. Rejects when the signal aborts. */
export async function awaitImage(
  { image }: Container,
  findImage: FindImage,
  { event, waiting }: ImageObserver,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<LocalImage> {
  waiting('ContainerCreating')
  if (!isImageReference(image)) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
    event('InspectFailed', message, 'Warning')
    event('Failed', 'Error: InvalidImageName', 'Warning')
    waiting('InvalidImageName', message)
    return untilAborted(signal)
  }
  const found = findImage(image)
  if (found !== undefined) {
    event('Pulled', `Container image "${image}" already present on machine`)
    return found
  }
  const observer = {
    event: ({ type, reason, message }: EventText) => {
      event(reason, message, type)
    },
    waiting,
  }
  return pullImage(image, () => findImage(image), observer, sleep, signal)
}
