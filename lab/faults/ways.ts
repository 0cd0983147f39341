/** Faults of the ways between many nodes, and of nodes in a matrix. Those of ways can be combined. */
import type { Fault } from './fault.ts'

/** Six nodes in two zones; each pair sends for a second. */
const RING = {
  'spec.param.nodes': 'all',
  'spec.param.pairs': 'ring',
  'spec.param.testDuration': '1s',
}
/** Which uplink is slow, or which of several things is wrong, only shows between all. */
const ALL = { ...RING, 'spec.param.pairs': 'all' }
const LAB_NODES = 6
const LOST = 0.05

export const WAYS: readonly Fault[] = [
  {
    id: 'weak-nic',
    name: 'the NIC of one of six nodes (lab-node-3) loses packets',
    labNodes: LAB_NODES,
    scripted: { ways: [{ node: 'lab-node-3', lost: LOST }] },
    parameters: RING,
    expected: {
      verdict: 'failed',
      says: 'nodes.none-weak: 1 of 6 nodes needs attention: lab-node-3',
      cause: 'node-weak',
    },
  },
  {
    id: 'bad-cable',
    name: 'packets are lost between two of six nodes (lab-node-5 and lab-node-6)',
    labNodes: LAB_NODES,
    scripted: { ways: [{ between: ['lab-node-5', 'lab-node-6'], lost: LOST }] },
    parameters: RING,
    expected: {
      verdict: 'failed',
      says: 'nodes.all-carry: 1 pair needs attention: lab-node-5 to lab-node-6',
      cause: 'pair-weak',
    },
  },
  {
    id: 'slow-uplink',
    name: 'packets are lost between one of two zones (zone-b) and the other one',
    labNodes: LAB_NODES,
    scripted: { ways: [{ zone: 'zone-b', lost: LOST }] },
    parameters: ALL,
    expected: { verdict: 'failed', says: 'zone-b', cause: 'uplink-weak' },
  },
  {
    id: 'slow-fabric',
    name: 'packets are lost between any two of six nodes',
    labNodes: LAB_NODES,
    scripted: { ways: [{ everywhere: true, lost: LOST }] },
    parameters: RING,
    expected: {
      verdict: 'failed',
      says: 'the rate is too high for all nodes',
      // The first pair is judged before, and loses packets as well.
      cause: 'lost-before-vm',
    },
  },
]

/**
 * Several faults at once: possible if each is only one of ways.
 * @returns undefined if they cannot be combined
 */
export function combined(faults: readonly Fault[]): Fault | undefined {
  const [first, ...more] = faults
  if (first === undefined || more.length === 0) return first
  if (!faults.every((fault) => WAYS.includes(fault) && fault.scripted?.ways !== undefined)) return undefined
  return {
    ...first,
    parameters: ALL,
    id: faults.map(({ id }) => id).join(),
    name: faults.map(({ name }) => name).join('; '),
    scripted: { ways: faults.flatMap(({ scripted }) => scripted?.ways ?? []) },
    expected: { verdict: 'failed' },
  }
}
