/** Image pulls with the kubelet's events and back-off. */
import type { EventText } from './events.ts'
import type { Sleep } from './lab-clock.ts'

/** The kubelet's times: from ErrImagePull to ImagePullBackOff, and the first and longest back-off. */
const ERROR_SHOWN_FOR_MS = 1000
const FIRST_BACK_OFF_MS = 10_000
const LONGEST_BACK_OFF_MS = 300_000

export interface PullObserver {
  event(event: EventText): void
  /** Called when the container must wait for its image. */
  waiting(reason: 'ErrImagePull' | 'ImagePullBackOff', message: string): void
}

/** Retries until `find` returns the image (undefined: not found). Rejects only if the signal aborts. */
export async function pullImage<T>(
  image: string,
  find: () => T | undefined | Promise<T | undefined>,
  observer: PullObserver,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<T> {
  for (let backOff = FIRST_BACK_OFF_MS; ; backOff = Math.min(backOff * 2, LONGEST_BACK_OFF_MS)) {
    observer.event({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` })
    const pulled = await tryPull(image, find)
    signal.throwIfAborted()
    if ('found' in pulled) {
      observer.event({ type: 'Normal', reason: 'Pulled', message: `Successfully pulled image "${image}"` })
      return pulled.found
    }
    const failed = `Failed to pull image "${image}": ${pulled.failure}`
    observer.event({ type: 'Warning', reason: 'Failed', message: failed })
    observer.event({ type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' })
    observer.waiting('ErrImagePull', pulled.failure)
    await sleep(ERROR_SHOWN_FOR_MS, signal)
    observer.event({ type: 'Normal', reason: 'BackOff', message: `Back-off pulling image "${image}"` })
    observer.event({ type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' })
    observer.waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${pulled.failure}`)
    await sleep(backOff, signal)
  }
}

async function tryPull<T>(
  image: string,
  find: () => T | undefined | Promise<T | undefined>,
): Promise<{ readonly found: T } | { readonly failure: string }> {
  const cause = (why: string) => `failed to pull and unpack image "${image}": ${why}`
  try {
    const found = await find()
    if (found !== undefined) return { found }
    return {
      failure: `rpc error: code = NotFound desc = ${cause(`failed to resolve reference "${image}": ${image}: not found`)}`,
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { failure: `rpc error: code = Unknown desc = ${cause(why)}` }
  }
}
