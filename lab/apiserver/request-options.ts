/** Options of requests, in query parameters or in the body. */
import type { KubeObject, ResourceKind } from './contract.ts'
import { type FieldValidation, goSyntaxError, parseBody } from './body.ts'
import type { Propagation } from './memory-store.ts'
import { isTrue } from './request-info.ts'
import { type Matcher, parseFieldSelector, parseLabelSelector } from './selectors.ts'
import { badRequest, internal, invalidOptions, preconditionFailed } from './status.ts'

/** Whether the request is a dry run. @throws StatusError 422 for a value other than `All` */
export function isDryRun(query: URLSearchParams, optionsKind: string, inBody?: readonly string[]): boolean {
  const values = inBody ?? query.getAll('dryRun').filter((value) => value !== '')
  if (values.some((value) => value !== 'All'))
    throw invalidOptions(optionsKind, {
      reason: 'FieldValueNotSupported',
      field: 'dryRun',
      message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
    })
  return values.length > 0
}

export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation')
  return value === 'Strict' || value === 'Ignore' ? value : 'Warn'
}

export function selectorOf(query: URLSearchParams, kind: ResourceKind): Matcher {
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', kind)
  const labels = parseLabelSelector(query.get('labelSelector') ?? '')
  return (object) => fields(object) && labels(object)
}

/** Parses a resource version; undefined if none is given. `explain` creates the error if it is not a number. */
export function versionOf(text: string | null, explain: (parseError: string) => Error): number | undefined {
  if (text === null || text === '') return undefined
  if (!/^\d+$/.test(text)) throw explain(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

/** @throws StatusError 500 if the resource version is not a number, as in kube-apiserver */
export function checkResourceVersion(object: KubeObject): void {
  versionOf(object.metadata.resourceVersion ?? null, internal)
}

export function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? ''
  if (!/^-?\d*$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

/** The requested maximal duration of a watch in milliseconds; undefined if not given. */
export function watchTimeoutOf(query: URLSearchParams): number | undefined {
  const seconds = Number(query.get('timeoutSeconds') ?? '')
  return seconds > 0 ? seconds * 1000 : undefined
}

interface DeleteOptionsBody {
  propagationPolicy?: string
  orphanDependents?: boolean
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: string[]
}

export interface DeleteRequestOptions {
  readonly propagation: Propagation | undefined
  readonly dryRun: boolean
  /** The requested grace period; empty if not given. */
  readonly grace: { readonly gracePeriodSeconds?: number }
  /** Checks the delete's preconditions. @throws StatusError 409 if uid or resourceVersion differ */
  readonly check: (kind: ResourceKind, object: KubeObject) => void
}

const PROPAGATIONS = ['Foreground', 'Background', 'Orphan']

/** Reads DeleteOptions from the body, or from the query if there is no body. @throws StatusError 400, 415, 422 */
export function deleteOptionsOf(
  body: string,
  contentType: string | undefined,
  query: URLSearchParams,
): DeleteRequestOptions {
  const options = body === '' ? optionsFromQuery(query) : parseDeleteOptions(body, contentType)
  const { propagationPolicy, orphanDependents, gracePeriodSeconds, preconditions = {} } = options
  if (propagationPolicy !== undefined && !PROPAGATIONS.includes(propagationPolicy))
    throw invalidOptions('DeleteOptions', {
      reason: 'FieldValueNotSupported',
      field: 'propagationPolicy',
      message:
        `Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: ` +
        '"Foreground", "Background", "Orphan", "nil"',
    })
  const deprecated = orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background'
  return {
    propagation: (propagationPolicy as Propagation | undefined) ?? deprecated,
    dryRun: isDryRun(query, 'DeleteOptions', options.dryRun),
    grace: gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
    check(kind, { metadata }) {
      const { uid, resourceVersion } = preconditions
      if (uid !== undefined && uid !== metadata.uid)
        throw preconditionFailed(
          kind,
          metadata.name,
          `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). ` +
            'The object might have been deleted and then recreated',
        )
      if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
        throw preconditionFailed(
          kind,
          metadata.name,
          `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion ` +
            `in record (${metadata.resourceVersion ?? ''}). The object might have been modified`,
        )
    },
  }
}

function optionsFromQuery(query: URLSearchParams): DeleteOptionsBody {
  const propagationPolicy = query.get('propagationPolicy')
  const orphanDependents = query.get('orphanDependents')
  const grace = Number.parseInt(query.get('gracePeriodSeconds') ?? '', 10)
  return {
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    ...(propagationPolicy === null ? {} : { propagationPolicy }),
    ...(orphanDependents === null ? {} : { orphanDependents: isTrue(orphanDependents) }),
  }
}

function parseDeleteOptions(body: string, contentType: string | undefined): DeleteOptionsBody {
  try {
    return parseBody(body, contentType) ?? {}
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw badRequest(`couldn't get version/kind; json parse error: ${goSyntaxError(error)}`)
  }
}
