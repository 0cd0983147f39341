/** Every criterion of the readiness suite, in the order they are judged. */
import type { ClaimedCriteria } from '../../run/completeness.ts'
import { claimOf } from '../../run/criterion-record.ts'
import { PARAMETER_PREFIX, type Parameters, TIMEOUT_KEY } from '../parameters.ts'
import { readParameters } from '../read-parameters.ts'
import { CAPACITY } from './capacity.ts'
import { GUEST } from './guest.ts'
import { NODES } from '../../nodes/criteria.ts'
import { LATENCY } from './latency.ts'
import { LINK } from './link.ts'
import { PRECONDITION } from './precondition.ts'
import { SCHEDULING } from './scheduling.ts'
import { SOAK } from './soak.ts'
import type { ReadinessCriterion } from './stage-facts.ts'
import { TRAFFIC } from './traffic.ts'

export const READINESS_CRITERIA: readonly ReadinessCriterion[] = [
  ...PRECONDITION,
  ...SCHEDULING,
  ...GUEST,
  ...LINK,
  ...TRAFFIC,
  ...CAPACITY,
  ...LATENCY,
  ...SOAK,
  ...NODES,
]

const DEFAULTS = readParameters({
  [TIMEOUT_KEY]: '1h',
  [`${PARAMETER_PREFIX}networkAttachmentDefinitionName`]: 'any',
})

/** The criteria that every run judges. */
export const UNCONDITIONAL_CRITERIA = READINESS_CRITERIA.filter(({ onlyIf }) => onlyIf === undefined)

/** The criteria that a run with the default parameters judges. */
export const USUAL_CRITERIA = READINESS_CRITERIA.filter(
  ({ onlyIf }) => onlyIf === undefined || onlyIf.isAsked(DEFAULTS),
)

/** The criteria that must pass in a run with these parameters. */
export function claimWith(parameters: Parameters | undefined): ClaimedCriteria {
  const asked = READINESS_CRITERIA.filter(
    ({ onlyIf }) => onlyIf === undefined || (parameters !== undefined && onlyIf.isAsked(parameters)),
  )
  const profile = parameters?.profile?.name
  const isMust = ({ mustIn }: ReadinessCriterion) =>
    profile !== undefined && mustIn?.includes(profile) === true
  return claimOf(
    asked.map((criterion) => (isMust(criterion) ? { ...criterion, isEssential: true } : criterion)),
  )
}
