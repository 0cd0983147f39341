/**
 * One run to a folder of reports: two that end at about the same time would leave the one's page beside the other's JUnit.
 * The folder belongs to the first as long as it lives; a second one gets a folder in it.
 */
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const MARK = '.in-use'

/**
 * Takes a folder for this process, until it ends. Returns where reports go: the folder, or one of their own inside it
 * while another process has it. A folder that can't be written to is told of where reports are.
 */
export function ownFolder(folder: string): string {
  const mark = path.join(folder, MARK)
  try {
    mkdirSync(folder, { recursive: true })
    if (isSomebodyElses(mark)) return path.join(folder, `run-${process.pid}`)
    // What a process that was killed has left.
    removeQuietly(mark)
    writeFileSync(mark, identityOf(process.pid) ?? '', { flag: 'wx' })
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST' && isSomebodyElses(mark)
    return isTaken ? path.join(folder, `run-${process.pid}`) : folder
  }
  process.on('exit', () => {
    removeQuietly(mark)
  })
  return folder
}

function isSomebodyElses(mark: string): boolean {
  const owner = readQuietly(mark)
  if (owner === undefined) return false
  const pid = Number(/^\d{1,10}(?= )/.exec(owner)?.[0] ?? NaN)
  return pid !== process.pid && identityOf(pid) === owner
}

/** Number and start time (clock ticks since boot, field 22 of /proc/PID/stat), for numbers are given out again. */
function identityOf(pid: number): string | undefined {
  const stat = readQuietly(`/proc/${pid}/stat`)
  // The program's name stands in parentheses and may hold any character.
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return startTime === undefined ? undefined : `${pid} ${startTime}`
}

function readQuietly(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // It is not there, or whoever writes reports says what is wrong with the folder.
  }
}
