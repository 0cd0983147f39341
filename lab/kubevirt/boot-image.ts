/** Selects the container disk from which a guest boots. */
import type { Vmi } from './vmi.ts'

/**
 * Returns the path of a container disk's boot disk; undefined if there is no such image. `role`: the VMI's name,
 * because VMIs with different roles may share an image.
 */
export type ResolveImage = (image: string, role: string) => string | undefined | Promise<string | undefined>

/** The image of a VMI's boot disk: the container disk with the lowest boot order, else the first one. */
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
