/** The user of requests: client-node's, extended with features that client-node lacks. */
import type { RequestOptions } from 'node:https'
import type { User } from './client-node.ts'
import { ExecPlugin } from './exec-plugin.ts'
import type { UserConfig } from './kubeconfig.ts'
import { cleanToken, TokenFile } from './token.ts'

/** From an exec plugin or a token file. */
interface Credential {
  readonly token?: string | undefined
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
}

/** Called with every token and password in use, so that they can be kept out of reports. */
export type OnSecret = (secret: string) => void

/** client-node tries its own authenticators first; they recognize users by fields that these users do not have. */
export class UserAuthenticator {
  readonly #source: () => Promise<Credential>
  readonly #headers: Readonly<Record<string, string>>
  readonly #onSecret: OnSecret
  #knownToken: string | undefined

  constructor(
    source: () => Promise<Credential>,
    headers: Readonly<Record<string, string>>,
    onSecret: OnSecret,
  ) {
    this.#source = source
    this.#headers = headers
    this.#onSecret = onSecret
  }

  /** There is one user only. */
  isAuthProvider(): boolean {
    return true
  }

  async applyAuthentication(
    _user: User,
    options: Pick<RequestOptions, 'headers' | 'cert' | 'key'>,
  ): Promise<void> {
    const { token, certificate } = await this.#source()
    const headers: Record<string, string> = { ...this.#headers }
    if (token !== undefined) {
      if (token !== this.#knownToken) this.#onSecret(token)
      this.#knownToken = token
      headers['Authorization'] = `Bearer ${token}`
    }
    options.headers = Object.assign(options.headers ?? {}, headers)
    if (certificate !== undefined) Object.assign(options, certificate)
  }
}

/** @param cluster information on the cluster for an exec plugin */
export function clientUser(
  name: string,
  user: UserConfig,
  { cluster, env, onSecret }: { cluster: object; env: NodeJS.ProcessEnv; onSecret: OnSecret },
): { readonly user: User; readonly authenticator: UserAuthenticator } {
  const token = user.token === '' ? undefined : cleanToken(user.token, 'the token')
  for (const secret of [token, user.password]) if (secret) onSecret(secret)
  const hasCertificate = user['client-certificate'] + user['client-certificate-data'] !== ''
  const hasOther = token !== undefined || hasCertificate || user.username + user.password !== ''
  return {
    user: {
      name,
      ...given('certFile', user['client-certificate']),
      ...given('certData', user['client-certificate-data']),
      ...given('keyFile', user['client-key']),
      ...given('keyData', user['client-key-data']),
      ...given('username', user.username),
      ...(user.username + user.password === '' ? {} : { password: user.password }),
      ...given('impersonateUser', user.as),
      // client-node would prefer it to the file.
      ...(user['auth-provider'] == null || user.tokenFile !== ''
        ? {}
        : { authProvider: user['auth-provider'] }),
    },
    authenticator: new UserAuthenticator(
      sourceOf(user, { token, hasOther, cluster, env }),
      impersonation(user),
      onSecret,
    ),
  }
}

/** As in client-go, a token file takes precedence over a token, and a plugin is used only if there is neither. */
function sourceOf(
  { tokenFile, exec }: UserConfig,
  given: { token: string | undefined; hasOther: boolean; cluster: object; env: NodeJS.ProcessEnv },
): () => Promise<Credential> {
  const { token, hasOther, cluster, env } = given
  if (tokenFile !== '') {
    const file = new TokenFile(tokenFile, token)
    return () => Promise.resolve({ token: file.read() })
  }
  if (exec != null && !hasOther) {
    const plugin = new ExecPlugin({ config: exec, cluster, env })
    return () => plugin.credential()
  }
  return () => Promise.resolve({ token })
}

function impersonation(user: UserConfig): Record<string, string> {
  const extra = Object.entries(user['as-user-extra']).map(([key, values]): [string, string] => [
    `Impersonate-Extra-${encodeURIComponent(key)}`,
    values.join(),
  ])
  return {
    ...given('Impersonate-Uid', user['as-uid']),
    ...given('Impersonate-Group', user['as-groups'].join()),
    ...Object.fromEntries(extra),
  }
}

function given<K extends string>(key: K, value: string): Partial<Record<K, string>> {
  const part: Partial<Record<K, string>> = {}
  if (value !== '') part[key] = value
  return part
}
