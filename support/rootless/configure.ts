/** The first stage: parameters from the environment and the ConfigMap, kubectl, and the cluster's client. */
import type { ApiClient } from '../cluster/api-client.ts'
import { claim } from '../run/claimed.ts'
import { connectCluster } from '../run/connect.ts'
import { attach } from '../report/attachments.ts'
import type { Run } from '../run/run.ts'
import { recordSimulationOrWarn } from '../run/simulation.ts'
import { isAskedFor, readSuiteParameters } from './config-map.ts'
import { createDeployment, type Deployment } from './deploy.ts'
import { createKubectl } from './kubectl.ts'
import { NAMESPACE } from './names.ts'
import type { RootlessParameters, Variant } from './parameters.ts'

export interface Configured {
  readonly client: ApiClient
  readonly deployment: Deployment
  readonly parameters: RootlessParameters
  readonly variant: Variant
  /** `namespace/pod` of a pod that can ping the tap, if given. */
  readonly pingFrom: string | undefined
}

export async function configure(run: Run, env: NodeJS.ProcessEnv): Promise<Configured> {
  const data = isAskedFor(env) ? (await claim(run)).data : undefined
  await recordSimulationOrWarn(run, () => connectCluster(env))
  const { parameters, variant, pingFrom, timeout, forceConflicts, resetNetwork } = readSuiteParameters(
    env,
    data,
  )
  // Checks the kubeconfig before kubectl runs: without one, kubectl complains about localhost:8080.
  const { client } = connectCluster(env)
  run.journal.cluster({ namespace: NAMESPACE })
  run.journal.parameters({ ...parameters, variant })
  if (timeout !== undefined) run.startDeadline(timeout)
  const print = (line: string) => {
    run.logger.debug(line)
  }
  const kept = (sentence: string) => {
    run.journal.warn(sentence)
  }
  const force = { isGiven: forceConflicts, by: 'FORCE_CONFLICTS=true' }
  const reset = { isGiven: resetNetwork, by: 'RESET_NETWORK=true' }
  const kubectl = createKubectl(env)
  return {
    client,
    deployment: createDeployment({
      client,
      kubectl,
      parameters,
      variant,
      force,
      reset,
      print,
      kept,
      rendered: (tree, yaml) => {
        attach(`manifests/${tree}.yaml`, () => yaml)
      },
    }),
    parameters,
    variant,
    pingFrom,
  }
}
