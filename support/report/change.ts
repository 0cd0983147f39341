/** A difference between two runs. */
export interface Change {
  readonly section: 'Versions' | 'Parameters' | 'Topology' | 'Criteria' | 'Traffic' | 'Nodes'
  readonly what: string
  /** Empty if there was no value. */
  readonly before: string
  readonly after: string
  readonly kind: 'regression' | 'improvement' | 'change'
  /** Why a criterion did not pass. */
  readonly reason?: string
}
