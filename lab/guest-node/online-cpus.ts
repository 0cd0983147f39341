/**
 * A node is up when all of its CPUs are. The lab's image boots on two and brings up the others beside its other
 * services, so its guest agent may answer long before that.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from '../lab-error.ts'
import type { CommandOptions, GuestShell } from './guest-shell.ts'

/** Milliseconds between two looks. */
const INTERVAL = 200

/**
 * Resolves when so many CPUs of the node are online.
 * @throws LabError `guest-node` where it has fewer than that; TimeoutError where it stops bringing up more
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
      const told = await shell.script(['cpus'], { signal: limited })
      const [present, up] = [countOf(told, 'present'), countOf(told, 'online')]
      if (present < planned)
        throw new LabError('guest-node', `node ${shell.name} has ${present} of its ${planned} CPUs`)
      if (up === planned) return
      online = listIn(told, 'online')
      await sleep(INTERVAL, undefined, { signal: limited })
    }
  })
}

/** The list of CPUs behind that word, e.g. `0-3,8`. */
function listIn(told: string, word: string): string {
  return new RegExp(`^${word} ([\\d,-]+)$`, 'm').exec(told)?.[1] ?? ''
}

function countOf(told: string, word: string): number {
  const ranges = listIn(told, word).split(',').filter(Boolean)
  return ranges.reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number)
    return sum + (last ?? 0) - (first ?? 0) + 1
  }, 0)
}
