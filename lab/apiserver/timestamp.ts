/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(at = new Date()): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z')
}
