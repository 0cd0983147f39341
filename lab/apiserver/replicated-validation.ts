/** kube-apiserver's validation of Deployments and ReplicaSets (pkg/apis/apps/validation). */
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from './contract.ts'
import type { Violation } from './status.ts'

interface Spec {
  readonly replicas?: unknown
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  readonly strategy?: { readonly type?: string; readonly rollingUpdate?: object }
  readonly template?: {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
    readonly spec?: { readonly restartPolicy?: string; readonly containers?: readonly unknown[] }
  }
}

export function replicatedViolations(object: KubeObject): Violation[] {
  const { replicas, selector, strategy, template } = (object['spec'] ?? {}) as Spec
  const violations: Violation[] = []
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0)
    violations.push(wrongValue('spec.replicas', replicas, 'must be greater than or equal to 0'))
  if (strategy?.type === 'Recreate' && strategy.rollingUpdate !== undefined)
    violations.push({
      reason: 'FieldValueForbidden',
      field: 'spec.strategy.rollingUpdate',
      message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
    })
  const labels = template?.metadata?.labels ?? {}
  const wanted = Object.entries(selector?.matchLabels ?? {})
  if (selector === undefined)
    violations.push({ reason: 'FieldValueRequired', field: 'spec.selector', message: 'Required value' })
  else if (wanted.length === 0)
    violations.push(wrongValue('spec.selector', {}, 'empty selector is invalid for deployment'))
  else if (wanted.some(([key, value]) => labels[key] !== value))
    violations.push(
      wrongValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    )
  if ((template?.spec?.containers ?? []).length === 0)
    violations.push({
      reason: 'FieldValueRequired',
      field: 'spec.template.spec.containers',
      message: 'Required value',
    })
  const restartPolicy = template?.spec?.restartPolicy ?? 'Always'
  if (restartPolicy !== 'Always')
    violations.push({
      reason: 'FieldValueNotSupported',
      field: 'spec.template.spec.restartPolicy',
      message: `Unsupported value: ${JSON.stringify(restartPolicy)}: supported values: "Always"`,
    })
  return violations
}

/** The selector is immutable. */
export function changedSelectorViolations(object: KubeObject, stored: KubeObject): Violation[] {
  const [next, before] = [object, stored].map((one) => (one['spec'] as Spec | undefined)?.selector)
  if (isDeepStrictEqual(next, before)) return []
  return [wrongValue('spec.selector', next, 'field is immutable')]
}

/** kube-apiserver's message prints objects in Go's syntax; the lab prints JSON. */
function wrongValue(field: string, value: unknown, rule: string): Violation {
  return {
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value ?? null)}: ${rule}`,
  }
}
