/** Whether VMIs of other runs exist: they use CPUs, hugepages and VFs, and may send packets. */
import { RUN_LABEL } from '../../model/testbed.ts'
import type { Labelled } from '../../cluster/inventory-schemas.ts'
import { commandLine } from '../../common/shell-quote.ts'
import { defineCheck } from './check.ts'
import { listNames } from './nodes.ts'
import { type OtherRun, otherRuns } from './other-runs.ts'
import { mustBeRead } from './survey.ts'

export const leftovers = defineCheck({
  id: 'preflight.leftovers',
  title: 'the namespace has no VMIs of other runs',
  rationale: 'VMs of other runs use CPUs and VFs, and may send packets.',
  remediation: 'Wait until the other run has ended, or remove its objects with dpdk-checkup clean.',
  guardsHonesty: true,
  // These objects belong to an earlier or a concurrent run of the suite: this is not the cluster's fault.
  blames: 'input',
  reads: async (survey) => {
    const [vmis, configMaps] = await Promise.all([
      survey.leftovers('VirtualMachineInstance'),
      survey.leftovers('ConfigMap'),
    ])
    const staying = (read: typeof vmis) => ('found' in read ? read.found.filter(isStaying) : [])
    const runs = await otherRuns(survey, staying(vmis), staying(configMaps))
    return { vmis, configMaps, runs, namespace: survey.namespace }
  },
  judge: ({ vmis, configMaps, runs, namespace }, { fact, wrong, warning }) => {
    fact(`VMIs with label ${RUN_LABEL}`, namesOf(mustBeRead(vmis).filter(isStaying)))
    if ('found' in configMaps)
      fact(`ConfigMaps with label ${RUN_LABEL}`, namesOf(configMaps.found.filter(isStaying)))
    for (const run of runs) {
      const sentence = `${objectsText(run)} in namespace ${namespace}: ${ownerText(run, namespace)}`
      if (run.vmis.length > 0) wrong(sentence)
      else warning(sentence)
    }
  },
})

/** The command that removes the objects of one run, or of all runs if none is named. */
export function deleteCommand(namespace: string, run?: string): string {
  const selector = run === undefined ? RUN_LABEL : `${RUN_LABEL}=${run}`
  return commandLine('kubectl', 'delete', '-n', namespace, 'vmi,configmap', '-l', selector)
}

function objectsText({ uid, vmis, configMaps }: OtherRun): string {
  const what = vmis.length > 0 ? `VMIs ${namesOf(vmis)}` : `ConfigMaps ${namesOf(configMaps)}`
  return `${what} of run ${uid} are`
}

/** States to which run the objects belong. Recommends their removal only if that run has ended. */
function ownerText({ uid, state }: OtherRun, namespace: string): string {
  const sweep = commandLine('npx', 'dpdk-checkup', 'clean', '--namespace', namespace, '--run', uid)
  switch (state.kind) {
    case 'ongoing': {
      const { configMap, since, until } = state.run
      return `ConfigMap ${configMap} says that this run began at ${since} and ends at ${until} at the latest; wait for its end, or use another namespace`
    }
    case 'ended':
      return `${state.configMap === undefined ? 'no run is going on in this namespace' : `ConfigMap ${state.configMap} says that this run has ended`}; remove them with: ${sweep}, or ${deleteCommand(namespace, uid)}`
    case 'unknown':
      return `this run may still be going on, ${state.why}; ask the people who run checkups in this namespace`
  }
}

function isStaying({ deletionTimestamp }: Labelled): boolean {
  return deletionTimestamp == null
}

function namesOf(objects: readonly Labelled[]): string {
  const named = objects.map(({ name, creationTimestamp }) =>
    creationTimestamp == null ? name : `${name} (since ${creationTimestamp})`,
  )
  return listNames(named) || 'none'
}
