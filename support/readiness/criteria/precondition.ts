/** The criteria that are judged before anything is created. */
import { judgeFinding } from '../preflight/judge-finding.ts'
import { PREFLIGHT } from '../preflight/preflight.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

export const CONFIGMAP = {
  id: 'precondition.configmap',
  title: 'the ConfigMap exists and is unused',
  isEssential: true,
  stage: 'claimed',
  judge: ({ environment }, record) => {
    record('ConfigMap', `${environment.namespace}/${environment.configMap}`)
  },
} as const satisfies ReadinessCriterion

export const PARAMETERS = {
  id: 'precondition.parameters',
  title: 'the parameters are valid',
  isEssential: true,
  stage: 'configured',
  judge: ({ parameters }, record) => {
    for (const [name, value] of Object.entries(parameters.asUsed)) record(name, value)
  },
} as const satisfies ReadinessCriterion

/** Each check is a record in preflight/: its title, what it reads, and its judgement. */
const CHECKS = PREFLIGHT.map(({ id, title, onlyIf }): ReadinessCriterion => ({
  id,
  title,
  ...(onlyIf === undefined ? {} : { onlyIf }),
  stage: 'preconditions',
  judge: ({ findings }, record) => {
    judgeFinding(findings, id, record)
  },
}))

export const PRECONDITION: readonly ReadinessCriterion[] = [CONFIGMAP, PARAMETERS, ...CHECKS]
