/** Selects the response's format by the request's Accept header, and writes the response. */
import { stringify } from 'yaml'
import { StatusError } from './contract.ts'

export type Representation = 'json' | 'yaml' | 'table'

const OFFERED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** The first supported format of the header. Protobuf is not supported: clients list JSON after it. */
export function negotiate(accept: string | undefined): Representation | undefined {
  if (accept === undefined || accept.trim() === '') return 'json'
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const as = parameters.find((parameter) => parameter.startsWith('as='))
    if (as !== undefined && as !== 'as=table') continue
    if (['application/json', 'application/*', '*/*'].includes(type))
      return as === undefined ? 'json' : 'table'
    if (type === 'application/yaml' && as === undefined) return 'yaml'
  }
  return undefined
}

/** 406; the message differs between core and custom resources. */
export function notAcceptable(custom: boolean): StatusError {
  const offered = OFFERED.join(', ')
  return custom
    ? new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${offered}`)
    : new StatusError(
        406,
        'NotAcceptable',
        `406: Not Acceptable\n\nAvailable representations: ${offered}`,
        {},
      )
}

export interface Answer {
  readonly status?: number
  readonly warnings?: readonly string[]
  readonly representation?: Representation
}

/** A response whose body is an object. */
export function respond(body: object, answer: Answer = {}): Response {
  const { status = 200, warnings = [], representation = 'json' } = answer
  const yaml = representation === 'yaml'
  const headers = new Headers({
    'Content-Type': yaml ? 'application/yaml' : 'application/json',
    'Cache-Control': 'no-cache, private',
  })
  // RFC 7234: the warning text is a quoted string, so its quotes are escaped.
  for (const warning of warnings) headers.append('Warning', `299 - "${warning.replaceAll('"', '\\"')}"`)
  return new Response(yaml ? stringify(body) : `${JSON.stringify(body)}\n`, { status, headers })
}

export function respondText(text: string, status = 200): Response {
  return new Response(text, {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-cache, private',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}
