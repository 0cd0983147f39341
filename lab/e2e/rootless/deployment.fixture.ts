/** A deployment of the rootless pods on a test's cluster. Each one is independent, as in a new process. */
import { KubeConfig } from '@kubernetes/client-node'
import { ApiClient } from '../../../support/cluster/api-client.ts'
import { createDeployment, type Deployment } from '../../../support/rootless/deploy.ts'
import { defaultParameters, type RootlessParameters } from '../../../support/rootless/parameters.ts'
import type { OpenShift } from './openshift.fixture.ts'

export interface DeploymentAs {
  readonly force?: boolean
  readonly reset?: boolean
  /** Default `admin`. */
  readonly user?: string
}

export function deploymentOn(
  cluster: OpenShift,
  print: (line: string) => void,
  changes: Partial<RootlessParameters> = {},
  { force = false, reset = false, user = 'admin' }: DeploymentAs = {},
): Deployment {
  const config = new KubeConfig()
  config.loadFromString(cluster.kubeconfigFor(user))
  return createDeployment({
    client: new ApiClient(config),
    kubectl: cluster.kubectl,
    parameters: { ...defaultParameters(), ...changes },
    variant: 'default',
    force: { isGiven: force, by: '--force-conflicts' },
    reset: { isGiven: reset, by: '--reset-network' },
    print,
    kept: print,
  })
}
