/**
 * Whether the cluster admits the VMIs and their ConfigMaps. They are created with `dryRun=All`: quotas, policies and
 * webhooks decide as they would for a real request, and nothing is stored.
 */
import { ApiError, isDryRunUnsupported } from '../../cluster/api-error.ts'
import type { RunKind } from '../../cluster/inventory.ts'
import { refusalKind } from '../../cluster/refusal.ts'
import { generatorPlan } from '../../dataplane/engines/engine.ts'
import type { SuiteError } from '../../common/errors.ts'
import { type Role, ROLES, TITLES } from '../../model/role.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { configMapManifest, vmiManifest } from '../manifests.ts'
import { planTestbed } from '../plan-testbed.ts'
import { trafficOptions } from '../traffic-options.ts'
import { defineCheck } from './check.ts'
import type { Survey } from './survey.ts'

export const admission = defineCheck({
  id: 'preflight.admission',
  title: 'the cluster admits the VMIs and their ConfigMaps',
  rationale: 'A VM that the API server refuses never runs.',
  remediation: 'Correct the quota, webhook or policy that the message names.',
  reads: (survey) =>
    Promise.all(
      manifestsOf(survey).map(async ({ kind, role, manifest }) => {
        const error = await survey.refusal(kind, manifest)
        return { kind, what: `${kind} of the ${TITLES[role]}`, ...outcomeOf(error), error }
      }),
    ),
  judge: (dryRuns, { fact, wrong }) => {
    for (const { what, outcome } of dryRuns) fact(`${what} by dry run`, outcome)
    const refused = dryRuns.filter(({ outcome }) => outcome === 'refused')
    // One sentence if both VMIs are refused for the same reason.
    for (const { said, error } of refused.filter(
      (one, index) => refused.findIndex(({ kind }) => kind === one.kind) === index,
    ))
      wrong(said, error)
    const [unasked] = dryRuns.filter(({ outcome }) => outcome === 'not asked')
    if (refused.length === 0 && unasked !== undefined) skipCriterion(unasked.said)
  },
})

function manifestsOf({ parameters, namespace }: Survey): { kind: RunKind; role: Role; manifest: object }[] {
  const testbed = planTestbed(parameters, { namespace, configMap: '', pod: undefined }, 'dry-run')
  const files = parameters.trafficGenEngine.guestFiles(generatorPlan(testbed, trafficOptions(parameters)))
  const generator = testbed.vmis['traffic-generator']
  return [
    ...ROLES.map((role) => ({
      kind: 'VirtualMachineInstance' as const,
      role,
      manifest: vmiManifest(testbed, testbed.vmis[role]),
    })),
    // That of the VM under test is a part of it.
    { kind: 'ConfigMap', role: 'traffic-generator', manifest: configMapManifest(testbed, generator, files) },
  ]
}

type Outcome = 'admitted' | 'refused' | 'not asked'

/** An error that shows that admission was never reached is not a refusal by it. */
function outcomeOf(error: SuiteError | undefined): { outcome: Outcome; said: string } {
  if (error === undefined) return { outcome: 'admitted', said: '' }
  const said = error.message
  if (!(error instanceof ApiError)) return { outcome: 'not asked', said }
  const { status, facts } = error
  const isUnasked =
    // A webhook that does not support dry run; an API that does not exist; an account that may not create.
    (status === 400 && isDryRunUnsupported(error)) ||
    [401, 404, 405, 409].includes(status) ||
    (status === 403 && refusalKind(facts.said) === 'rbac')
  return { outcome: isUnasked ? 'not asked' : 'refused', said }
}
