/** The cluster and the credentials to use: from KUBECONFIG, the pod's service account, or ~/.kube/config. */
import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Cluster, KubeConfig } from './client-node.ts'
import { InvalidInputError } from '../common/errors.ts'
import {
  clusterConfig,
  type ClusterConfig,
  type Kubeconfig,
  readKubeconfig,
  userConfig,
  type UserConfig,
} from './kubeconfig.ts'
import { clusterViolations, userViolations } from './kubeconfig-checks.ts'
import { proxyFromEnvironment } from './proxy.ts'
import { clientUser, type OnSecret } from './user.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface CredentialsOptions {
  readonly onSecret?: OnSecret
  /** Folder in which a pod's service account is mounted. */
  readonly serviceAccount?: string
}

/** The cluster and the user in use, from any source. */
interface InUse {
  /** Completes "… cannot be used". */
  readonly where: string
  readonly cluster: readonly [name: string, ClusterConfig]
  readonly user: readonly [name: string, UserConfig]
  readonly namespace: string
}

/**
 * Without a kubeconfig client-node would try http://localhost:8080; this is an error with a remedy instead.
 * @throws InvalidInputError `no-credentials`
 */
export function loadCredentials(env: NodeJS.ProcessEnv, options: CredentialsOptions = {}): KubeConfig {
  try {
    return load(env, options)
  } catch (error) {
    // All errors of a kubeconfig have the same remedy. Other invalid input has another remedy.
    throw error instanceof InvalidInputError
      ? new InvalidInputError(error.violations, 'no-credentials')
      : error
  }
}

function load(
  env: NodeJS.ProcessEnv,
  { onSecret = () => undefined, serviceAccount = SERVICE_ACCOUNT }: CredentialsOptions,
): KubeConfig {
  const { where, namespace, ...inUse } = select(env, serviceAccount)
  const [clusterName, cluster] = inUse.cluster
  const [userName, user] = inUse.user
  const violations = [...clusterViolations(clusterName, cluster), ...userViolations(userName, user)]
  if (violations.length === 0) violations.push(...unencrypted(cluster, user))
  if (violations.length > 0)
    throw new InvalidInputError(violations.map((sentence) => `${where}: ${sentence}`))
  const { user: asClient, authenticator } = clientUser(userName, user, {
    cluster: execCluster(cluster),
    env,
    onSecret,
  })
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [clientCluster(clusterName, cluster, env)],
    users: [asClient],
    contexts: [
      { name: clusterName, cluster: clusterName, user: userName, ...(namespace === '' ? {} : { namespace }) },
    ],
    currentContext: clusterName,
  })
  config.addAuthenticator(authenticator)
  return config
}

/** Like kubectl, treat a list without entries as not set. */
function select(env: NodeJS.ProcessEnv, serviceAccount: string): InUse {
  const list = env['KUBECONFIG'] ?? ''
  const inPod = inCluster(env, serviceAccount)
  if (list !== '') {
    const kubeconfig = readKubeconfig(list.split(delimiter))
    const others = list.split(delimiter).filter((path) => !kubeconfig.choices.includes(path))
    const shown = others.length === 0 ? list : others.join(delimiter)
    if (kubeconfig.currentContext === '' && inPod !== undefined) return inPod
    if (kubeconfig.files.length === 0 && others.length > 0)
      throw new InvalidInputError([`the kubeconfig ${shown} cannot be used: there is no such file`])
    return inContext(kubeconfig, shown)
  }
  if (inPod !== undefined) return inPod
  const usual = join(env['HOME'] ?? homedir(), '.kube', 'config')
  if (existsSync(usual)) return inContext(readKubeconfig([usual]), usual)
  throw new InvalidInputError([
    'no cluster configured: set KUBECONFIG, or run as a Job whose service account token is mounted',
  ])
}

