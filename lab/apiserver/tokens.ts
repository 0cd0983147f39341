/** Authentication: bearer tokens of given users, and tokens of service accounts. */
import { createHmac, randomBytes } from 'node:crypto'
import type { KubeObject, Store, User } from './contract.ts'
import { SERVICE_ACCOUNTS } from './kinds.ts'
import { unauthorized } from './status.ts'

export type { User } from './contract.ts'

export const ADMIN: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

/** The user of all controllers. */
export const CONTROLLER: User = {
  name: 'system:kube-controller-manager',
  groups: ['system:authenticated'],
}

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

/** The user of a service account. */
export function serviceAccountUser(namespace: string, name: string, uid?: string): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(uid === undefined ? {} : { uid }),
  }
}

interface MintedToken {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly expires: number
}

/** The pod to which a token is bound; the token's claims contain it. */
export interface BoundPod {
  readonly name: string
  readonly uid: string
}

export class Tokens {
  readonly #store: Store
  readonly #users: Map<string, User>
  readonly #minted = new Map<string, MintedToken>()
  readonly #key = randomBytes(32)

  /** `users`: bearer token → user. */
  constructor(store: Store, users: ReadonlyMap<string, User>) {
    this.#store = store
    this.#users = new Map(users)
  }

  /** The user of an `Authorization` header. @throws StatusError 401 for a bearer token that is not valid */
  authenticate(authorization: string | undefined): User {
    const [, token] = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '') ?? []
    // A request without a bearer token is anonymous, whatever other scheme it uses.
    if (token === undefined) return ANONYMOUS
    const user = this.#users.get(token) ?? this.#mintedUser(token)
    if (user === undefined) throw unauthorized()
    return user
  }

  /** Creates and registers a token for a user. */
  add(user: User): string {
    const token = randomBytes(24).toString('base64url')
    this.#users.set(token, user)
    return token
  }

  /** A JWT for a service account, valid for `seconds` while the account exists. */
  mint(
    account: KubeObject,
    seconds: number,
    audiences: readonly string[],
    pod?: BoundPod,
  ): { token: string; expires: Date } {
    const { name, namespace = '', uid = '' } = account.metadata
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      aud: audiences,
      exp: now + seconds,
      iat: now,
      nbf: now,
      iss: audiences[0],
      jti: randomBytes(16).toString('hex'),
      'kubernetes.io': { namespace, ...(pod === undefined ? {} : { pod }), serviceaccount: { name, uid } },
      sub: `system:serviceaccount:${namespace}:${name}`,
    }
    const unsigned = [{ alg: 'HS256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const token = `${unsigned}.${createHmac('sha256', this.#key).update(unsigned).digest('base64url')}`
    const expires = (now + seconds) * 1000
    this.#minted.set(token, { namespace, name, uid, expires })
    return { token, expires: new Date(expires) }
  }

  #mintedUser(token: string): User | undefined {
    const minted = this.#minted.get(token)
    if (minted === undefined || minted.expires <= Date.now()) return undefined
    const { namespace, name, uid } = minted
    if (this.#store.get(SERVICE_ACCOUNTS, namespace, name)?.metadata.uid !== uid) return undefined
    return serviceAccountUser(namespace, name, uid)
  }
}
