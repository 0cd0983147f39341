/** Checks the free disk space, because building images needs several GB. */
import { statfs } from 'node:fs/promises'
import { LabError } from '../lab-error.ts'

/** @throws LabError `disk-full` if fewer bytes are free than needed */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(folder)
  if (free < bytes) throw tooFull(folder, `${gigabytes(bytes)} are needed and ${gigabytes(free)} are free`)
}

/** Replaces the different errors for a full disk (from Node.js, the tools, and programs that they call) with one. */
export async function explainFullDisk(error: unknown, folder: string): Promise<unknown> {
  const text = error instanceof Error ? error.message : String(error)
  if (!/ENOSPC|no space left on device/i.test(text)) return error
  return tooFull(folder, `it became full, ${gigabytes(await freeBytes(folder))} are free now`, error)
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

function tooFull(folder: string, how: string, cause?: unknown): LabError {
  const message = `There is too little room for images under ${folder}: ${how} (XDG_CACHE_HOME names another place).`
  return new LabError('disk-full', message, { cause })
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
