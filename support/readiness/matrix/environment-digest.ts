/** A digest of the facts that must not change between an interrupted run and the run that resumes it. */
import { digestOf } from '../../common/canonical-json.ts'
import type { Journal } from '../../run/journal.ts'
import { pairDurationOf } from '../node-parameters.ts'
import type { Parameters } from '../parameters.ts'
import type { ChosenNode } from './choose-nodes.ts'

/** Parameters that do not change what a cell measures. */
const WITHOUT = new Set([
  'timeout',
  'verbose',
  'testDuration',
  'pairDuration',
  'soak',
  'latency',
  'maxLatencyMicroseconds',
  'repeat',
  'keepOnFailure',
  // Parameters that only choose cells: cells of the earlier run that are requested again are kept.
  'nodes',
  'pairs',
  'sameNode',
])

/** `sha256:…` of the cluster, its versions, its nodes, and the parameters of a cell. */
export function environmentDigest(
  { clusterFacts, nodeFacts }: Pick<Journal, 'clusterFacts' | 'nodeFacts'>,
  { asUsed, pairDuration, testDuration }: Pick<Parameters, 'asUsed' | 'pairDuration' | 'testDuration'>,
  chosen: readonly ChosenNode[],
): string {
  const { uid, rootCaDigest, apiHost, kubernetesVersion, kubevirtVersion } = clusterFacts
  const names = new Set(chosen.map(({ name }) => name))
  const facts = {
    // The address identifies a cluster only if nothing better is known.
    cluster: uid ?? rootCaDigest ?? apiHost,
    kubernetesVersion,
    kubevirtVersion,
    duration: pairDurationOf(pairDuration, testDuration),
    parameters: Object.entries(asUsed)
      .filter(([name]) => !WITHOUT.has(name))
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    nodes: chosen.map(({ name, hardware }) => ({ name, hardware })).toSorted(byName),
    nodeFacts: nodeFacts.filter(({ name }) => names.has(name)).toSorted(byName),
  }
  return digestOf(JSON.stringify(facts))
}

function byName(
  { name: one }: { readonly name: string },
  { name: other }: { readonly name: string },
): number {
  return one < other ? -1 : 1
}
