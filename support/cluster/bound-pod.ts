/** Which pod a service account's token was made for: its claims say so (bound tokens, all there are since 1.24). */
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
