/** A refusal by the API server, with its message. */
import { z } from 'zod'
import { SuiteError } from '../common/errors.ts'
import { foreign, says } from '../common/foreign-text.ts'
import { oneLine } from '../common/text.ts'
import { refusalKind } from './refusal.ts'

const causeSchema = z.object({ reason: z.string().optional(), field: z.string().optional() })
const statusSchema = z.object({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .object({ causes: z.array(causeSchema).nullish() })
    .nullish()
    .catch(undefined),
})
export type ApiCause = z.infer<typeof causeSchema>

export class ApiError extends SuiteError {
  /** HTTP status code, e.g. 403. */
  readonly status: number
  /** Kubernetes' reason (`Forbidden`, `AlreadyExists`, …); empty if it gave none. */
  readonly reason: string
  /** Details of the refusal, e.g. the fields that another manager owns; empty if it gave none. */
  readonly causes: readonly ApiCause[]

  constructor(doing: string, status: number, body: string) {
    const parsed = parseStatus(body)
    const said = parsed?.message ?? (body.trim().slice(0, 300) || `HTTP ${status}`)
    super(
      'api',
      `${doing}: ${explain(status)}${isPage(said) ? `HTTP ${status}: ${textOfPage(body)}` : said}`,
      { facts: { status, said: foreign(said) } },
    )
    this.status = status
    this.reason = parsed?.reason ?? ''
    this.causes = parsed?.details?.causes ?? []
  }
}

/** From webhooks that have, or may have, side effects: `admission webhook "x" does not support dry run`. */
export function isDryRunUnsupported({ facts: { said } }: ApiError): boolean {
  return said !== undefined && says(said, /does not support dry run/)
}

/**
 * A refusal because a role that a binding names does not exist:
 * `…: RBAC: [clusterrole.rbac.authorization.k8s.io "x" not found]`.
 */
export function missesRoles({ status, facts: { said } }: ApiError): boolean {
  return status === 403 && said !== undefined && says(said, /RBAC: \[.*not found/)
}

export function isApiError(error: unknown, ...statuses: readonly number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status)
}

/** Whether a proxy or load balancer answered in HTML; the API server never does. */
function isPage(said: string): boolean {
  return refusalKind(foreign(said)) === 'intermediary'
}

/** What a page of HTML shows. */
function textOfPage(page: string): string {
  const shown = page
    .slice(0, 20_000)
    .replaceAll(/<(style|script)\b[^>]*>[\s\S]*?(?:<\/\1>|$)/gi, ' ')
    .replaceAll(/<[^>]*>?/g, ' ')
  return oneLine(shown).slice(0, 300).toWellFormed()
}

function explain(status: number): string {
  return status === 401 ? 'the API server does not accept the token or certificate: ' : ''
}

function parseStatus(body: string): z.infer<typeof statusSchema> | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
