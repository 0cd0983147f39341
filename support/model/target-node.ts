/**
 * Whether a target names a node. A node's name and its label kubernetes.io/hostname can differ (on AWS
 * `ip-10-0-0-1.ec2.internal` and `ip-10-0-0-1`), and users write either, so either is accepted everywhere.
 */
export const HOSTNAME_LABEL = 'kubernetes.io/hostname'

export interface NodeIdentity {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>> | null | undefined
}

export function isTarget({ name, labels }: NodeIdentity, target: string): boolean {
  return name === target || labels?.[HOSTNAME_LABEL] === target
}

/** Longest value of a label. */
const LONGEST_LABEL = 63

/**
 * The same rule for the scheduler: a node must fit one of the terms. A target that is not a valid label value gets no
 * label term.
 */
export function targetTerms(target: string): readonly object[] {
  const byName = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [target] }] }
  const byLabel = { matchExpressions: [{ key: HOSTNAME_LABEL, operator: 'In', values: [target] }] }
  return target.length > LONGEST_LABEL ? [byName] : [byName, byLabel]
}
