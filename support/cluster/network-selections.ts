/**
 * Which NetworkAttachmentDefinitions pods and VMIs are attached to (Network Plumbing Working Group, de-facto standard
 * 1.3, "Network Attachment Selection Annotation"; Multus reads it by these rules).
 */

/** Annotations in which a pod requests additional networks, or another default network. */
const ANNOTATIONS = ['k8s.v1.cni.cncf.io/networks', 'v1.multus-cni.io/default-network'] as const

/** The annotation of a NetworkAttachmentDefinition with the resource that its pods request. */
export const RESOURCE_NAME_ANNOTATION = 'k8s.v1.cni.cncf.io/resourceName'

/** `namespace/name` of each; empty for an invalid annotation, because such a pod does not start. */
export function networksOfPod(
  annotations: Readonly<Record<string, string>> | null | undefined,
  namespace: string,
): string[] {
  const texts = ANNOTATIONS.map((annotation) => annotations?.[annotation]?.trim() ?? '')
  return texts.flatMap((text) => (text === '' ? [] : selections(text, namespace)))
}

/** `name` or `namespace/name`, as a VMI names one. */
export function qualified(name: string, namespace: string): string {
  return name.includes('/') ? name : `${namespace}/${name}`
}

function selections(text: string, namespace: string): string[] {
  // Names have none of these characters, JSON has one at least.
  if (/[[{"]/.test(text)) return listed(text, namespace)
  return text.split(',').flatMap((item) => {
    const [name = ''] = item.trim().split('@')
    return name === '' ? [] : [qualified(name, namespace)]
  })
}

function listed(text: string, namespace: string): string[] {
  let items: unknown
  try {
    items = JSON.parse(text)
  } catch {
    return []
  }
  if (!Array.isArray(items)) return []
  return items.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return []
    const { name, namespace: own } = item as Record<string, unknown>
    if (typeof name !== 'string' || name === '') return []
    return [`${typeof own === 'string' && own !== '' ? own : namespace}/${name}`]
  })
}
