import { expect } from 'chai'
import { type DisruptionSources, disruptionOf } from './disruption.ts'
import { eventSchema } from './schemas/event.ts'
import { nodeSchema } from './schemas/node.ts'
import { podSchema } from './schemas/pod.ts'
import type { Vmi } from './vmi.ts'

const CREATED = '2026-03-04T05:00:00Z'
const LATER = '2026-03-04T05:06:07Z'
const BEFORE = '2026-03-01T00:00:00Z'

const vmi: Vmi = {
  metadata: { name: 'vmi-under-test-x', creationTimestamp: CREATED },
  status: { phase: 'Running', nodeName: 'worker-1' },
}
const pod = (metadata: object, status: object) => ({
  found: podSchema.parse({ metadata: { name: 'virt-launcher-x', ...metadata }, status }),
})
const target = (reason: string, message = '') =>
  pod(
    { deletionTimestamp: LATER },
    {
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: LATER }],
    },
  )
const node = (spec: object, ready: object = {}, metadata: object = {}) => ({
  found: nodeSchema.parse({
    metadata: { name: 'worker-1', ...metadata },
    spec,
    status: {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: BEFORE, ...ready },
      ],
    },
  }),
})
const event = (reason: string, kind = 'Pod') =>
  eventSchema.parse({ involvedObject: { kind, name: 'virt-launcher-x' }, reason, lastTimestamp: LATER })
const cordoned = (at: string) =>
  node(
    { unschedulable: true },
    {},
    {
      managedFields: [
        { manager: 'kubelet', time: LATER, fieldsV1: { 'f:status': {} } },
        { manager: 'machine-config-controller', time: at, fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } },
      ],
    },
  )

const nodeEvent = (reason: string, at: string, message = '') =>
  eventSchema.parse({
    involvedObject: { kind: 'Node', name: 'worker-1' },
    reason,
    message,
    lastTimestamp: at,
  })
const booted = (bootID: unknown) => ({
  found: nodeSchema.parse({ metadata: { name: 'worker-1' }, status: { nodeInfo: { bootID } } }),
})
const bootIds = new Map([['worker-1', 'one']])

const running = pod({}, { phase: 'Running' })
const gone = { missing: 'the pod does not exist' }
const hidden = { notReadable: 'no' }

function found(some: Partial<DisruptionSources>) {
  return disruptionOf({ vmi, pod: running, node: node({}), events: [], ...some })
}

