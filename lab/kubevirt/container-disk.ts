/** Container disks: an image name becomes a disk on this machine, or an image pull that backs off. */
import type { EventText } from '../nodes/events.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import type { Vmi } from './vmi.ts'

/**
 * Path of the disk inside an image, undefined where there is no such image. `role` is the name of the VMI
 * that wants it: it hints at what a shared image is for.
 */
export type ResolveImage = (image: string, role: string) => string | undefined | Promise<string | undefined>

/** The kubelet's timing: how soon an error turns into a back-off, and how that grows. */
const ERROR_SHOWN_FOR_MS = 1000
const FIRST_BACK_OFF_MS = 10_000
const LONGEST_BACK_OFF_MS = 300_000

export interface PullObserver {
  event(event: EventText): void
  /** The container waits for its image, for a reason; undefined once it is there. */
  waiting(reason: 'ErrImagePull' | 'ImagePullBackOff', message: string): void
}

/** Tries until the image is there. Rejects only where the signal aborts. */
export async function pullImage(
  image: string,
  role: string,
  resolveImage: ResolveImage,
  observer: PullObserver,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<string> {
  for (let backOff = FIRST_BACK_OFF_MS; ; backOff = Math.min(backOff * 2, LONGEST_BACK_OFF_MS)) {
    observer.event({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` })
    const found = await tryResolve(image, role, resolveImage)
    signal.throwIfAborted()
    if ('disk' in found) {
      observer.event({ type: 'Normal', reason: 'Pulled', message: `Successfully pulled image "${image}"` })
      return found.disk
    }
    const failed = `Failed to pull image "${image}": ${found.failure}`
    observer.event({ type: 'Warning', reason: 'Failed', message: failed })
    observer.event({ type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' })
    observer.waiting('ErrImagePull', found.failure)
    await sleep(ERROR_SHOWN_FOR_MS, signal)
    observer.event({ type: 'Normal', reason: 'BackOff', message: `Back-off pulling image "${image}"` })
    observer.event({ type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' })
    observer.waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${found.failure}`)
    await sleep(backOff, signal)
  }
}

async function tryResolve(
  image: string,
  role: string,
  resolveImage: ResolveImage,
): Promise<{ disk: string } | { failure: string }> {
  const cause = (why: string) => `failed to pull and unpack image "${image}": ${why}`
  try {
    const disk = await resolveImage(image, role)
    if (disk !== undefined) return { disk }
    return {
      failure: `rpc error: code = NotFound desc = ${cause(`failed to resolve reference "${image}": ${image}: not found`)}`,
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { failure: `rpc error: code = Unknown desc = ${cause(why)}` }
  }
}

/** The image of the disk a VMI boots from: the lowest boot order, else the first container disk. */
export function bootImage(vmi: Vmi): string | undefined {
  const disks = vmi.spec.domain.devices.disks ?? []
  const images = disks.flatMap(({ name, bootOrder }) => {
    const image = vmi.spec.volumes?.find((volume) => volume.name === name)?.containerDisk?.image
    return image === undefined ? [] : [{ image, bootOrder: bootOrder ?? Infinity }]
  })
  return images.sort((left, right) => compare(left.bootOrder, right.bootOrder))[0]?.image
}

function compare(left: number, right: number): number {
  return left === right ? 0 : left - right
}
