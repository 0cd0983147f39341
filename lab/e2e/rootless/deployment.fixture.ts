/** Deployments of the rootless pods on a test's cluster. Each one is independent, as in a new process. */
import { KubeConfig } from '@kubernetes/client-node'
import { ApiClient } from '../../../support/cluster/api-client.ts'
import { describeError } from '../../../support/common/errors.ts'
import {
  createDeployment,
  deployApplication,
  type Deployment,
  removeRun,
} from '../../../support/rootless/deploy.ts'
import { defaultParameters, type RootlessParameters } from '../../../support/rootless/parameters.ts'
import { grantInCluster } from '../cluster-role.fixture.ts'
import { type OpenShift, startOpenShift } from './openshift.fixture.ts'

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

export const limits = (signal = new AbortController().signal) => ({ signal, timeout: 30_000 })

/** Deploys and, like the command, cleans up after the failure. Returns the error's description. */
export async function failingDeployment(which: Deployment, signal?: AbortSignal): Promise<string> {
  try {
    await deployApplication(which, 'testpmd-tap', limits(signal))
  } catch (error) {
    await removeRun(which, limits())
    return describeError(error)
  }
  throw new Error('it did not fail')
}

/** Fates of testpmd's pod. */
export const FORWARDS = { isReady: true, log: '  io packet forwarding packets/burst=32\n' }
/** testpmd ends at once, so no deployment succeeds. */
export const FAILS = { finalOutput: 'testpmd found no port\n' }

export interface FreshCluster {
  readonly cluster: OpenShift
  /** Lines that deployments printed. */
  readonly said: readonly string[]
  readonly deployment: (changes?: Partial<RootlessParameters>, options?: DeploymentAs) => Deployment
}

/** Declares a cluster of its own for each test of a suite. */
export function freshCluster(): FreshCluster {
  let cluster: OpenShift
  let said: string[]
  beforeEach(async () => {
    said = []
    cluster = await startOpenShift()
  })
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]()
  })
  return {
    get cluster() {
      return cluster
    },
    get said() {
      return said
    },
    deployment: (changes, options) => deploymentOn(cluster, (line) => said.push(line), changes, options),
  }
}

/** Gives a user these rules only. */
export function bindUser({ store }: OpenShift, user: string, rules: readonly object[]): void {
  const subject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }
  grantInCluster(store, `rules-of-${user}`, rules, subject)
}
