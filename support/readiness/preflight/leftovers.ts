/** Whether VMIs of other runs exist: they hold CPUs, hugepages and VFs, and may send packets. */
import { RUN_LABEL } from '../../model/testbed.ts'
import type { Labelled } from '../../cluster/inventory-schemas.ts'
import { commandLine } from '../../common/shell-quote.ts'
import { defineCheck } from './check.ts'
import { listNames } from './nodes.ts'
import { mustBeRead } from './survey.ts'

export const leftovers = defineCheck({
  id: 'preflight.leftovers',
  title: 'the namespace has no VMIs of other runs',
  // Left by an earlier run of the suite, or in use by one at the same time.
  blames: 'input',
  reads: async (survey) => {
    const [vmis, configMaps] = await Promise.all([
      survey.leftovers('VirtualMachineInstance'),
      survey.leftovers('ConfigMap'),
    ])
    return { vmis, configMaps, namespace: survey.namespace }
  },
  judge: ({ vmis: read, configMaps, namespace }, { saw, wrong, warning }) => {
    const staying = ({ deletionTimestamp }: Labelled) => deletionTimestamp == null
    const vmis = mustBeRead(read).filter(staying)
    saw(`VMIs with label ${RUN_LABEL}`, listNames(vmis.map(nameAndAge)) || 'none')
    const maps = 'found' in configMaps ? configMaps.found.filter(staying) : []
    if ('found' in configMaps)
      saw(`ConfigMaps with label ${RUN_LABEL}`, listNames(maps.map(nameAndAge)) || 'none')
    const remedy = `remove them with: ${commandLine('npx', 'dpdk-checkup', 'clean', '--namespace', namespace)}, or ${deleteCommand(namespace)}`
    if (vmis.length > 0) {
      wrong(
        `VMIs of an earlier run, or of one that is still going on, are in namespace ${namespace}: ${listNames(vmis.map(nameAndAge))}; ${remedy}`,
      )
    } else if (maps.length > 0) {
      warning(
        `ConfigMaps of an earlier run are in namespace ${namespace}: ${listNames(maps.map(nameAndAge))}; ${remedy}`,
      )
    }
  },
})

/** The command that removes the objects of one run, or of all runs if none is named. */
export function deleteCommand(namespace: string, run?: string): string {
  const selector = run === undefined ? RUN_LABEL : `${RUN_LABEL}=${run}`
  return commandLine('kubectl', 'delete', '-n', namespace, 'vmi,configmap', '-l', selector)
}

function nameAndAge({ name, creationTimestamp }: Labelled): string {
  return creationTimestamp == null ? name : `${name} (since ${creationTimestamp})`
}
