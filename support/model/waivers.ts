/** Which waivers are valid, and which failures they cover. Pure: the same in a run and when a bundle is verified. */
import { mostSimilar } from '../common/similar.ts'
import { type Catalogue, LONGEST_WAIVER_DAYS, type Waiver } from './certification.ts'
import { type Criterion, groupOf } from './criterion-result.ts'
import type { Report } from './report.ts'

/** The place of a run: what a waiver's scope can name. */
export type JudgedPlace = Pick<Report, 'cluster' | 'guests' | 'nodes'>

const DAY = 24 * 3_600_000

/** `waiver 2 (traffic.no-loss)`, counted from 1. */
function nameOf(waiver: Waiver, index: number): string {
  return `waiver ${index + 1} (${waiver.criterion})`
}

/** A sentence for each rule that a waiver breaks. */
export function waiverViolations(waivers: readonly Waiver[], catalogue: Catalogue, now: Date): string[] {
  const first = new Map<string, number>()
  return waivers.flatMap((waiver, index) => {
    const { criterion, cluster, node = '', nic = '' } = { ...waiver, ...waiver.scope }
    const key = JSON.stringify([criterion, cluster, node, nic])
    const before = first.get(key)
    if (before === undefined) first.set(key, index)
    const wrong = [
      ...ofCriterion(waiver, catalogue),
      ...ofDates(waiver, now),
      ...(before === undefined ? [] : [`covers the same as waiver ${before + 1}`]),
    ]
    return wrong.map((sentence) => `${nameOf(waiver, index)} ${sentence}`)
  })
}

function ofCriterion({ criterion: id, limit, scope }: Waiver, { criteria, version }: Catalogue): string[] {
  const group = id.replace(/\.?\*$/, '')
  if (criteria.some((each) => each.id.startsWith(`${group}.`)) || id === '*')
    return ['is too broad: it waives a whole group; name one criterion']
  const entry = criteria.find((each) => each.id === id)
  // The suite's own, such as suite.complete, are in no catalogue.
  if (groupOf(id) === 'suite') return ['cannot be: this criterion guards the honesty of the result']
  if (entry === undefined) {
    const similar = mostSimilar(
      id,
      criteria.map((each) => each.id),
    )
    return [
      `waives no criterion of catalogue ${version}${similar === undefined ? '' : `; did you mean ${similar}?`}`,
    ]
  }
  if (!entry.waivable) return ['cannot be: this criterion guards the honesty of the result']
  const isBeforeVmis = /^(precondition|preflight)\./.test(id)
  return [
    ...(entry.unit !== undefined && limit === undefined
      ? [`is too broad: it has no limit; give the most ${entry.unit} that it covers`]
      : []),
    ...(entry.unit === undefined && limit !== undefined
      ? ['has a limit, but its criterion observes no figure']
      : []),
    ...(isBeforeVmis && (scope.node ?? scope.nic) !== undefined
      ? ['has a node or a nic, but its criterion is judged before any VMI has one: leave it out']
      : []),
  ]
}

function ofDates({ issued, expires }: Waiver, now: Date): string[] {
  const [from, until] = [Date.parse(issued), Date.parse(expires)]
  if (until < from) return [`expires on ${expires}, before it was issued (${issued})`]
  const days = Math.round((until - from) / DAY)
  return [
    ...(from > now.getTime() ? [`is issued in the future: ${issued}`] : []),
    ...(days > LONGEST_WAIVER_DAYS
      ? [`is too broad: it holds for ${days} days, at most ${LONGEST_WAIVER_DAYS} are allowed`]
      : []),
    ...(hasExpired(expires, now) ? [`has expired on ${expires}`] : []),
  ]
}

/** The last day still counts. */
function hasExpired(expires: string, now: Date): boolean {
  return now.getTime() >= Date.parse(expires) + DAY
}

/** What waivers say about a failed criterion. */
export type Coverage =
  | { readonly waiver: Waiver }
  /** Why the waivers of this criterion do not cover its failure: each completes "the waiver …". */
  | { readonly whyNot: readonly string[] }

/**
 * The waiver that covers a failure.
 * @param waivers valid ones only
 */
export function coverageOf(
  { id, observed }: Pick<Criterion, 'id' | 'observed'>,
  waivers: readonly Waiver[],
  place: JudgedPlace,
): Coverage {
  const whyNot: string[] = []
  for (const waiver of waivers) {
    if (waiver.criterion !== id) continue
    const reason = outOfScope(waiver, place) ?? aboveLimit(waiver, observed)
    if (reason === undefined) return { waiver }
    whyNot.push(reason)
  }
  return { whyNot }
}

function outOfScope({ scope }: Waiver, { cluster, guests, nodes = [] }: JudgedPlace): string | undefined {
  if (cluster.uid === undefined)
    return `is for cluster ${scope.cluster}, and the uid of this one is not known`
  if (cluster.uid !== scope.cluster)
    return `is for cluster ${scope.cluster}, not for this one (${cluster.uid})`
  const { node, nic } = scope
  if (node !== undefined && !guests.some(({ nodeName }) => nodeName === node))
    return `is for node ${node}, on which no VMI ran`
  const devices = [...guests, ...nodes].flatMap(({ nics = [] }) => nics.flatMap(({ device }) => device ?? []))
  if (nic !== undefined && !devices.includes(nic)) return `is for NICs ${nic}, and none of them was seen`
  return undefined
}

function aboveLimit({ limit }: Waiver, observed: Criterion['observed']): string | undefined {
  if (limit === undefined) return undefined
  if (observed === undefined) return `covers at most ${limit}, and no figure could be observed`
  return observed.value <= limit
    ? undefined
    : `covers at most ${limit} ${observed.unit}, and ${observed.value} were observed`
}

/**
 * A sentence for each waiver that no failure needed. One whose criterion could not be judged may still be needed.
 * @param judged with `waived` where a waiver covers a failure
 */
export function unusedWaivers(
  waivers: readonly Waiver[],
  judged: readonly Criterion[],
  place: JudgedPlace,
): string[] {
  return waivers.flatMap((waiver, index) => {
    const criterion = judged.find(({ id }) => id === waiver.criterion)
    const outcome = criterion?.outcome ?? 'not-judged'
    if (outcome === 'inconclusive' || outcome === 'error') return []
    if (criterion?.waived !== undefined) {
      const used = coverageOf(criterion, waivers, place)
      return 'waiver' in used && used.waiver === waiver
        ? []
        : [unused(waiver, index, 'another one covers it')]
    }
    if (outcome === 'failed')
      return [
        unused(
          waiver,
          index,
          `it ${outOfScope(waiver, place) ?? aboveLimit(waiver, criterion?.observed) ?? 'covers nothing'}`,
        ),
      ]
    const what = { passed: 'its criterion passed', 'not-judged': 'its criterion was not judged' }[outcome]
    return [unused(waiver, index, `${what}: remove it`)]
  })
}

function unused(waiver: Waiver, index: number, why: string): string {
  return `${nameOf(waiver, index)} was not used: ${why}`
}
