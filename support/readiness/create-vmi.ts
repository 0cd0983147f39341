/** Creates a VMI of a testbed and the ConfigMap that becomes its disk. */
import { ApiError } from '../cluster/api-error.ts'
import { refusalKind } from '../cluster/refusal.ts'
import { describeError } from '../common/errors.ts'
import type { GuestFile } from '../dataplane/engines/engine.ts'
import type { TestbedPlan, VmiPlan } from '../model/testbed.ts'
import { timeouts } from '../model/timeouts.ts'
import { Creation } from '../run/creation.ts'
import { planConfigMap } from '../run/planned-config-map.ts'
import type { Run } from '../run/run.ts'
import type { Configured } from './configure.ts'
import { configMapManifest, vmiManifest } from './manifests.ts'
import type { VmiOutcome } from './wait-ready.ts'

/** An object of a testbed as it is created. */
export interface Manifest {
  readonly kind?: string
  readonly metadata: { readonly name: string }
}

/** An object of a VMI is refused. */
export class RefusedCreation extends Error {
  readonly outcome: VmiOutcome

  constructor(outcome: VmiOutcome) {
    super('refused')
    this.outcome = outcome
  }
}

/**
 * Creates a VMI and its ConfigMap. @throws RefusedCreation. The cleanup is planned first. It removes only objects with
 * this run's labels: an object of the same name that others own stays.
 */
export async function createVmi(
  { cleanup }: Pick<Run, 'cleanup'>,
  { cluster }: Pick<Configured, 'cluster'>,
  testbed: TestbedPlan,
  vmi: VmiPlan,
  files: readonly GuestFile[],
  onManifest: (manifest: Manifest) => void = () => undefined,
): Promise<void> {
  const { namespace } = testbed
  const manifests = [configMapManifest(testbed, vmi, files), vmiManifest(testbed, vmi)] as const
  for (const manifest of manifests) onManifest(manifest)
  const instance = new Creation()
  cleanup.plan(
    `VirtualMachineInstance ${namespace}/${vmi.name}`,
    (undoLimits) =>
      instance.undo(undoLimits, async (rest, created) => {
        const uid = created ?? (await cluster.vmis.uidOfOwn(namespace, vmi.name, testbed.labels, rest()))
        if (uid === undefined) return
        await cluster.vmis.delete(namespace, vmi.name, uid, rest())
        await cluster.vmis.waitGone(namespace, vmi.name, uid, rest())
      }),
    { isTestbed: true },
  )
  const configMap = planConfigMap(cleanup, cluster.configMaps, namespace, manifests[0], { isTestbed: true })
  const results = await Promise.allSettled([
    configMap.make(timeouts.apiRequest, (limits) =>
      cluster.configMaps.create(namespace, manifests[0], limits),
    ),
    instance.make(timeouts.apiRequest, (limits) => cluster.vmis.create(namespace, manifests[1], limits)),
  ])
  const refusals = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  if (refusals.length > 0) throw new RefusedCreation(refusal(refusals))
}

/**
 * A refusal by the cluster's admission is the cluster's fault: quota, policy or KubeVirt. A missing permission is not,
 * nor is a conflict with an object that others own or change at the same time.
 */
function refusal(errors: readonly unknown[]): VmiOutcome {
  const isClusters = errors.every((error) => {
    if (!(error instanceof ApiError)) return false
    if (error.status === 403) return refusalKind(error.facts.said) !== 'rbac'
    return error.status !== 401 && error.status !== 409
  })
  return { notReady: errors.map(describeError).join('; '), outcome: isClusters ? 'failed' : 'error', errors }
}