function inContext({ clusters, users, contexts, currentContext }: Kubeconfig, path: string): InUse {
  const where = `the kubeconfig ${path}`
  const refuse = (sentence: string): never => {
    throw new InvalidInputError([`${where} ${sentence}`])
  }
  if (currentContext === '') return refuse('names no current context')
  const context = contexts.get(currentContext)
  if (context === undefined) return refuse(`has no context "${currentContext}"; ${named(contexts)}`)
  const cluster = clusters.get(context.cluster)
  if (cluster === undefined) {
    return refuse(
      context.cluster === ''
        ? `has no cluster in its current context "${currentContext}"`
        : `names the cluster "${context.cluster}", which is none of ${named(clusters)}`,
    )
  }
  // Without a user, kubectl sends anonymous requests, which is what `kubectl proxy` expects.
  const user = users.get(context.user) ?? userConfig({})
  return {
    where,
    cluster: [context.cluster, cluster],
    user: [context.user, user],
    namespace: context.namespace,
  }
}

function named(entries: ReadonlyMap<string, unknown>): string {
  const names = [...entries.keys()]
  return names.length === 0 ? 'those in it: it has none' : `those in it: ${names.slice(0, 5).join(', ')}`
}

/** The pod's service account, if this runs in a pod that has one. */
function inCluster(env: NodeJS.ProcessEnv, serviceAccount: string): InUse | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = env['KUBERNETES_SERVICE_PORT'] ?? ''
  const tokenFile = join(serviceAccount, 'token')
  if (host === '' || port === '' || !existsSync(tokenFile)) return undefined
  const authority = join(serviceAccount, 'ca.crt')
  const namespace = join(serviceAccount, 'namespace')
  return {
    where: "the pod's service account",
    cluster: [
      'inCluster',
      clusterConfig({
        server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
        ...(existsSync(authority) ? { 'certificate-authority': authority } : {}),
      }),
    ],
    user: ['inClusterUser', userConfig({ tokenFile })],
    namespace: existsSync(namespace) ? readFileSync(namespace, 'utf8').trim() : '',
  }
}

/** Schemes are not case-sensitive. */
function isPlain(server: string): boolean {
  return /^http:/i.test(server)
}

/** client-node would refuse each request, which would look like an unreachable server. */
function unencrypted({ server, ...cluster }: ClusterConfig, user: UserConfig): string[] {
  const { username, password, token, tokenFile, exec } = user
  const hasSecret =
    username + password + token + tokenFile !== '' || exec != null || user['auth-provider'] != null
  if (!isPlain(server) || cluster['insecure-skip-tls-verify'] || !hasSecret) return []
  const remedy = 'set insecure-skip-tls-verify: true for that server if this is intended'
  return [`names ${server}, which would receive the credentials unencrypted; ${remedy}`]
}

function clientCluster(name: string, cluster: ClusterConfig, env: NodeJS.ProcessEnv): Cluster {
  const { server } = cluster
  const proxy = cluster['proxy-url'] || proxyFromEnvironment(new URL(server), env)
  return {
    name,
    server: server.replace(/[?#].*$/, '').replace(/\/+$/, ''),
    // Over http there is no certificate to verify; client-node needs this setting.
    skipTLSVerify: cluster['insecure-skip-tls-verify'] || isPlain(server),
    ...(cluster['certificate-authority'] === '' ? {} : { caFile: cluster['certificate-authority'] }),
    ...(cluster['certificate-authority-data'] === ''
      ? {}
      : { caData: cluster['certificate-authority-data'] }),
    ...(cluster['tls-server-name'] === '' ? {} : { tlsServerName: cluster['tls-server-name'] }),
    ...(proxy ? { proxyUrl: proxy } : {}),
  }
}

/** Information on the cluster for credential plugins that request it: an ExecCredential's `spec.cluster`. */
function execCluster(cluster: ClusterConfig): object {
  const { server, extensions, ...rest } = cluster
  const file = rest['certificate-authority']
  const authority = file === '' ? rest['certificate-authority-data'] : readFileSync(file).toString('base64')
  const config = extensions.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension
  const known = {
    server,
    'tls-server-name': rest['tls-server-name'],
    'insecure-skip-tls-verify': rest['insecure-skip-tls-verify'],
    'certificate-authority-data': authority,
    'proxy-url': rest['proxy-url'],
    'disable-compression': rest['disable-compression'],
  }
  return {
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== '' && value !== false)),
    ...(config === undefined ? {} : { config }),
  }
}
