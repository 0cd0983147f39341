import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { CONFIG_MAPS, NETWORK_ATTACHMENT_DEFINITIONS, PODS, SECRETS } from '../apiserver/kinds.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { VMI } from './kubevirt-kinds.ts'
import { dpdkVmi, NAMESPACE, TestLab } from './lab.fixture.ts'

const NAME = 'vmi-under-test-x7k2p'
const LAUNCHER = `virt-launcher-${NAME}`

describe("the life of a VMI in the lab's KubeVirt", () => {
  it('goes through its phases to Running', async () => {
    await using lab = new TestLab()
    await lab.running(dpdkVmi(NAME))
    const { status, metadata } = await lab.untilPhase(NAME, 'Running')
    expect(status.phaseTransitionTimestamps?.map(({ phase }) => phase)).to.deep.equal([
      'Pending',
      'Scheduling',
      'Scheduled',
      'Running',
    ])
    expect(metadata.labels).to.include({ 'kubevirt.io/nodeName': status.nodeName })
    expect(status).to.include({ runtimeUser: 107, qosClass: 'Guaranteed' })
    expect(status.interfaces).to.deep.equal([
      { name: 'nic-east', mac: '60:00:00:00:00:01', infoSource: 'domain, multus-status' },
      { name: 'nic-west', mac: '60:00:00:00:00:02', infoSource: 'domain, multus-status' },
    ])
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'False', reason: 'ContainersNotReady' })
    expect(lab.condition(NAME, 'LiveMigratable')).to.include({ status: 'False' })
    for (const absent of ['PodScheduled', 'Synchronized', 'AgentConnected'])
      expect(lab.condition(NAME, absent)).to.equal(undefined)
    expect(lab.events(NAME)).to.have.members([
      `SuccessfulCreate: Created virtual machine pod ${lab.pod(NAME)?.metadata.name ?? ''}`,
      'Created: VirtualMachineInstance defined.',
      'Started: VirtualMachineInstance started.',
    ])
  })

  it('runs in a pod that asks for what KubeVirt asks for', async () => {
    await using lab = new TestLab()
    await lab.running(dpdkVmi(NAME))
    const pod = lab.pod(NAME)
    const uid = lab.vmi(NAME)?.metadata.uid
    expect(pod?.metadata.labels).to.include({ 'kubevirt.io': 'virt-launcher', 'kubevirt.io/created-by': uid })
    expect(pod?.metadata.ownerReferences).to.deep.equal([
      { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', name: NAME, uid, controller: true },
    ])
    expect(pod?.spec.containers[0]?.resources?.requests).to.deep.include({
      cpu: '9',
      memory: '1578Mi',
      'hugepages-1Gi': '4Gi',
      'openshift.io/dpdk_vf': '2',
    })
    expect(lab.vmi(NAME)?.status.activePods).to.deep.equal({ [pod?.metadata.uid ?? '']: pod?.spec.nodeName })
  })

  it('starts the guest that was asked for', async () => {
    await using lab = new TestLab()
    const { spec } = await lab.running(dpdkVmi(NAME))
    expect(spec).to.deep.include({
      bootDisk: '/images/known/vm:main.qcow2',
      // maxSockets: KubeVirt's default for CPU hotplug, four times the sockets.
      cpu: { sockets: 1, cores: 4, threads: 2, maxSockets: 4 },
      memoryMiB: 4096,
      nics: [
        {
          name: 'nic-east',
          mac: '60:00:00:00:00:01',
          pciAddress: '0000:06:00.0',
          wire: 'checkup/dpdk/nic-east',
        },
        {
          name: 'nic-west',
          mac: '60:00:00:00:00:02',
          pciAddress: '0000:07:00.0',
          wire: 'checkup/dpdk/nic-west',
        },
      ],
      dataDisks: [
        {
          name: 'cloudinitdisk',
          label: 'cidata',
          files: {
            'user-data': '#cloud-config\n',
            'meta-data': `{"instance-id":"${NAME}.${NAMESPACE}","local-hostname":"${NAME}"}`,
          },
        },
        { name: 'config', serial: 'DEADBEEF', files: { 'boot.sh': 'echo booted' } },
      ],
    })
  })

  describe('while it cannot start', () => {
    it('shows an image that is not there, and starts when it is', async () => {
      const images = new Set<string>()
      await using lab = new TestLab({ resolveImage: (image) => (images.has(image) ? '/disk' : undefined) })
      lab.create(dpdkVmi(NAME))
      await lab.until(() => lab.condition(NAME, 'Synchronized')?.reason === 'ErrImagePull')
      await lab.clock.pass(1)
      const backOff = lab.condition(NAME, 'Synchronized')
      expect(backOff).to.include({ status: 'False', reason: 'ImagePullBackOff' })
      expect(backOff?.message).to.match(/^Back-off pulling image "known\/vm:main"/)
      expect(lab.vmi(NAME)?.status.phase).to.equal('Scheduling')
      expect(lab.events(LAUNCHER)).to.include('Failed: Error: ErrImagePull')
      images.add('known/vm:main')
      await lab.clock.pass(10)
      await lab.untilPhase(NAME, 'Running')
      expect(lab.condition(NAME, 'Synchronized')).to.equal(undefined)
    })

    it("shows a missing ConfigMap in the pod's events only, and starts when it appears", async () => {
      await using lab = new TestLab({ configMap: false })
      lab.create(dpdkVmi(NAME))
      const event =
        'FailedMount: MountVolume.SetUp failed for volume "config" : configmap "vmi-config" not found'
      await lab.until(() => lab.events(LAUNCHER).includes(event))
      expect(lab.vmi(NAME)?.status.phase).to.equal('Scheduling')
      expect(lab.vmi(NAME)?.status.conditions?.map(({ type }) => type)).to.deep.equal(['Ready'])
      lab.createConfigMap()
      await lab.untilPhase(NAME, 'Running')
    })

    it("shows a missing network in the pod's events only", async () => {
      await using lab = new TestLab({ network: false })
      lab.create(dpdkVmi(NAME))
      await lab.until(() =>
        lab.events(LAUNCHER).some((event) => event.startsWith('FailedCreatePodSandBox: ')),
      )
      expect(lab.vmi(NAME)?.status.conditions?.map(({ type }) => type)).to.deep.equal(['Ready'])
      lab.store.create(NETWORK_ATTACHMENT_DEFINITIONS, labNetwork({ namespace: NAMESPACE, name: 'dpdk' }))
      await lab.untilPhase(NAME, 'Running')
    })

    it('shows that no pod can have its name', async () => {
      await using lab = new TestLab()
      const name = 'v'.repeat(240)
      lab.create(dpdkVmi(name))
      const found = await lab.until(() => lab.condition(name, 'Synchronized'))
      expect(found).to.include({ status: 'False', reason: 'FailedCreate' })
      expect(found.message).to.match(
        /^failed to create virtual machine pod: .*must be no more than 253 characters$/,
      )
      lab.delete(name)
      await lab.untilGone(name)
    })

    it('shows that the runtime fails, and tries again', async () => {
      await using lab = new TestLab()
      lab.runtime.booting = () => Promise.reject(new Error('no memory'))
      lab.create(dpdkVmi(NAME))
      const found = await lab.until(() => lab.condition(NAME, 'Synchronized'))
      expect(found).to.include({ reason: 'Synchronizing with the Domain failed.' })
      expect(found.message).to.include('no memory')
      expect(lab.vmi(NAME)?.status.phase).to.equal('Scheduled')
      lab.runtime.booting = () => Promise.resolve()
      await lab.clock.pass(5)
      await lab.untilPhase(NAME, 'Running')
      expect(lab.condition(NAME, 'Synchronized')).to.equal(undefined)
    })
  })

  describe('when its guest ends by itself', () => {
    it('has succeeded where the guest powered off', async () => {
      await using lab = new TestLab()
      const guest = await lab.running(dpdkVmi(NAME))
      guest.connectAgent()
      guest.exit({ how: 'shutdown' })
      await lab.untilPhase(NAME, 'Succeeded')
      await lab.until(() => lab.events(NAME).includes('Stopped: The VirtualMachineInstance was shut down.'))
      expect(lab.condition(NAME, 'AgentConnected')).to.equal(undefined)
      expect(lab.condition(NAME, 'Ready')).to.include({ status: 'False', reason: 'PodTerminating' })
      expect(lab.pod(NAME)?.status.phase).to.equal('Succeeded')
      lab.delete(NAME)
      await lab.untilGone(NAME)
      expect(lab.pod(NAME)).to.equal(undefined)
    })

    it('has failed where the guest crashed', async () => {
      await using lab = new TestLab()
      const guest = await lab.running(dpdkVmi(NAME))
      guest.exit({ how: 'crashed', reason: 'signal 9' })
      await lab.untilPhase(NAME, 'Failed')
      await lab.until(() => lab.events(NAME).includes('Stopped: The VirtualMachineInstance crashed.'))
    })

    it('has failed where somebody deleted its pod', async () => {
      await using lab = new TestLab()
      const guest = await lab.running(dpdkVmi(NAME))
      lab.store.delete(PODS, NAMESPACE, lab.pod(NAME)?.metadata.name ?? '')
      await lab.untilPhase(NAME, 'Failed')
      expect(guest.disposed).to.equal(true)
      expect(lab.condition(NAME, 'Ready')).to.include({ status: 'False', reason: 'PodNotExists' })
    })
  })

  describe('when it is deleted', () => {
    const waits = [
      ['Scheduling, for a node', { nodes: { names: [] } }, 'Scheduling'],
      ['Scheduling, for a ConfigMap', { configMap: false }, 'Scheduling'],
      ['Scheduling, for its network', { network: false }, 'Scheduling'],
      ['Scheduling, for its image', { resolveImage: () => undefined }, 'Scheduling'],
      ['Scheduling, with a pull under way', { resolveImage: () => setImmediate('/disk') }, 'Scheduling'],
      ['Running', {}, 'Running'],
    ] as const
    for (const [what, options, phase] of waits)
      it(`goes with its pod and guest: ${what}`, async () => {
        await using lab = new TestLab(options)
        lab.create(dpdkVmi(NAME))
        await lab.untilPhase(NAME, phase)
        lab.delete(NAME)
        await lab.untilGone(NAME)
        expect(lab.pod(NAME)).to.equal(undefined)
        expect(lab.runtime.guests.every(({ disposed }) => disposed)).to.equal(true)
      })

    it('goes at once where nothing has begun', async () => {
      await using lab = new TestLab()
      lab.create(dpdkVmi(NAME))
      lab.delete(NAME)
      await lab.untilGone(NAME)
      expect(lab.pod(NAME)).to.equal(undefined)
    })

    it('ends a guest that was still starting', async () => {
      await using lab = new TestLab()
      const boot = Promise.withResolvers<undefined>()
      lab.runtime.booting = () => boot.promise
      lab.create(dpdkVmi(NAME))
      await lab.untilPhase(NAME, 'Scheduled')
      lab.delete(NAME)
      await setImmediate()
      expect(lab.vmi(NAME)).not.to.equal(undefined)
      boot.resolve(undefined)
      await lab.untilGone(NAME)
      expect(lab.runtime.guests.map(({ disposed }) => disposed)).to.deep.equal([true])
    })

    it('succeeds on its way where the guest ran, and says so', async () => {
      await using lab = new TestLab()
      const guest = await lab.running(dpdkVmi(NAME))
      const phases: unknown[] = []
      lab.store.onChange(VMI, ({ object }) => phases.push((object['status'] as { phase: string }).phase))
      lab.delete(NAME)
      await lab.untilGone(NAME)
      expect(phases.at(-1)).to.equal('Succeeded')
      expect(guest.powerButtons).to.equal(0)
      const launcher = lab.events(NAME).find((event) => event.startsWith('SuccessfulDelete'))
      expect(launcher).to.match(/^SuccessfulDelete: Deleted virtual machine pod virt-launcher-/)
      expect(lab.events(NAME)).to.include('Deleted: Signaled Deletion')
      expect(lab.events(NAME)).to.include('Stopped: The VirtualMachineInstance was shut down.')
    })

    it('presses the power button first where there is a grace period', async () => {
      await using lab = new TestLab()
      const guest = await lab.running(dpdkVmi(NAME, { 'spec.terminationGracePeriodSeconds': 30 }))
      lab.delete(NAME)
      await lab.until(() => lab.events(NAME).includes('ShuttingDown: Signaled Graceful Shutdown'))
      await lab.clock.pass(29)
      expect(guest).to.include({ powerButtons: 1, disposed: false })
      await lab.clock.pass(2)
      await lab.untilGone(NAME)
      expect(guest.disposed).to.equal(true)
    })

    it('ends the guest even where the object vanishes at once', async () => {
      await using lab = new TestLab()
      const guest = await lab.running(dpdkVmi(NAME))
      const vmi = lab.vmi(NAME)
      if (vmi === undefined) throw new Error('no VMI')
      lab.store.update(VMI, { ...vmi, metadata: { ...vmi.metadata, finalizers: [] } })
      lab.delete(NAME)
      await lab.until(() => guest.disposed && lab.pod(NAME) === undefined)
    })

    it('does not mind that its ConfigMap went before', async () => {
      await using lab = new TestLab()
      const guest = await lab.running(dpdkVmi(NAME))
      lab.store.delete(CONFIG_MAPS, NAMESPACE, 'vmi-config')
      await setImmediate()
      expect(lab.vmi(NAME)?.status.phase).to.equal('Running')
      expect(guest.disposed).to.equal(false)
    })

    it('leaves its name to another at once', async () => {
      await using lab = new TestLab()
      const first = await lab.running(dpdkVmi(NAME))
      lab.delete(NAME)
      await lab.untilGone(NAME)
      const second = await lab.running(dpdkVmi(NAME))
      expect(second).not.to.equal(first)
      expect(second.disposed).to.equal(false)
    })
  })

  it('ends with the lab, guests first, and leaves the store alone', async () => {
    const lab = new TestLab()
    const guest = await lab.running(dpdkVmi(NAME))
    await lab[Symbol.asyncDispose]()
    expect(guest.disposed).to.equal(true)
    expect(lab.vmi(NAME)?.status.phase).to.equal('Running')
    expect(lab.clock.waiting).to.equal(0)
  })

  it('looks after VMIs that were there before it', async () => {
    await using lab = new TestLab({ startLate: true })
    lab.create(dpdkVmi(NAME))
    lab.kubevirt.start(lab.store)
    await lab.untilPhase(NAME, 'Running')
  })

  describe('with user data', () => {
    const seeds = [
      ['in base64', { userDataBase64: Buffer.from('#!/bin/sh\n').toString('base64') }],
      ['in a secret', { secretRef: { name: 'seed' } }],
    ] as const
    for (const [what, source] of seeds)
      it(`${what}: the guest gets it as text`, async () => {
        await using lab = new TestLab()
        lab.store.create(SECRETS, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'seed', namespace: NAMESPACE },
          data: { userdata: Buffer.from('#!/bin/sh\n').toString('base64') },
        })
        const guest = await lab.running(dpdkVmi(NAME, { 'spec.volumes.1.cloudInitNoCloud': source }))
        expect(guest.spec.dataDisks[0]?.files['user-data']).to.equal('#!/bin/sh\n')
      })
  })
})
