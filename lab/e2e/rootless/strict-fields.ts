/** Finds fields of an object that Kubernetes' types do not have, or have with another type. */
import * as models from '@kubernetes/client-node'

interface Attribute {
  readonly baseName: string
  readonly type: string
}

const MODELS = models as unknown as Readonly<
  Record<string, { readonly getAttributeTypeMap?: () => readonly Attribute[] } | undefined>
>

/** @param type name of a model in client-node, such as `V1Deployment` */
export function unknownFields(value: unknown, type: string, path = type): string[] {
  const [, ofArray] = /^Array<(.+)>$/.exec(type) ?? []
  if (ofArray !== undefined) {
    if (!Array.isArray(value)) return [`${path} is not a list`]
    return value.flatMap((item, index) => unknownFields(item, ofArray, `${path}[${index}]`))
  }
  const [, ofMap] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? []
  if (ofMap !== undefined) {
    return Object.entries(value as object).flatMap(([key, item]) =>
      unknownFields(item, ofMap, `${path}.${key}`),
    )
  }
  const attributes = MODELS[type]?.getAttributeTypeMap?.()
  if (attributes === undefined) return scalarViolations(value, type, path)
  if (typeof value !== 'object' || value === null) return [`${path} is not an object`]
  return Object.entries(value).flatMap(([key, item]) => {
    const attribute = attributes.find(({ baseName }) => baseName === key)
    return attribute === undefined
      ? [`${path}.${key} is not known`]
      : unknownFields(item, attribute.type, `${path}.${key}`)
  })
}

function scalarViolations(value: unknown, type: string, path: string): string[] {
  const expected = { string: 'string', number: 'number', boolean: 'boolean' }[type]
  return expected === undefined || typeof value === expected ? [] : [`${path} is not a ${expected}`]
}
