/**
 * Keeps the settings of a deployment with MAC_DPDK_OVERRIDE in a network that other pods use, until a user removes
 * them.
 */
import { isApiError } from '../cluster/api-error.ts'
import { networksOfPod, qualified } from '../cluster/network-selections.ts'
import { describeRef } from '../cluster/objects.ts'
import type { Limits } from '../common/wait.ts'
import {
  checksGiven,
  checksSetByUs,
  checksTaken,
  describeChecks,
  describeLeft,
  isNone,
  isSriovNetwork,
  withChecks,
} from './mac-override.ts'
import { NAMESPACE, PART_OF } from './names.ts'
import { creatorOf } from './ownership.ts'
import type { Surveyed, Surveyor } from './survey.ts'

export interface NetworkSharer extends Pick<Surveyor, 'objects' | 'discovery'> {
  /** Whether the user allows removing such settings from a network that other pods use, and the option for it. */
  readonly reset: { readonly isGiven: boolean; readonly by: string }
  /** Called with a sentence for each change of, or leftover in, a network that others use. */
  readonly kept: (sentence: string) => void
}

/** The manifests to apply, with the settings that other pods may need. Reports what it keeps and what it changes. */
export async function keepForOthers(
  sharer: NetworkSharer,
  surveyed: readonly Surveyed[],
  limits: Limits,
): Promise<Surveyed[]> {
  const deployed = new Set<string>(surveyed.map(({ tree }) => tree))
  return Promise.all(
    surveyed.map(async (one) => {
      if (!isSriovNetwork(one)) return one
      const what = describeRef(one.ref)
      const given = checksGiven(one)
      if (!isNone(given))
        sharer.kept(
          `${what} gets ${describeChecks(given)} for MAC_DPDK_OVERRIDE; it was there before, so this stays when the pods are removed`,
        )
      const taken = checksTaken(one)
      if (isNone(taken)) return one
      const others = sharer.reset.isGiven ? undefined : await othersOf(sharer, one, deployed, limits)
      if (others === undefined) return one
      sharer.kept(
        `${what} keeps ${describeChecks(taken)}, set by a deployment with MAC_DPDK_OVERRIDE: ${others}; ` +
          `${sharer.reset.by} takes this from it`,
      )
      return { ...one, manifest: withChecks(one.manifest, taken) }
    }),
  )
}

/** Why other pods may need the network as it is, except those deployed now; undefined if none do. */
async function othersOf(
  { objects, discovery }: NetworkSharer,
  { ref, found }: Surveyed,
  deployed: ReadonlySet<string>,
  limits: Limits,
): Promise<string | undefined> {
  if (found === undefined || creatorOf(ref, found.metadata) === undefined)
    return 'it was there before, and others may use it'
  const resource = await discovery.resourceOf({ apiVersion: 'v1', kind: 'Pod' }, limits)
  try {
    const { items } = await objects.list(resource, NAMESPACE, undefined, limits)
    const users = items.filter(({ metadata: { labels, annotations } }) => {
      const [label = '', value] = PART_OF.split('=')
      const isOwn = labels?.[label] === value && deployed.has(labels?.['app.kubernetes.io/name'] ?? '')
      return !isOwn && networksOfPod(annotations, NAMESPACE).includes(qualified(ref.name, NAMESPACE))
    })
    if (users.length === 0) return undefined
    const [first] = users.map(({ metadata: { name } }) => describeRef({ ...ref, resource, name }))
    return `${first ?? ''}${users.length === 1 ? ' uses' : ` and ${users.length - 1} more use`} it`
  } catch (error) {
    if (isApiError(error, 403)) return `whether others use it cannot be known (${error.message})`
    throw error
  }
}

/** Reports networks that still have a deployment's settings after the pods are removed. */
export async function reportLeftovers(
  { objects, kept }: Pick<NetworkSharer, 'objects' | 'kept'>,
  surveyed: readonly Surveyed[],
  limits: Limits,
): Promise<void> {
  for (const { ref, found } of surveyed) {
    if (found === undefined || !isSriovNetwork({ ref })) continue
    const now = await objects.get(ref, limits)
    const left = now === undefined ? {} : checksSetByUs(now)
    if (!isNone(left)) kept(describeLeft({ ref }, left))
  }
}
