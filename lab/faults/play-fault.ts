/** Plays the parts of a fault that begin when the suite enters a phase. */
import type { WatchedProcess } from '../watched-process.ts'
import type { Fault } from './fault.ts'
import { interfere, type RunningCheckup } from './interference.ts'

/** Whether the fault depends on the suite's output, which shows its phases. */
export function followsPhases({ api = [], during }: Fault): boolean {
  return during !== undefined || phasesOf(api).length > 0
}

/** Resolves when the fault is played. @throws if the suite ends before the phase of the interference */
export async function playFault(
  { api = [], during }: Fault,
  checkup: RunningCheckup,
  suite: WatchedProcess,
): Promise<void> {
  for (const phase of phasesOf(api))
    void suite.said(`${phase} …`).then(
      () => checkup.proxy?.phase(phase),
      () => undefined,
    )
  if (during === undefined) return
  await suite.said(`${during.phase} …`)
  await interfere(during.action, checkup)
}

function phasesOf(api: NonNullable<Fault['api']>): string[] {
  const phases = api.flatMap(({ from, until }) => [from, until]).filter((phase) => typeof phase === 'string')
  return [...new Set(phases)]
}
