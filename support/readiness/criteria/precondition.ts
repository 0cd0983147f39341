/** The criteria that are judged before anything is created. */
import { judgeFinding } from '../preflight/judge-finding.ts'
import { PREFLIGHT } from '../preflight/preflight.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

export const CONFIGMAP = {
  id: 'precondition.configmap',
  title: 'the ConfigMap exists and is unused',
  rationale: 'Two runs with the same ConfigMap would mix their results.',
  remediation: 'Create a new ConfigMap for each run.',
  guardsHonesty: true,
  isEssential: true,
  stage: 'claimed',
  judge: ({ environment }, record) => {
    record('ConfigMap', `${environment.namespace}/${environment.configMap}`)
  },
} as const satisfies ReadinessCriterion

export const PARAMETERS = {
  id: 'precondition.parameters',
  title: 'the parameters are valid',
  rationale: 'Results are only comparable if the parameters say exactly what was measured.',
  remediation: 'Correct the keys that the message names; see docs/parameters.md.',
  guardsHonesty: true,
  isEssential: true,
  stage: 'configured',
  judge: ({ parameters }, record) => {
    for (const [name, value] of Object.entries(parameters.asUsed)) record(name, value)
  },
} as const satisfies ReadinessCriterion

/** Each check is a record in preflight/: its title, what it reads, and its judgement. */
const CHECKS = PREFLIGHT.map((check): ReadinessCriterion => ({
  ...check,
  stage: 'preconditions',
  judge: ({ findings }, record) => {
    judgeFinding(findings, check.id, record)
  },
}))

export const PRECONDITION: readonly ReadinessCriterion[] = [CONFIGMAP, PARAMETERS, ...CHECKS]
