/** Which cluster to judge, and as whom: a kubeconfig that is named, the pod's own account, or ~/.kube/config. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { describeError, InvalidInputError } from '../common/errors.ts'

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * Without a kubeconfig client-node would try http://localhost:8080; here that is an error with a remedy.
 * @throws InvalidInputError
 */
export function loadCredentials(env: NodeJS.ProcessEnv): KubeConfig {
  const config = new KubeConfig()
  const kubeconfig = env['KUBECONFIG'] ?? ''
  const userConfig = join(homedir(), '.kube', 'config')
  try {
    if (kubeconfig !== '') config.loadFromDefault()
    else if (env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(SERVICE_ACCOUNT_TOKEN))
      config.loadFromCluster()
    else if (existsSync(userConfig)) config.loadFromFile(userConfig)
    else {
      throw new InvalidInputError([
        'no cluster to judge: set KUBECONFIG, or run as a Job whose service account token is mounted',
      ])
    }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError([
      `the kubeconfig ${kubeconfig === '' ? userConfig : kubeconfig} can not be used: ${describeError(error)}`,
    ])
  }
  if (config.getCurrentCluster() === null) {
    throw new InvalidInputError([
      `the kubeconfig ${kubeconfig || userConfig} has no current context with a cluster`,
    ])
  }
  return config
}

/** The bearer token in use, where it is known beforehand, so that it can be kept out of reports. */
export function tokenOf(config: KubeConfig): string | undefined {
  return config.getCurrentUser()?.token
}
