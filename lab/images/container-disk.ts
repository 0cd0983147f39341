/** A guest's boot disk as an image that KubeVirt boots from (`containerDisk`). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ImageTool } from './image-tool.ts'

const CONTAINERFILE = fileURLToPath(new URL('../../images/container-disk/Containerfile', import.meta.url))

export interface ContainerDisk {
  readonly tool: ImageTool
  /** The output folder of images/guest/build.sh. */
  readonly guests: string
  readonly role: 'vm-under-test' | 'traffic-gen'
  /** Name of the image. */
  readonly image: string
}

/**
 * @returns the disk's manifest
 * @throws LabError `image-build`
 */
export async function buildContainerDisk(disk: ContainerDisk): Promise<Record<string, unknown>> {
  const { tool, guests, role, image } = disk
  await tool.build({ containerfile: CONTAINERFILE, context: guests, image, buildArguments: { ROLE: role } })
  return JSON.parse(await readFile(join(guests, `${role}.json`), 'utf8')) as Record<string, unknown>
}
