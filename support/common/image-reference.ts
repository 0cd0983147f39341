/** References to container images, as the distribution project's grammar has them, as far as they are used for images. */
import { isIPv6 } from 'node:net'

const LONGEST = 512
/** A registry may be an IPv6 address, which is in brackets there as in any address. */
const IPV6_REGISTRY = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?\//i
/** What follows leaves no room for a shell. */
const REST = /^\w[\w.:/-]*(@sha256:[0-9a-f]{64})?$/

export const IMAGE_EXPECTED = 'an image reference'

export function isImageReference(text: string): boolean {
  if (text.length > LONGEST) return false
  const [registry = '', address] = IPV6_REGISTRY.exec(text) ?? []
  return (address === undefined || isIPv6(address)) && REST.test(text.slice(registry.length))
}
