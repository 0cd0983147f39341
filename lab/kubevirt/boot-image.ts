/** What of a VMI's container disks its guest boots from. */
import type { Vmi } from './vmi.ts'

/**
 * Path of the disk inside an image, undefined where there is no such image. `role` is the name of the VMI
 * that wants it: it hints at what a shared image is for.
 */
export type ResolveImage = (image: string, role: string) => string | undefined | Promise<string | undefined>

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
