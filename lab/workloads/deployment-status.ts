/** A Deployment's status from its ReplicaSets, with the messages of Kubernetes 1.32's Deployment controller. */
import { timestamp } from '../apiserver/timestamp.ts'
import { conditionOf } from '../nodes/condition.ts'
import { type Deployment, type ReplicaSet, shareOf, type UpdatedCondition } from './replicated.ts'

type Status = Deployment['status']

const sum = (sets: readonly ReplicaSet[], count: (status: ReplicaSet['status']) => number | undefined) =>
  sets.reduce((all, { status }) => all + (count(status) ?? 0), 0)

/** maxSurge and maxUnavailable as numbers of pods. */
export function roomToRoll({ spec }: Deployment): { readonly surge: number; readonly unavailable: number } {
  const { type, rollingUpdate = {} } = spec.strategy
  if (type === 'Recreate') return { surge: 0, unavailable: 0 }
  const surge = shareOf(rollingUpdate.maxSurge ?? 0, spec.replicas, Math.ceil)
  const unavailable = shareOf(rollingUpdate.maxUnavailable ?? 0, spec.replicas, Math.floor)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

/**
 * @param started whether the newest ReplicaSet was just created or found; undefined: neither
 * @param time milliseconds since the epoch
 */
export function deploymentStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
  started: 'NewReplicaSetCreated' | 'FoundNewReplicaSet' | undefined,
  time: number,
): Status {
  const { metadata, spec } = deployment
  const available = sum(sets, ({ availableReplicas }) => availableReplicas)
  const counts = {
    replicas: sum(sets, ({ replicas }) => replicas),
    updatedReplicas: newest?.status.replicas ?? 0,
    readyReplicas: sum(sets, ({ readyReplicas }) => readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sets.reduce((all, set) => all + set.spec.replicas, 0) - available),
  }
  const isMinimum = available >= spec.replicas - roomToRoll(deployment).unavailable
  const failure = sets
    .map((set) => conditionOf(set, 'ReplicaFailure'))
    .find((condition) => condition?.status === 'True')
  const wanted: UpdatedCondition[] = [
    {
      type: 'Available',
      ...(isMinimum
        ? { status: 'True', reason: 'MinimumReplicasAvailable' }
        : { status: 'False', reason: 'MinimumReplicasUnavailable' }),
      message: `Deployment ${isMinimum ? 'has' : 'does not have'} minimum availability.`,
    },
    progressing(deployment, counts, newest, started, time),
    ...(failure === undefined ? [] : [failure]),
  ]
  return {
    observedGeneration: metadata.generation ?? 1,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    conditions: wanted.map((condition) => dated(condition, deployment)),
  }
}

type Counts = Required<Pick<Status, 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'>>

function progressing(
  deployment: Deployment,
  counts: Counts,
  newest: ReplicaSet | undefined,
  started: 'NewReplicaSetCreated' | 'FoundNewReplicaSet' | undefined,
  time: number,
): UpdatedCondition {
  const { spec, status, metadata } = deployment
  const type = 'Progressing'
  const name = newest?.metadata.name ?? ''
  const subject = newest === undefined ? `Deployment "${metadata.name}"` : `ReplicaSet "${name}"`
  if (started !== undefined) {
    const message = `${started === 'NewReplicaSetCreated' ? 'Created' : 'Found'} new replica set "${name}"`
    return { type, status: 'True', reason: started, message }
  }
  const present = conditionOf(deployment, type)
  const isComplete = [counts.updatedReplicas, counts.replicas, counts.availableReplicas].every(
    (count) => count === spec.replicas,
  )
  const wasComplete = present?.reason === 'NewReplicaSetAvailable'
  if (isComplete && newest !== undefined)
    return {
      type,
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${subject} has successfully progressed.`,
    }
  // A complete Deployment stays complete until its template changes, even if its pods fail.
  if (wasComplete && counts.replicas === counts.updatedReplicas) return present
  const more = (count: keyof Counts) => counts[count] > (status[count] ?? 0)
  const hasMoved = more('updatedReplicas') || more('readyReplicas') || more('availableReplicas')
  if (present === undefined || hasMoved)
    return {
      type,
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `${subject} is progressing.`,
      lastUpdateTime: timestamp(),
    }
  const since = Date.parse(present.lastUpdateTime ?? '')
  if (time - since < spec.progressDeadlineSeconds * 1000) return present
  return {
    type,
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `${subject} has timed out progressing.`,
  }
}

/** Sets a condition's times; keeps the times of the present condition if it has not changed. */
function dated(condition: UpdatedCondition, before: Deployment): UpdatedCondition {
  const present = conditionOf(before, condition.type)
  const isSame = present?.reason === condition.reason && present?.message === condition.message
  const since = present?.status === condition.status ? present.lastTransitionTime : undefined
  const updated = condition.lastUpdateTime ?? (isSame ? present?.lastUpdateTime : undefined)
  return { ...condition, lastUpdateTime: updated ?? timestamp(), lastTransitionTime: since ?? timestamp() }
}
