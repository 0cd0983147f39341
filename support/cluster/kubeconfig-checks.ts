/**
 * The checks that kubectl makes on the cluster and the user in use before any request (client-go, tools/clientcmd,
 * validation.go), so that a mistake is reported at once and not as an unreachable server.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { describeError } from '../common/errors.ts'
import { EXEC_API_VERSIONS, INTERACTIVE_MODES } from './exec-plugin.ts'
import type { ClusterConfig, ExecConfig, UserConfig } from './kubeconfig.ts'
import { proxyUrl } from './proxy.ts'
import { cleanToken, TokenFile } from './token.ts'

export function clusterViolations(name: string, cluster: ClusterConfig): string[] {
  const whose = `the cluster "${name}"`
  const file = cluster['certificate-authority']
  const data = cluster['certificate-authority-data']
  const server = cluster.server
  if (server === '') return [`${whose} has no server`]
  return [
    // URL trims and encodes blanks, which Go refuses.
    ...(URL.canParse(server) && /^https?:\S*$/i.test(server)
      ? []
      : [`${whose} has a server that is not an http or https address: ${server}`]),
    ...(cluster['proxy-url'] === '' || proxyUrl(cluster['proxy-url']) !== undefined
      ? []
      : [`${whose} has a proxy-url that is not an http, https or socks5 address`]),
    ...onlyOne(whose, 'certificate-authority', file, data),
    // transport.TLSConfigFor refuses this in kubectl: it is unclear whether the server is to be verified.
    ...(cluster['insecure-skip-tls-verify'] && file + data !== ''
      ? [`${whose} has insecure-skip-tls-verify and a certificate-authority: only one of them is allowed`]
      : []),
    ...(file + data === '' ? [] : readableAuthority(whose, file, data)),
  ]
}

function readableAuthority(whose: string, file: string, data: string): string[] {
  try {
    const pem = file === '' ? Buffer.from(data, 'base64').toString('latin1') : readFileSync(file, 'latin1')
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
    if (blocks.some(isCertificate)) return []
    return [`${whose} has a certificate-authority${file === '' ? '-data' : ''} without a certificate`]
  } catch (error) {
    return [`${whose} has a certificate-authority that cannot be read: ${describeError(error)}`]
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** Those of client-node. kubectl knows `oidc` alone: plug-ins (`exec`) have taken the place of the others. */
const AUTH_PROVIDERS: readonly string[] = ['oidc', 'gcp', 'azure']

export function userViolations(name: string, user: UserConfig): string[] {
  const whose = `the user "${name}"`
  const methods = [
    ...(user.token === '' ? [] : ['a token']),
    ...(user.username + user.password === '' ? [] : ['a password']),
  ]
  const isMoreThanUser =
    user['as-uid'] !== '' || user['as-groups'].length > 0 || Object.keys(user['as-user-extra']).length > 0
  return [
    ...(methods.length > 1 ? [`${whose} has ${methods.join(' and ')}: only one of them is allowed`] : []),
    ...tokenViolations(whose, user),
    ...certificateViolations(whose, user),
    ...(user.exec == null ? [] : execViolations(whose, user.exec)),
    ...(user.exec != null && user['auth-provider'] != null
      ? [`${whose} has exec and auth-provider: only one of them is allowed`]
      : []),
    ...providerViolations(whose, user),
    ...(user.as === '' && isMoreThanUser
      ? [`${whose} has as-uid, as-groups or as-user-extra without as`]
      : []),
    // fetch joins repeated headers into one, so it cannot send several values.
    ...(user['as-groups'].length > 1 || Object.values(user['as-user-extra']).some(({ length }) => length > 1)
      ? [`${whose} has several as-groups, or several values of an as-user-extra; only one can be sent`]
      : []),
  ]
}

/** Requests would be sent without credentials. A token file takes precedence over a provider. */
function providerViolations(whose: string, user: UserConfig): string[] {
  const provider = user['auth-provider']
  if (provider == null || user.tokenFile !== '' || AUTH_PROVIDERS.includes(provider.name)) return []
  return [
    `${whose} has an auth-provider "${provider.name}", not one of ${AUTH_PROVIDERS.join(', ')}; an exec plugin may take its place`,
  ]
}

function tokenViolations(whose: string, { token, tokenFile }: UserConfig): string[] {
  try {
    if (token !== '') cleanToken(token, 'its token')
    else if (tokenFile !== '') new TokenFile(tokenFile, undefined).read()
    return []
  } catch (error) {
    return [`${whose} has no usable token: ${describeError(error)}`]
  }
}

function certificateViolations(whose: string, user: UserConfig): string[] {
  const certificate = { file: user['client-certificate'], data: user['client-certificate-data'] }
  const key = { file: user['client-key'], data: user['client-key-data'] }
  if (certificate.file + certificate.data === '') return []
  if (key.file + key.data === '') return [`${whose} has a client-certificate without its client-key`]
  const twice = [
    ...onlyOne(whose, 'client-certificate', certificate.file, certificate.data),
    ...onlyOne(whose, 'client-key', key.file, key.data),
  ]
  if (twice.length > 0) return twice
  try {
    createSecureContext({ cert: content(certificate), key: content(key) })
    return []
  } catch (error) {
    return [`${whose} has a client-certificate and client-key that cannot be used: ${describeError(error)}`]
  }
}

function content({ file, data }: { readonly file: string; readonly data: string }): Buffer {
  return file === '' ? Buffer.from(data, 'base64') : readFileSync(file)
}

function execViolations(whose: string, exec: ExecConfig): string[] {
  const plugin = `${whose} has an exec plugin`
  return [
    ...(exec.command === '' ? [`${plugin} without a command`] : []),
    ...(EXEC_API_VERSIONS.includes(exec.apiVersion)
      ? []
      : [`${plugin} with apiVersion "${exec.apiVersion}", not one of ${EXEC_API_VERSIONS.join(', ')}`]),
    ...(INTERACTIVE_MODES.includes(exec.interactiveMode)
      ? []
      : [
          `${plugin} with interactiveMode "${exec.interactiveMode}", not one of ${INTERACTIVE_MODES.join(', ')}`,
        ]),
    ...(exec.env.some(({ name }) => name === '') ? [`${plugin} with an env variable without a name`] : []),
  ]
}

function onlyOne(whose: string, key: string, file: string, data: string): string[] {
  return file !== '' && data !== ''
    ? [`${whose} has ${key} and ${key}-data: only one of them is allowed`]
    : []
}
