/** kube-apiserver's validation of all objects, and of the built-in kinds that the lab needs. */
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ResourceKind } from './contract.ts'
import { changedSelectorViolations, replicatedViolations } from './replicated-validation.ts'
import { invalid, type Violation } from './status.ts'

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must " +
  `start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and " +
  `end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`

const LABEL_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const LABEL_NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  `'${LABEL_NAME}')`

const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must " +
  "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for " +
  `validation is '${LABEL_VALUE}')`

const CONFIG_KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or " +
  "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

const MAX_ANNOTATIONS = 256 * 1024
const MAX_DATA = 1024 * 1024

/** @throws StatusError 422 with every violation */
export function validateCreate(kind: ResourceKind, object: KubeObject): void {
  const { name } = object.metadata
  const violations = name
    ? [...nameViolations(kind, name), ...commonViolations(kind, object)]
    : [required('metadata.name', 'name or generateName is required'), ...commonViolations(kind, object)]
  refuse(kind, name, violations)
}

/** @throws StatusError 422 with every violation */
export function validateUpdate(kind: ResourceKind, object: KubeObject, stored: KubeObject): void {
  refuse(kind, object.metadata.name, [
    ...finalizerViolations(kind, object, stored),
    ...commonViolations(kind, object),
    ...immutableViolations(kind, object, stored),
  ])
}

function refuse(kind: ResourceKind, name: string, violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalid(kind, name, violations)
}

function nameViolations(kind: ResourceKind, name: string): Violation[] {
  // Names of roles and bindings may have any characters of a path segment, such as system:discovery.
  if (kind.group === 'rbac.authorization.k8s.io') return []
  const [pattern, rule] = kind.plural === 'namespaces' ? [LABEL, LABEL_RULE] : [SUBDOMAIN, SUBDOMAIN_RULE]
  const longest = kind.plural === 'namespaces' ? 63 : 253
  const violations: Violation[] = []
  if (name.length > longest) violations.push(wrong('metadata.name', name, tooLong(longest)))
  if (!new RegExp(`^${pattern}$`).test(name)) violations.push(wrong('metadata.name', name, rule))
  return violations
}

function commonViolations(kind: ResourceKind, object: KubeObject): Violation[] {
  const { labels = {}, annotations = {} } = object.metadata
  const violations = Object.entries(labels).flatMap(([label, value]) => labelViolations(label, value))
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  if (size > MAX_ANNOTATIONS)
    violations.push({
      reason: 'FieldValueTooLong',
      field: 'metadata.annotations',
      message: `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`,
    })
  if (kind.plural === 'configmaps') violations.push(...configMapViolations(object))
  if (kind.plural === 'jobs') violations.push(...jobViolations(object))
  if (kind.group === 'apps') violations.push(...replicatedViolations(object))
  return violations
}

function labelViolations(label: string, value: string): Violation[] {
  const field = 'metadata.labels'
  const name = label.slice(label.indexOf('/') + 1)
  const violations: Violation[] = []
  if (!new RegExp(`^${LABEL_NAME}$`).test(name)) violations.push(wrong(field, label, LABEL_NAME_RULE))
  if (name.length > 63) violations.push(wrong(field, label, `name part ${tooLong(63)}`))
  if (value.length > 63) violations.push(wrong(field, value, tooLong(63)))
  else if (!new RegExp(`^${LABEL_VALUE}$`).test(value)) violations.push(wrong(field, value, LABEL_VALUE_RULE))
  return violations
}

type StringMap = Readonly<Record<string, string>> | undefined | null

function configMapViolations(object: KubeObject): Violation[] {
  const data = (object['data'] as StringMap) ?? {}
  const binary = (object['binaryData'] as StringMap) ?? {}
  const violations: Violation[] = []
  for (const [field, entries] of Object.entries({ data, binaryData: binary }))
    for (const key of Object.keys(entries)) {
      if (!/^[-._a-zA-Z0-9]+$/.test(key)) violations.push(wrong(`${field}[${key}]`, key, CONFIG_KEY_RULE))
      if (field === 'data' && key in binary)
        violations.push(wrong(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    }
  const size =
    Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0) +
    Object.values(binary).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0)
  if (size > MAX_DATA)
    violations.push({
      reason: 'FieldValueTooLong',
      field: '[]',
      message: `Too long: may not be more than ${MAX_DATA} bytes`,
    })
  return violations
}

function jobViolations(object: KubeObject): Violation[] {
  const spec = object['spec'] as { template?: { spec?: { restartPolicy?: string } } } | undefined
  const policy = spec?.template?.spec?.restartPolicy
  if (policy === 'OnFailure' || policy === 'Never') return []
  return [required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"')]
}

function finalizerViolations(kind: ResourceKind, object: KubeObject, stored: KubeObject): Violation[] {
  if (stored.metadata.deletionTimestamp === undefined) return []
  const before = stored.metadata.finalizers ?? []
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer))
  if (added.length === 0) return []
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ')
  const violation: Violation = {
    reason: 'FieldValueForbidden',
    field: 'metadata.finalizers',
    message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
  }
  // kube-apiserver validates a custom resource twice and lists the violation twice.
  return kind.custom ? [violation, violation] : [violation]
}

function immutableViolations(kind: ResourceKind, object: KubeObject, stored: KubeObject): Violation[] {
  if (kind.plural === 'jobs') return changedJobViolations(object, stored)
  if (kind.group === 'apps') return changedSelectorViolations(object, stored)
  if (stored['immutable'] !== true || (kind.plural !== 'configmaps' && kind.plural !== 'secrets')) return []
  const changed = ['data', 'binaryData'].filter(
    (field) => JSON.stringify(object[field] ?? {}) !== JSON.stringify(stored[field] ?? {}),
  )
  if (object['immutable'] !== true) changed.unshift('immutable')
  return changed.map((field) => ({
    reason: 'FieldValueForbidden',
    field,
    message: 'Forbidden: field is immutable when `immutable` is set',
  }))
}

/** A Job's pod template is immutable. kube-apiserver's message quotes the whole Go struct; the lab's does not. */
function changedJobViolations(object: KubeObject, stored: KubeObject): Violation[] {
  const [next, before] = [object, stored].map((job) => (job['spec'] ?? {}) as Record<string, unknown>)
  const types: Readonly<Record<string, string>> = {
    selector: '&v1.LabelSelector{…}',
    template: 'core.PodTemplateSpec{…}',
    completionMode: '…',
  }
  return Object.entries(types)
    .filter(([field]) => !isDeepStrictEqual(next?.[field], before?.[field]))
    .map(([field, value]) => ({
      reason: 'FieldValueInvalid',
      field: `spec.${field}`,
      message: `Invalid value: ${value}: field is immutable`,
    }))
}

export function wrong(field: string, value: string, rule: string): Violation {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${rule}` }
}

function required(field: string, what: string): Violation {
  return { reason: 'FieldValueRequired', field, message: `Required value${what === '' ? '' : `: ${what}`}` }
}

function tooLong(bytes: number): string {
  return `must be no more than ${bytes} bytes`
}
