/** References to container images, after the grammar of the distribution project (reference/regexp.go). */
import { isIPv6 } from 'node:net'

const LONGEST = 512
/** A registry's host may be an IPv6 address in brackets. */
const IPV6_REGISTRY = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?\//i
const DOMAIN_LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const REGISTRY = new RegExp(`^${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*(?::\\d{1,5})?/`)
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
/** A path, a tag and a digest. None of them can contain shell syntax. */
const REST = new RegExp(
  `^${COMPONENT}(?:/${COMPONENT})*(?::\\w[\\w.-]{0,127})?(?:@[a-z][a-z0-9+._-]*:[0-9a-f]{32,})?$`,
)

export const IMAGE_EXPECTED = 'an image reference'

export function isImageReference(text: string): boolean {
  if (text.length > LONGEST) return false
  const [bracketed, address] = IPV6_REGISTRY.exec(text) ?? []
  if (bracketed !== undefined) return isIPv6(address ?? '') && REST.test(text.slice(bracketed.length))
  const [registry = ''] = REGISTRY.exec(text) ?? []
  return REST.test(text) || (registry !== '' && REST.test(text.slice(registry.length)))
}
