/** References to container images, after the grammar of the distribution project. */
import { isIPv6 } from 'node:net'

const LONGEST = 512
/** A registry's host may be an IPv6 address in brackets. */
const IPV6_REGISTRY = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?\//i
/** The grammar allows no shell syntax. */
const REST = /^\w[\w.:/-]*(@sha256:[0-9a-f]{64})?$/

export const IMAGE_EXPECTED = 'an image reference'

export function isImageReference(text: string): boolean {
  if (text.length > LONGEST) return false
  const [registry = '', address] = IPV6_REGISTRY.exec(text) ?? []
  return (address === undefined || isIPv6(address)) && REST.test(text.slice(registry.length))
}
