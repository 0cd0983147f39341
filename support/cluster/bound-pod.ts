/** The pod that a service account token is bound to, from the token's claims (all tokens since 1.24 are bound). */
import { z } from 'zod'

const claimsSchema = z.object({
  'kubernetes.io': z.object({
    namespace: z.string(),
    pod: z.object({ name: z.string(), uid: z.string() }),
  }),
})

export interface BoundPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** Undefined for tokens of another kind. The token is not verified: it is this process's own. */
export function boundPod(token: string): BoundPod | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const bound = claimsSchema.parse(claims)['kubernetes.io']
    return { namespace: bound.namespace, ...bound.pod }
  } catch {
    return undefined
  }
}
