/** The errors of the Kubernetes API, with the messages of kube-apiserver v1.36 (recorded exchanges). */
import { type ResourceKind, type StatusDetails, StatusError } from './contract.ts'

/** A resource in error messages: `configmaps`, or `virtualmachineinstances.kubevirt.io`. */
export function qualifiedResource(kind: Pick<ResourceKind, 'group' | 'plural'>): string {
  return qualify(kind.plural, kind.group)
}

/** A kind in error messages: `ConfigMap`, or `VirtualMachineInstance.kubevirt.io`. */
function qualifiedKind(kind: Pick<ResourceKind, 'group' | 'kind'>): string {
  return qualify(kind.kind, kind.group)
}

function qualify(name: string, group: string): string {
  return group === '' ? name : `${name}.${group}`
}

/** The JSON body (a Status) of a failed request. */
export function failureBody(error: StatusError): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  }
}

/** A failure whose body is text, not a Status: for unknown groups, health checks and rate limits. */
export class PlainTextError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export function pathNotFound(): PlainTextError {
  return new PlainTextError(404, '404 page not found')
}

type Resource = Pick<ResourceKind, 'group' | 'plural'>

function detailsOf(resource: Resource, name?: string): StatusDetails {
  return {
    ...(name === undefined || name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  }
}

export function notFound(resource: Resource, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${qualifiedResource(resource)} "${name}" not found`,
    detailsOf(resource, name),
  )
}

export function resourceNotServed(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized')
}

/** `because` completes `configmaps "x" is forbidden: …`. */
export function forbidden(
  resource: Resource,
  name: string,
  because: string,
  causes?: StatusDetails['causes'],
): StatusError {
  const subject = name === '' ? qualifiedResource(resource) : `${qualifiedResource(resource)} "${name}"`
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${because}`, {
    ...detailsOf(resource, name),
    ...(causes === undefined ? {} : { causes }),
  })
}

export function forbiddenPath(because: string): StatusError {
  return new StatusError(403, 'Forbidden', `forbidden: ${because}`, {})
}

export function alreadyExists(resource: Resource, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualifiedResource(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  )
}

const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

export function conflict(resource: Resource, name: string, because = MODIFIED): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${because}`,
    detailsOf(resource, name),
  )
}

/** A delete's precondition is not met. The only conflict whose details contain the kind. */
export function preconditionFailed(kind: ResourceKind, name: string, because: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedKind(kind)} "${name}": ${because}`,
    { ...detailsOf(kind, name), kind: kind.kind },
  )
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

/** A 500 without reason and details: for errors that are not API errors in kube-apiserver. */
export function internal(message: string): StatusError {
  return new StatusError(500, '', message)
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

/** One validation error. `message` starts with the error's type: `Invalid value: "x": must be …`. */
export interface Violation {
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueTooLong'
    | 'FieldValueTypeInvalid'
  readonly field: string
  readonly message: string
}

/** 422. Each violation is a cause; the message lists several in brackets. */
export function invalid(
  kind: Pick<ResourceKind, 'group' | 'kind'>,
  name: string,
  violations: readonly Violation[],
): StatusError {
  const sentences = [...new Set(violations.map(({ field, message }) => `${field}: ${message}`))]
  const summary = sentences.length === 1 ? sentences.join('') : `[${sentences.join(', ')}]`
  return new StatusError(422, 'Invalid', `${qualifiedKind(kind)} "${name}" is invalid: ${summary}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes: violations.map(({ reason, message, field }) => ({ reason, message, field })),
  })
}

export function invalidOptions(kind: string, violation: Violation): StatusError {
  return invalid({ group: 'meta.k8s.io', kind }, '', [violation])
}

/** kube-apiserver's only message for a JSON patch that cannot be applied. */
export function unprocessable(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
}

export function versionTooLarge(asked: number, current: number): StatusError {
  return new StatusError(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  )
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message)
}
