/**
 * Tells a state whenever it is asked to and the state is another than the one told before. How long nothing changes is
 * told by the run's progress.
 */
export function tellChanges(state: () => string, tell: (line: string) => void): () => void {
  let told: string | undefined
  return () => {
    const now = state()
    if (now === told) return
    told = now
    tell(now)
  }
}
