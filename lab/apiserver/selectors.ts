/** Label and field selectors of list, watch and deletecollection. */
import type { KubeObject, ResourceKind } from './contract.ts'
import { badRequest } from './status.ts'

export type Matcher = (object: KubeObject) => boolean

/** A matcher for `a=b,c!=d,e in (f,g),h notin (i),j,!k`. @throws StatusError 400 */
export function parseLabelSelector(text: string): Matcher {
  const requirements = splitRequirements(text).map(parseRequirement)
  return (object) => {
    const labels = object.metadata.labels ?? {}
    return requirements.every((requirement) => requirement(labels))
  }
}

type Labels = Readonly<Record<string, string>>

/** Splits at commas outside parentheses. */
function splitRequirements(text: string): string[] {
  return (text.match(/(?:\([^)]*\)|[^,(])+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '')
}

function parseRequirement(text: string): (labels: Labels) => boolean {
  const absent = /^!\s*([\w./-]+)$/.exec(text)?.[1]
  if (absent !== undefined) return (labels) => !(absent in labels)
  const present = /^[\w./-]+$/.exec(text)?.[0]
  if (present !== undefined) return (labels) => present in labels
  const [, key = '', operator = '', value = ''] = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(text) ?? []
  if (operator === '!=') return (labels) => labels[key] !== value
  if (operator !== '') return (labels) => labels[key] === value
  const [, setKey = '', setOperator = '', list = ''] =
    /^([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text) ?? []
  const values = new Set(list.split(',').map((item) => item.trim()))
  if (setOperator === 'in') return (labels) => setKey in labels && values.has(labels[setKey] ?? '')
  if (setOperator === 'notin') return (labels) => !(setKey in labels && values.has(labels[setKey] ?? ''))
  throw badRequest(explain(text))
}

function explain(text: string): string {
  const [, operator, next] = /^[\w./-]+\s+(in|notin)\s+([\w.-]+)/.exec(text) ?? []
  if (operator !== undefined) return `unable to parse requirement: found '${next ?? ''}' expected: '('`
  const [, found = text] = /^[\w./-]*\s*(\S+)/.exec(text) ?? []
  return `unable to parse requirement: found '${found}', expected: in, notin, =, ==, !=, gt, lt`
}

/** Selectable fields in addition to name and namespace, by `plural` or `plural.group`. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  pods: ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  secrets: ['type'],
  jobs: ['status.successful'],
}

const ALWAYS_SELECTABLE = ['metadata.name', 'metadata.namespace']

/** A matcher for `metadata.name=x,status.phase!=y`. @throws StatusError 400 for a field that is not selectable */
export function parseFieldSelector(text: string, kind: ResourceKind): Matcher {
  const terms = fieldTerms(text)
  for (const { field } of terms) {
    if (ALWAYS_SELECTABLE.includes(field) || SELECTABLE[kind.plural]?.includes(field)) continue
    throw badRequest(
      kind.custom
        ? `field label not supported: ${field}`
        : `"${field}" is not a known field selector: only ${ALWAYS_SELECTABLE.map((known) => `"${known}"`).join(', ')}`,
    )
  }
  return (object) => terms.every(({ field, value, equal }) => (fieldOf(object, field) === value) === equal)
}

/** The name in a selector `metadata.name=…`: authorization treats it as the request's name. */
export function selectedName(text: string): string | undefined {
  try {
    return fieldTerms(text).find(({ field, equal }) => field === 'metadata.name' && equal)?.value
  } catch {
    return undefined
  }
}

function fieldTerms(text: string): { field: string; value: string; equal: boolean }[] {
  return text
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const [, field, operator, value] = /^\s*([^=!]+?)\s*(==|=|!=)\s*(.*?)\s*$/.exec(term) ?? []
      if (field === undefined || value === undefined)
        throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`)
      return { field, value, equal: operator !== '!=' }
    })
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[step]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : ''
}
