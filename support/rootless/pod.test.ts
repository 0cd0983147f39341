import { expect } from 'chai'
import { explainMissingResource } from './explain.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import { currentPod, type Deployment, podStateOf } from './pod.ts'

const deployment: Deployment = { metadata: { name: 'testpmd-tap' }, status: {} }

type Status = NonNullable<Pod['status']>

function pod(status: Status, name = 'testpmd-tap-1', creationTimestamp = '2026-01-01T00:00:00Z'): Pod {
  return { metadata: { name, creationTimestamp }, status }
}

function container(
  state: NonNullable<Status['containerStatuses']>[0]['state'],
  more: Partial<NonNullable<Status['containerStatuses']>[0]> = {},
): Status {
  return { phase: 'Running', containerStatuses: [{ name: 'testpmd', ready: false, state, ...more }] }
}

describe('a testpmd pod, looked at', () => {
  it('is ready when its container is', () => {
    const ready = pod(container({ running: {} }, { ready: true }))
    expect(podStateOf(deployment, [ready])).to.deep.equal({ ready })
  })

  it('is pending while it runs without forwarding: the phase Running proves nothing', () => {
    expect(podStateOf(deployment, [pod(container({ running: {} }))])).to.deep.equal({
      pending: 'phase Running, the container runs, testpmd does not forward yet',
    })
  })

  it('is on its way while its networks are made, and says what they complain of', () => {
    const waiting = pod({ ...container({ waiting: { reason: 'ContainerCreating' } }), phase: 'Pending' })
    expect(
      podStateOf(deployment, [waiting], ['BackOff: before', 'FailedCreatePodSandBox: no VF']),
    ).to.deep.equal({
      pending: 'phase Pending, ContainerCreating, FailedCreatePodSandBox: no VF',
    })
  })

  it('is lost where it asks for no VF, which its network cannot do without', () => {
    const creating = pod({ ...container({ waiting: { reason: 'ContainerCreating' } }), phase: 'Pending' })
    const asking = (limits: Readonly<Record<string, string>>): Pod => ({
      ...creating,
      spec: { nodeName: 'node-1', containers: [{ resources: { limits } }] },
    })
    const warnings = [
      'FailedCreatePodSandBox: error adding container to network "vf": SRIOV-CNI failed to load netconf: ' +
        'LoadConf(): VF pci addr is required',
      'FailedCreatePodSandBox: cannot find a network-attachment-definition (tap-one)',
    ]
    const own = { cpu: '4', 'hugepages-1Gi': '4Gi' }
    const state = podStateOf(deployment, [asking(own)], warnings)
    expect('lost' in state && state.lost).to.match(
      /^pod testpmd-tap-1 requests no VF, so it never gets one \(SRIOV-CNI .* VF pci addr is required\); remedy: .*kubectl delete pod testpmd-tap-1 -n dpdktest/,
    )
    // The wait goes on for a pod that requests a VF: its node may not have registered the VF yet.
    expect(podStateOf(deployment, [asking({ ...own, 'openshift.io/vf': '1' })], warnings)).to.have.property(
      'pending',
    )
    expect(podStateOf(deployment, [asking(own)])).to.have.property('pending')
    expect(podStateOf(deployment, [creating], warnings)).to.have.property('pending')
  })

  it('names the resources of which no node has enough', () => {
    const message =
      '0/3 nodes are available: 1 Insufficient hugepages-1Gi, 3 Insufficient openshift.io/vfio_pci_0. preemption: 0/3 …'
    const unscheduled = pod({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    })
    expect(podStateOf(deployment, [unscheduled])).to.deep.equal({
      pending: `PodScheduled=False (${message})`,
      resources: ['hugepages-1Gi', 'openshift.io/vfio_pci_0'],
    })
  })

  it('is refused where the SCC is not bound, with the remedy', () => {
    const message =
      'pods "testpmd-tap-1" is forbidden: unable to validate against any security context constraint: [...]'
    const refused = {
      ...deployment,
      status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message }] },
    }
    expect(podStateOf(refused, [])).to.deep.equal({
      refused: `the cluster refuses the pod: ${message}; remedy: bind the privileged SCC to the service account dpdktest (fixtures/rootless/prerequisites)`,
    })
  })

  for (const reason of ['ImagePullBackOff', 'InvalidImageName', 'CreateContainerConfigError']) {
    it(`is lost with ${reason}`, () => {
      const lost = pod(container({ waiting: { reason, message: 'Back-off pulling image "x"' } }))
      expect(podStateOf(deployment, [lost])).to.deep.equal({
        lost: `pod testpmd-tap-1 cannot start (${reason}): Back-off pulling image "x"`,
      })
    })
  }

  it('is lost when its container ended, by the sentence of its entry point', () => {
    const message = '/dev/vhost-net is absent: the SriovNetworkNodePolicy needs needVhostNet: true'
    const crashed = pod(
      container(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { lastState: { terminated: { exitCode: 1, message } } },
      ),
    )
    const lost = `testpmd ended in pod testpmd-tap-1 (exit code 1): ${message}; remedy: set needVhostNet: true in the SriovNetworkNodePolicy of the VFs`
    expect(podStateOf(deployment, [crashed])).to.deep.equal({ lost })
    // Without a termination message, the kubelet uses the last lines of the log.
    const lines = `CPUs of the container: 6-9\nPinned lcores will be: 0@6,1@8,2@9\ntestpmd-tap: ${message}\n`
    const logged = pod(container({ terminated: { exitCode: 1, message: lines } }))
    expect(podStateOf(deployment, [logged])).to.deep.equal({ lost })
  })

  it("is lost when testpmd crashed, by testpmd's own words", () => {
    const message = [
      'EAL: Detected CPU lcores: 64',
      'EAL: 0000:19:01.0 DMA remapping failed, error 12 (Cannot allocate memory)',
      'testpmd: No probed ethernet devices',
      'dpdk-testpmd ended by itself with exit status 1; its last words are above',
    ].join('\n')
    const crashed = pod(container({ terminated: { exitCode: 1, message } }))
    const state = podStateOf(deployment, [crashed])
    expect(state).to.have.property('lost')
    expect('lost' in state && state.lost).to.match(
      /DMA remapping failed, error 12.*remedy: raise the memlock limit/,
    )
  })

  it('is lost when a seccomp profile keeps EAL from its memory, and not for the memlock limit', () => {
    // Output of a container of the lab with the profile RuntimeDefault.
    const message = [
      "EAL: Selected IOVA mode 'VA'",
      'EAL: VFIO support initialized',
      'EAL: Failed to get current mempolicy: Operation not permitted. Assuming MPOL_DEFAULT.',
      'set_mempolicy: Operation not permitted',
      'set_mempolicy: Operation not permitted',
      'EAL: error allocating rte services array',
      'EAL: FATAL: rte_service_init() failed',
      'EAL: rte_service_init() failed',
      'EAL: Error - exiting with code: 1',
      '  Cause: Cannot init EAL: Cannot allocate memory',
      'testpmd-tap: testpmd found no port at 0000:00:10.0; it says why above',
    ].join('\n')
    const state = podStateOf(deployment, [pod(container({ terminated: { exitCode: 1, message } }))])
    expect('lost' in state && state.lost).to.match(
      /: EAL: Failed to get current mempolicy: [^;]*; set_mempolicy: Operation not permitted; remedy: run the pod without the seccomp profile/,
    )
  })

  it('is not judged by a crashed pod of the template before', () => {
    const crashed = pod(container({ terminated: { exitCode: 1, message: 'old' } }))
    const changed = (status: NonNullable<Deployment['status']>): Deployment => ({
      metadata: { name: 'testpmd-tap', generation: 2 },
      status,
    })
    expect(podStateOf(changed({ observedGeneration: 1, updatedReplicas: 1 }), [crashed])).to.deep.equal({
      pending: 'its controller has not processed the change yet',
    })
    expect(podStateOf(changed({ observedGeneration: 2 }), [crashed])).to.deep.equal({
      pending: 'no pod yet',
    })
    expect(podStateOf(changed({ observedGeneration: 2, updatedReplicas: 1 }), [crashed])).to.have.property(
      'lost',
    )
  })

  it('counts the newest pod that is not being deleted', () => {
    const old = pod({}, 'old', '2026-01-01T00:00:00Z')
    const young = pod({}, 'young', '2026-01-01T00:01:00Z')
    const dying: Pod = {
      metadata: { name: 'dying', creationTimestamp: '2026-01-01T00:02:00Z', deletionTimestamp: 'x' },
    }
    expect(currentPod([old, dying, young])).to.equal(young)
    expect(podStateOf(deployment, [dying])).to.deep.equal({ pending: 'no pod yet' })
  })
})

