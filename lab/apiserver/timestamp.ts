/** Kubernetes' time format: RFC 3339 in whole seconds. */
export function timestamp(at = new Date()): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z')
}
