/**
 * Finds guests of a matrix that can no longer be used, and gives them up: those whose VMI was deleted, evicted or ended,
 * and those whose console does not answer.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '../../cluster/api-error.ts'
import type { Vmi } from '../../cluster/vmi.ts'
import { describeError } from '../../common/errors.ts'
import { type Limits, waitFor } from '../../common/wait.ts'
import { timeouts } from '../../model/timeouts.ts'
import type { Run } from '../../run/run.ts'
import type { Provisionable } from '../configure.ts'
import { runLabel } from '../run-label.ts'
import type { GuestPool } from './guest-pool.ts'
import type { NodeGuest } from './node-guest.ts'

/** Milliseconds between two readings of the VMIs. */
const INTERVAL = 2000

export class LostGuests {
  readonly #run: Run
  readonly #configured: Provisionable
  readonly #pool: GuestPool

  constructor(run: Run, configured: Provisionable, pool: GuestPool) {
    this.#run = run
    this.#configured = configured
    this.#pool = pool
  }

  /**
   * Reads the VMIs until the signal aborts, because an ended one may leave its console silent.
   * @throws the signal's reason
   */
  async watchVmis(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(INTERVAL, undefined, { signal })
      if (this.#pool.running.length === 0) continue
      const running = this.#pool.running
      let all: readonly Vmi[]
      try {
        all = await this.#vmis({ signal, timeout: timeouts.apiRequest })
      } catch {
        // Consoles show the same, only later.
        continue
      }
      const byName = new Map(all.map((vmi) => [vmi.metadata.name, vmi]))
      for (const guest of running) {
        const why = whyEnded(byName.get(guest.plan.name))
        if (why !== undefined) this.#pool.lose(guest, why)
      }
    }
  }

  /**
   * Asks all guests, for use after an error: it may have been the API server, with which all consoles are lost. So it
   * waits first until that answers.
   * @throws InterruptedError if the run ends
   */
  async findSilent(): Promise<void> {
    const run = this.#run
    await waitFor(
      { ...run.limits(timeouts.apiBack), claim: 'the API server to answer', interval: INTERVAL },
      async (signal) => {
        try {
          await this.#vmis({ signal, timeout: timeouts.clusterKind })
          return { done: undefined }
        } catch (error) {
          if (error instanceof ApiError) return { done: undefined }
          return { lastSeen: describeError(error) }
        }
      },
    )
    await Promise.all(
      this.#pool.running.map(async (guest) => {
        try {
          await linksOf(guest, run.limits(timeouts.command))
        } catch (error) {
          if (!run.signal.aborted) this.#pool.lose(guest, describeError(error))
        }
      }),
    )
    run.signal.throwIfAborted()
  }

  #vmis(limits: Limits): Promise<readonly Vmi[]> {
    const { cluster, environment } = this.#configured
    return cluster.vmis.list(environment.namespace, runLabel(this.#run, environment), limits)
  }
}

async function linksOf(guest: NodeGuest, limits: Limits): Promise<void> {
  await (guest.role === 'vm-under-test' ? guest.testpmd : guest.generator).links(limits)
}

/** Undefined for a VMI that runs. */
function whyEnded(vmi: Vmi | undefined): string | undefined {
  if (vmi === undefined) return 'its VMI was deleted, but not by the checkup'
  if (vmi.metadata.deletionTimestamp != null) return 'its VMI is being deleted, but not by the checkup'
  const phase = vmi.status?.phase
  return phase === 'Failed' || phase === 'Succeeded' ? `its VMI ended (phase ${phase})` : undefined
}
