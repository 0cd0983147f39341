/** From findings to causes: the most probable first. */
import type { Cause } from '../../report/model.ts'
import { CATALOGUE } from './catalogue.ts'
import { type CauseEntry, type Certainty, isUnmet, type Proof } from './cause.ts'
import type { Findings } from './findings.ts'

const RANK: Readonly<Record<Certainty, number>> = { proved: 0, likely: 1, possible: 2 }

/**
 * Every cause that fits and explains a criterion which was not met. Those that the evidence proves come before those it
 * only speaks for; among equals the catalogue's order decides. Nothing fits: none.
 */
export function diagnose(findings: Findings, catalogue: readonly CauseEntry[] = CATALOGUE): Cause[] {
  const unmet = findings.criteria.filter(isUnmet).map(({ id }) => id)
  const found = catalogue.flatMap((entry, order) => {
    const proof = prove(entry, findings)
    if (proof === undefined) return []
    const explains = unmet.filter((id) => (proof.explains ?? entry.explains).some((one) => covers(one, id)))
    return explains.length === 0 ? [] : [{ entry, proof, explains, order }]
  })
  const better = new Set(
    found
      .filter(({ entry, proof }) => entry.isLastResort !== true && proof.certainty !== 'possible')
      .flatMap(({ explains }) => explains),
  )
  return found
    .filter(({ entry, explains }) => entry.isLastResort !== true || explains.some((id) => !better.has(id)))
    .sort((one, other) => RANK[one.proof.certainty] - RANK[other.proof.certainty] || one.order - other.order)
    .map(({ entry, proof, explains }) => ({
      id: entry.id,
      explains,
      sentence: proof.sentence,
      remedy: entry.remedy,
      evidence: [...proof.evidence],
    }))
}

/** An entry that trips over what it was given does not keep the others from being found. */
function prove(entry: CauseEntry, findings: Findings): Proof | undefined {
  try {
    return entry.find(findings)
  } catch {
    return undefined
  }
}

function covers(pattern: string, id: string): boolean {
  return pattern.endsWith('.*') ? id.startsWith(pattern.slice(0, -1)) : pattern === id
}
