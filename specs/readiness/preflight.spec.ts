import {
  claimed,
  configured,
  criterion,
  judgeFinding,
  preconditions,
  PREFLIGHT,
  reach,
} from '../../support/readiness/index.ts'

describe('preflight', () => {
  before('look at what can be known before anything is created', reach(preconditions))

  criterion(
    'precondition.configmap',
    'its ConfigMap is there and not in use',
    claimed,
    ({ environment }, witness) => {
      witness('ConfigMap', `${environment.namespace}/${environment.configMap}`)
    },
  )

  criterion('precondition.parameters', 'its parameters are valid', configured, ({ parameters }, witness) => {
    for (const [name, value] of Object.entries(parameters.asUsed)) witness(name, value)
  })

  // A check is a record in support/readiness/preflight: its claim, what it reads, and how that is judged.
  for (const { id, title } of PREFLIGHT) {
    criterion(id, title, preconditions, ({ findings }, witness) => {
      judgeFinding(findings, id, witness)
    })
  }
})