describe('a resource that no node has', () => {
  const nodes = new Map([
    ['node-1', { 'openshift.io/vfio_pci_0': '8', 'openshift.io/empty': '0', 'hugepages-1Gi': '0' }],
    ['node-2', { 'openshift.io/vfio_pci_1': '4', 'hugepages-1Gi': '0' }],
  ])

  it('is told with those that the nodes have', () => {
    expect(explainMissingResource(['openshift.io/vfio_pci_9'], nodes)).to.equal(
      'no node has the resource openshift.io/vfio_pci_9; they have openshift.io/vfio_pci_0 (8 on node-1), openshift.io/vfio_pci_1 (4 on node-2); remedy: set SRIOV_RESOURCE_NAME to a resource that the nodes have',
    )
    expect(explainMissingResource(['openshift.io/empty'], nodes)).to.match(/^no node has/)
    expect(explainMissingResource(['hugepages-1Gi'], nodes)).to.match(/none of them has any hugepages-…/)
  })

  it('is nothing to say where a node has it and others use it up, or nodes may not be read', () => {
    expect(explainMissingResource(['openshift.io/vfio_pci_0'], nodes)).to.equal(undefined)
    expect(explainMissingResource(['openshift.io/vfio_pci_9'], new Map())).to.equal(undefined)
  })
})
