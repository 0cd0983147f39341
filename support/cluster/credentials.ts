/** Which cluster to judge, and as whom: a kubeconfig that is named, the pod's own account, or ~/.kube/config. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { KubeConfig, type User } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { z } from 'zod'
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
    if (kubeconfig !== '')
      loadFiles(
        config,
        kubeconfig.split(delimiter).filter((path) => path !== ''),
      )
    else if (env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(SERVICE_ACCOUNT_TOKEN))
      config.loadFromCluster()
    else if (existsSync(userConfig)) loadFiles(config, [userConfig])
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
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    throw new InvalidInputError([
      `the kubeconfig ${kubeconfig || userConfig} has no current context with a cluster`,
    ])
  }
  // client-node would refuse each request, which looks like a server that is out of reach.
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    const remedy = 'insecure-skip-tls-verify: true beside it says that this is meant'
    throw new InvalidInputError([
      `the kubeconfig ${kubeconfig || userConfig} names ${cluster.server}, which would be told the credentials unencrypted; ${remedy}`,
    ])
  }
  return config
}

/** Several files are one kubeconfig, the earlier ones' entries winning, as kubectl has it. */
function loadFiles(config: KubeConfig, paths: readonly string[]): void {
  paths.forEach((path, index) => {
    const one = index === 0 ? config : new KubeConfig()
    one.loadFromFile(path)
    one.users = one.users.map((user) => withTokenFile(user, path))
    const hasContext = config.getCurrentCluster() !== null
    if (one !== config) config.mergeConfig(one, hasContext)
  })
}

const usersSchema = z.object({
  users: z
    .array(z.object({ name: z.string(), user: z.object({ tokenFile: z.string().nullish() }).nullish() }))
    .nullish(),
})

/** client-node passes over `tokenFile` and would go on without any credentials; its own kind for pods reads one. */
function withTokenFile(user: User, kubeconfig: string): User {
  const { users } = usersSchema.parse(parse(readFileSync(kubeconfig, 'utf8')))
  const tokenFile = users?.find(({ name }) => name === user.name)?.user?.tokenFile ?? ''
  // As in client-go, the file counts before the token.
  if (tokenFile === '') return user
  const path = resolve(dirname(kubeconfig), tokenFile)
  return { ...user, token: '', authProvider: { name: 'tokenFile', config: { tokenFile: path } } }
}

/** The bearer token in use, where it is known beforehand, so that it can be kept out of reports. */
export function tokenOf(config: KubeConfig): string | undefined {
  const user = config.getCurrentUser()
  const tokenFile = authProviderSchema.safeParse(user?.authProvider).data?.config.tokenFile
  if (tokenFile === undefined) return user?.token
  return existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() : undefined
}

const authProviderSchema = z.object({ config: z.object({ tokenFile: z.string() }) })
