/** Labels and taints in kubectl's notation: `key=value` and `key=value:Effect`. */
import { CHECKUP_TYPE_LABEL, RUN_LABEL } from '../model/testbed.ts'
import { TAINT_EFFECTS, type TaintEffect, type Toleration } from '../model/scheduling.ts'

const PART = '[A-Za-z0-9](?:[-\\w.]{0,61}[A-Za-z0-9])?'
const SUBDOMAIN = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?'
/** A qualified name of Kubernetes, with or without a prefix. */
const KEY = `(?:${SUBDOMAIN}/)?${PART}`
const LABEL = new RegExp(`^(${KEY})=((?:${PART})?)$`)
const TAINT = new RegExp(`^(${KEY})(=(?:${PART})?)?(?::(\\w+))?$`)

/** The suite sets this label on its VMIs, so users must not. */
const [CHECKUP_TYPE_LABEL_KEY = ''] = Object.keys(CHECKUP_TYPE_LABEL)

/** The most entries of a list; a ConfigMap can hold a megabyte. */
const MOST = 32

export const labels = {
  expected: `labels as in key=value, with commas between them, at most ${MOST}`,
  parse: parseLabels,
}

/** KubeVirt refuses VMIs with KubeVirt's own labels; cleanup finds the run's objects by the run's label. */
export const freeLabels = {
  expected: `${labels.expected}; not ${RUN_LABEL}, ${CHECKUP_TYPE_LABEL_KEY} or those of kubevirt.io/`,
  parse: (text: string) => {
    const found = parseLabels(text)
    return found === undefined || Object.keys(found).some(isTaken) ? undefined : found
  },
}

export const tolerations = {
  expected: `taints as in key=value:Effect, key:Effect or key, with commas between them, at most ${MOST}; an effect is ${TAINT_EFFECTS.join(', ')}`,
  parse: (text: string): readonly Toleration[] | undefined => {
    const found = entries(text).map(parseToleration)
    const valid = found.filter((one) => one !== undefined)
    return valid.length === found.length && valid.length <= MOST ? valid : undefined
  },
}

function entries(text: string): string[] {
  return text.split(',').map((entry) => entry.trim())
}

function parseLabels(text: string): Readonly<Record<string, string>> | undefined {
  const pairs = entries(text).flatMap((entry) => {
    const [, key, value] = LABEL.exec(entry) ?? []
    return key === undefined || value === undefined ? [] : [[key, value] as const]
  })
  const found = new Map(pairs)
  // A key given twice is a mistake: it is unclear which value is meant.
  return found.size === entries(text).length && found.size <= MOST ? Object.fromEntries(found) : undefined
}

function parseToleration(text: string): Toleration | undefined {
  const [, key, value, effect] = TAINT.exec(text) ?? []
  if (key === undefined || (effect !== undefined && !isEffect(effect))) return undefined
  return {
    key,
    ...(value === undefined ? { operator: 'Exists' } : { operator: 'Equal', value: value.slice(1) }),
    ...(effect === undefined ? {} : { effect }),
  }
}

function isEffect(text: string): text is TaintEffect {
  return TAINT_EFFECTS.some((effect) => effect === text)
}

function isTaken(key: string): boolean {
  return key === RUN_LABEL || key === CHECKUP_TYPE_LABEL_KEY || key.startsWith('kubevirt.io/')
}
