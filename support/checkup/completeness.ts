/** What a run must have judged to say that the cluster is ready: all of the suite's criteria, whatever was selected. */
import { plural } from '../common/plural.ts'
import type { Criterion } from '../report/model.ts'
import { PREFLIGHT } from './preflight/index.ts'

/** A pass rests on each of these: there is no reason for which one may stay unjudged. */
export const ESSENTIAL = [
  'precondition.configmap',
  'precondition.parameters',
  'scheduling.vm-under-test-ready',
  'scheduling.traffic-generator-ready',
  'guest.vm-under-test-cpus',
  'guest.traffic-generator-cpus',
  'guest.hugepages',
  'guest.nics-bound',
  'link.east',
  'link.west',
  'traffic.packets-sent',
  'traffic.rate-reached',
  'traffic.no-output-errors',
  'traffic.no-input-errors',
  'traffic.no-rx-drops',
  'traffic.no-tx-drops',
  'traffic.no-loss',
  'traffic.no-return-loss',
] as const

/**
 * These have to be looked at too, and may find that they can't be judged: what they ask for is not readable with these
 * permissions, no target nodes were asked for, or the probe itself went wrong.
 */
export const LOOKED_AT: readonly string[] = [
  ...PREFLIGHT.map(({ id }) => id),
  'scheduling.nodes',
  'traffic.probe',
]

/** The criterion that a run without all others does not meet. */
export const COMPLETE = {
  id: 'suite.complete',
  title: 'judges every criterion of the suite',
} as const

/** Ids that one sentence names; the reports have them all. */
const NAMED = 5

/** The criteria that a pass claims, by their ids. */
interface Whole {
  readonly essential: readonly string[]
  readonly lookedAt: readonly string[]
}

const READINESS: Whole = { essential: ESSENTIAL, lookedAt: LOOKED_AT }

/**
 * Why these criteria are not the whole that a pass claims: mocha was told to run a part of them, or what the claim
 * rests on was not judged. Undefined where they are.
 */
export function incompleteness(
  judged: readonly Criterion[],
  { essential, lookedAt } = READINESS,
): Criterion | undefined {
  const outcomes = new Map(judged.map(({ id, outcome }) => [id, outcome]))
  const leftOut = [...essential, ...lookedAt].filter((id) => !outcomes.has(id))
  const unproven = essential.filter((id) => outcomes.get(id) === 'not-judged')
  if (leftOut.length + unproven.length === 0) return undefined
  const evidence = [
    ...leftOut.map((id) => ({ what: 'not part of this run', value: id })),
    ...unproven.map((id) => ({ what: 'not judged', value: id })),
  ]
  const sentences = [
    ...(leftOut.length === 0
      ? []
      : [
          `${plural(leftOut.length, 'criterion was', 'criteria were')} not part of this run (mocha’s --grep, for one, selects): ${some(leftOut)}`,
        ]),
    ...(unproven.length === 0
      ? []
      : [`${plural(unproven.length, 'criterion was', 'criteria were')} not judged: ${some(unproven)}`]),
  ]
  return {
    ...COMPLETE,
    outcome: 'inconclusive',
    message: `only all criteria together make a pass, and ${sentences.join('; ')}`,
    evidence,
    duration: 0,
  }
}

function some(ids: readonly string[]): string {
  const more = ids.length - NAMED
  return ids.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
