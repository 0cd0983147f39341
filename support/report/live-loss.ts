/** The packets that are certainly lost, while traffic runs. */
import { type LedgerSample, testedDirections } from '../model/ledger.ts'

/**
 * Milliseconds after which a packet that has not come back counts as lost. Drivers of some VFs (Intel's iavf) update
 * their counters only every other second.
 */
const UNDER_WAY = 3000

/** Compares counts of different times, because counters are read one after the other and packets are in flight. */
export class LiveLoss {
  #sent: { readonly at: number; readonly packets: number }[] = []

  /** Packets sent at least `UNDER_WAY` before this sample that are not back yet; in both directions, if there are two. */
  lostUntil(sample: LedgerSample, { directions }: { readonly directions?: 2 | undefined } = {}): number {
    const { at } = sample
    const tested = testedDirections({ ledger: sample, directions })
    const sum = (of: 'generatorTx' | 'generatorRx') =>
      tested.reduce((total, { counts }) => total + counts[of], 0)
    const [generatorTx, generatorRx] = [sum('generatorTx'), sum('generatorRx')]
    // A restarted generator counts from zero.
    if (at < (this.#sent.at(-1)?.at ?? 0)) this.#sent = []
    this.#sent.push({ at, packets: generatorTx })
    const old = this.#sent.findLastIndex((one) => one.at <= at - UNDER_WAY)
    if (old > 0) this.#sent = this.#sent.slice(old)
    return old === -1 ? 0 : Math.max(0, (this.#sent[0]?.packets ?? 0) - generatorRx)
  }
}
