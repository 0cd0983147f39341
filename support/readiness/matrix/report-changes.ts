/** Returns a function that reports a state if it has changed since the last report. The run's progress shows how long a state lasts.
 */
export function reportChanges(state: () => string, tell: (line: string) => void): () => void {
  let told: string | undefined
  return () => {
    const now = state()
    if (now === told) return
    told = now
    tell(now)
  }
}
