import { fileURLToPath } from 'node:url'

/** @param file relative to the root folder */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../../${file}`, import.meta.url))
}
