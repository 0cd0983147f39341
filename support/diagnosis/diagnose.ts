/** Finds the causes of unmet criteria, the most probable first. */
import type { Cause } from '../model/diagnosis.ts'
import { CATALOGUE } from './catalogue.ts'
import { type CauseEntry, type Certainty, type Proof } from './cause.ts'
import type { Findings } from './findings.ts'
import { covers } from '../model/cause-record.ts'
import { isUnmet } from '../model/criterion-result.ts'

const RANK: Readonly<Record<Certainty, number>> = { proved: 0, likely: 1, possible: 2 }
/** Outcomes that decide the verdict are explained first, as in verdict.ts. */
const WEIGHT: Readonly<Record<string, number>> = { failed: 0, error: 1, inconclusive: 2 }

/** Every cause that fits and explains an unmet criterion, sorted: first causes of criteria that decide the verdict, then proved before likely causes, then the catalogue's order. Empty if no cause fits.
 */
export function diagnose(findings: Findings, catalogue: readonly CauseEntry[] = CATALOGUE): Cause[] {
  const unmet = findings.criteria.filter(isUnmet).map(({ id }) => id)
  const weights = new Map(findings.criteria.map(({ id, outcome }) => [id, WEIGHT[outcome] ?? 3]))
  const found = catalogue.flatMap((entry, order) => {
    const proof = prove(entry, findings)
    if (proof === undefined) return []
    const explains = unmet.filter((id) => (proof.explains ?? entry.explains).some((one) => covers(one, id)))
    const weight = Math.min(...explains.map((id) => weights.get(id) ?? 3))
    return explains.length === 0 ? [] : [{ entry, proof, explains, order, weight }]
  })
  const better = found.filter(({ proof }) => proof.certainty !== 'possible')
  const isNeeded = ({ entry, proof, explains }: (typeof found)[number]) =>
    entry.isLastResort !== true ||
    explains.some((id) => !better.some((one) => one.explains.includes(id) && outweighs(one, proof)))
  return found
    .filter(isNeeded)
    .sort(
      (one, other) =>
        one.weight - other.weight ||
        RANK[one.proof.certainty] - RANK[other.proof.certainty] ||
        one.order - other.order,
    )
    .map(({ entry, proof, explains }) => ({
      id: entry.id,
      explains,
      sentence: proof.sentence,
      remedy: proof.remedy ?? remedyOf(entry, findings),
      evidence: [...proof.evidence],
    }))
}

function remedyOf({ remedy, remedyFor }: CauseEntry, { asked }: Findings): string {
  return remedyFor === undefined || asked === undefined ? remedy : remedyFor(asked.needs)
}

/** Whether this cause makes a last-resort cause unnecessary. Of two last-resort causes, the more certain one does. */
function outweighs({ entry, proof }: { entry: CauseEntry; proof: Proof }, other: Proof): boolean {
  const [rank, otherRank] = [RANK[proof.certainty], RANK[other.certainty]]
  return entry.isLastResort === true ? rank < otherRank : rank <= otherRank
}

/** If one entry throws, the others are still evaluated. */
function prove(entry: CauseEntry, findings: Findings): Proof | undefined {
  try {
    return entry.find(findings)
  } catch {
    return undefined
  }
}
