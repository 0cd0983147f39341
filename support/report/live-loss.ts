/** What of the packets is certainly lost while they flow. */
import type { LedgerSample } from '../model/ledger.ts'

/**
 * Milliseconds after which a packet that has not come back is lost: drivers of some VFs (Intel's iavf) fetch their counters
 * every other second only.
 */
const UNDER_WAY = 3000

/** Counts of different places are read one after the other: the newest ones differ by what is under way. */
export class LiveLoss {
  #sent: { readonly at: number; readonly packets: number }[] = []

  /** Packets that had been sent long before this sample and had not come back by then. */
  lostUntil({ at, eastToWest }: LedgerSample): number {
    const { generatorTx, generatorRx } = eastToWest
    // A generator that was started anew counts from zero.
    if (at < (this.#sent.at(-1)?.at ?? 0)) this.#sent = []
    this.#sent.push({ at, packets: generatorTx })
    const old = this.#sent.findLastIndex((one) => one.at <= at - UNDER_WAY)
    if (old > 0) this.#sent = this.#sent.slice(old)
    return old === -1 ? 0 : Math.max(0, (this.#sent[0]?.packets ?? 0) - generatorRx)
  }
}