describe('what became of a VMI’s node or pod', () => {
  for (const [name, some, kind, isCertain, at] of [
    ['a pod evicted through the API', { pod: target('EvictionByEvictionAPI') }, 'drained', true, LATER],
    [
      'a pod that the scheduler takes away',
      { pod: target('PreemptionByScheduler') },
      'preempted',
      true,
      LATER,
    ],
    [
      'a pod that the taint manager deletes',
      { pod: target('DeletionByTaintManager') },
      'tainted',
      true,
      LATER,
    ],
    [
      'the same, of a node that does not answer',
      {
        pod: target('DeletionByTaintManager'),
        node: node({}, { status: 'Unknown', reason: 'NodeStatusUnknown', lastTransitionTime: LATER }),
      },
      'node-lost',
      true,
      LATER,
    ],
    [
      'a pod of a node that is no more',
      { pod: target('DeletionByPodGC'), node: { missing: 'node' } },
      'node-lost',
      true,
      LATER,
    ],
    [
      'a node that is no more',
      { pod: hidden, node: { missing: 'node worker-1' } },
      'node-lost',
      true,
      undefined,
    ],
    [
      'a kubelet that says it is not ready',
      { node: node({}, { status: 'False', reason: 'KubeletNotReady', lastTransitionTime: LATER }) },
      'node-lost',
      true,
      LATER,
    ],
    [
      'a taint of a node that cannot be reached',
      {
        node: node({
          taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: LATER }],
        }),
      },
      'node-lost',
      true,
      LATER,
    ],
    ['a node that came back', { node: node({}, { lastTransitionTime: LATER }) }, 'node-lost', false, LATER],
    [
      'a pod that ended because its node goes down',
      {
        pod: pod(
          {},
          { reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' },
        ),
      },
      'node-shut-down',
      true,
      undefined,
    ],
    [
      'a pod that came as its node goes down',
      { pod: pod({}, { reason: 'NodeShutdown' }) },
      'node-shut-down',
      true,
      undefined,
    ],
    ['a pod that was given up', { pod: pod({}, { reason: 'NodeLost' }) }, 'node-lost', true, undefined],
    [
      'a taint that came later',
      { node: node({ taints: [{ key: 'example.com/repair', effect: 'NoExecute', timeAdded: LATER }] }) },
      'tainted',
      false,
      LATER,
    ],
    ['an event of the node controller', { events: [event('NodeNotReady')] }, 'node-lost', true, LATER],
    ['an event of the taint manager', { events: [event('TaintManagerEviction')] }, 'tainted', true, LATER],
    ['an event of the scheduler', { pod: gone, events: [event('Preempted')] }, 'preempted', true, LATER],
    [
      'a pod that is gone from a node cordoned since',
      { pod: gone, node: cordoned(LATER) },
      'drained',
      true,
      LATER,
    ],
    [
      'a pod that is gone from a node cordoned before',
      { pod: gone, node: cordoned(BEFORE) },
      'drained',
      false,
      BEFORE,
    ],
    [
      'a VMI that has to go and may not be evicted',
      { vmi: { ...vmi, status: { ...vmi.status, evacuationNodeName: 'worker-1' } } },
      'drained',
      true,
      undefined,
    ],
    [
      'an event of the kubelet after a reboot',
      { nodeEvents: [nodeEvent('Starting', LATER), nodeEvent('Rebooted', LATER)] },
      'node-shut-down',
      true,
      LATER,
    ],
    [
      'an event of the machine-config-daemon',
      { nodeEvents: [nodeEvent('Reboot', LATER)] },
      'node-shut-down',
      true,
      LATER,
    ],
    [
      'a reboot that is not over',
      {
        node: node({}, { status: 'Unknown', reason: 'NodeStatusUnknown', lastTransitionTime: LATER }),
        nodeEvents: [nodeEvent('Shutdown', LATER)],
      },
      'node-shut-down',
      true,
      LATER,
    ],
    [
      'the taint manager during a reboot',
      { pod: target('DeletionByTaintManager'), nodeEvents: [nodeEvent('Rebooted', LATER)] },
      'node-shut-down',
      true,
      LATER,
    ],
    [
      'a drain before a reboot',
      { pod: target('EvictionByEvictionAPI'), nodeEvents: [nodeEvent('Reboot', LATER)] },
      'drained',
      true,
      LATER,
    ],
    ['another boot id', { node: booted('two'), bootIds }, 'node-shut-down', true, undefined],
    [
      'an event that it was not ready, if it is again',
      { nodeEvents: [nodeEvent('NodeNotReady', LATER), nodeEvent('Starting', LATER)] },
      'node-lost',
      false,
      LATER,
    ],
  ] as const)
    it(`is ${kind} by ${name}`, () => {
      expect(found(some)).to.deep.include({ kind, isCertain, at, node: 'worker-1' })
    })

  for (const [name, some] of [
    ['nothing happened', {}],
    [
      'the node has a taint that was tolerated from the beginning',
      { node: node({ taints: [{ key: 'dpdk', effect: 'NoExecute', timeAdded: BEFORE }] }) },
    ],
    ['the node was cordoned, and the pod is there', { node: cordoned(LATER) }],
    ['pod and node are hidden', { pod: hidden, node: hidden }],
    ['the pod is gone, and nothing shows why', { pod: gone }],
    ['the kubelet evicted the pod for its disk', { pod: pod({}, { reason: 'Evicted' }) }],
    ['the kubelet ended it for another reason', { pod: target('TerminationByKubelet') }],
    ['a pod was terminated by something else', { pod: pod({}, { reason: 'Terminated', message: 'x' }) }],
    ['events tell of something else', { events: [event('Unhealthy'), event('NodeNotReady', 'Node')] }],
    [
      'the kubelet only restarted',
      { nodeEvents: [nodeEvent('Starting', LATER)], bootIds, node: booted('one') },
    ],
    ['the reboot was before the VMI', { nodeEvents: [nodeEvent('Rebooted', BEFORE)] }],
    ['the reboot has no time', { nodeEvents: [nodeEvent('Rebooted', '')] }],
    ['the node no longer tells its boot id', { node: booted(''), bootIds }],
    ['the boot id before is not known', { node: booted('two') }],
    ['another node rebooted', { node: booted('two'), bootIds: new Map([['worker-2', 'one']]) }],
  ] as const)
    it(`is not told where ${name}`, () => {
      expect(found(some)).to.equal(undefined)
    })

  it('names who cordoned the node, and when', () => {
    const told = found({
      pod: target('EvictionByEvictionAPI', 'Eviction API: evicting'),
      node: cordoned(LATER),
    })
    expect(told?.by).to.equal('machine-config-controller')
    expect(told?.signs).to.deep.equal([
      {
        where: 'condition DisruptionTarget of pod virt-launcher-x',
        text: `EvictionByEvictionAPI: Eviction API: evicting, since ${LATER}`,
      },
      { where: 'node worker-1', text: `cordoned by machine-config-controller at ${LATER}` },
    ])
  })
})
