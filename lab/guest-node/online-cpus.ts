/**
 * A node is up when all its CPUs are online. The lab's image boots on two CPUs and brings up the others while its
 * services start, so the guest agent may answer long before.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from '../lab-error.ts'
import type { CommandOptions, GuestShell } from './guest-shell.ts'

/** Milliseconds between two checks. */
const INTERVAL = 200

/**
 * Resolves when all planned CPUs of the node are online.
 * @throws LabError `guest-node` if it has fewer CPUs; TimeoutError if it stops bringing up more
 */
export async function allCpusOnline(
  shell: Pick<GuestShell, 'name' | 'patiently' | 'script'>,
  planned: number,
  { signal, tell }: Required<Pick<CommandOptions, 'signal' | 'tell'>>,
): Promise<void> {
  let online = 'unknown'
  const claim = `node ${shell.name} to bring up its ${planned} CPUs`
  const lastSeen = () => `CPUs online: ${online}`
  await shell.patiently({ claim, lastSeen, signal, tell }, async (limited) => {
    for (;;) {
      const output = await shell.script(['cpus'], { signal: limited })
      const [present, up] = [countOf(output, 'present'), countOf(output, 'online')]
      if (present < planned)
        throw new LabError('guest-node', `node ${shell.name} has ${present} of its ${planned} CPUs`)
      if (up === planned) return
      online = listIn(output, 'online')
      await sleep(INTERVAL, undefined, { signal: limited })
    }
  })
}

/** The list of CPUs after a word, e.g. `0-3,8`. */
function listIn(output: string, key: string): string {
  return new RegExp(`^${key} ([\\d,-]+)$`, 'm').exec(output)?.[1] ?? ''
}

function countOf(output: string, key: string): number {
  const ranges = listIn(output, key).split(',').filter(Boolean)
  return ranges.reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number)
    return sum + (last ?? 0) - (first ?? 0) + 1
  }, 0)
}
