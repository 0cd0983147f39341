import { expect } from 'chai'
import { CONFIG_MAPS, NETWORK_ATTACHMENT_DEFINITIONS, ROLES } from '../apiserver/kinds.ts'
import { CONFIG_MAP, GuestlessLab, VALID } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import { BOTH, onNetwork, onNodes, withAllocatable, withConfig } from './preflight-case.fixture.ts'

describe('the suite given bad input', () => {
  let lab: GuestlessLab

  beforeEach(async () => {
    lab = await GuestlessLab.start()
  })
  afterEach(async () => {
    await lab[Symbol.asyncDispose]()
  })

  it('names every invalid parameter, in the status and in JUnit, and creates nothing', async () => {
    await lab.createConfigMap({
      'spec.timeout': '5',
      'spec.param.trafficGenPacketsPerSecond': '8g',
      'spec.param.verbose': 'maybe',
      'spec.param.frameSize': 'imix',
      'spec.param.flows': '2',
      'spec.param.maxLossRatio': '0.1%',
      'spec.param.repeat': '3',
      'spec.param.maxStallMicroseconds': '0',
      note: "a user's own",
    })
    const { exitCode, data, junit, output } = await lab.run()
    expect(exitCode).to.equal(2)
    expect(data).to.include({
      note: "a user's own",
      'status.succeeded': 'false',
      'status.result.verdict': 'error',
    })
    expect(data?.['status.failureReason']).to.include('cause parameters-invalid')
    for (const said of [data?.['status.failureReason'], junit, output]) {
      expect(said)
        .to.include('spec.timeout must be a duration above zero')
        .and.include('spec.param.trafficGenPacketsPerSecond must be')
        .and.include('spec.param.verbose must be')
        .and.include('spec.param.flows must be at least 3, not 2: each of the 3 sizes of imix has flows')
        .and.include('spec.param.maxLossRatio has no effect without spec.param.minPacketsPerSecond')
        .and.include('spec.param.repeat has no effect without spec.param.capacity')
        .and.include('spec.param.maxStallMicroseconds must be a whole number of microseconds')
        .and.include('spec.param.networkAttachmentDefinitionName is missing')
    }
    expect(data?.['status.startTimestamp']).to.match(/^\d{4}-\d\d-\d\dT/)
    expect(data?.['status.completionTimestamp']).to.match(/^\d{4}-\d\d-\d\dT/)
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('refuses rates, frames and times that no cluster could serve, at once, having created nothing', async () => {
    await using full = await GuestlessLab.start({ preflightPermissions: true })
    full.change(
      NETWORK_ATTACHMENT_DEFINITIONS,
      'dpdk-network',
      ({ spec }) => {
        const config = JSON.parse((spec as { config: string }).config) as object
        return { spec: { config: JSON.stringify({ ...config, mtu: 1500 }) } }
      },
      NAMESPACE,
    )
    await full.createConfigMap({
      ...VALID,
      'spec.param.frameSize': '9018',
      'spec.param.trafficGenPacketsPerSecond': '200k',
      'spec.param.minPacketsPerSecond': '150k',
      'spec.param.capacity': 'certification',
    })
    const { exitCode, data, junit } = await full.run()
    expect(exitCode).to.equal(2)
    for (const said of [data?.['status.failureReason'], junit]) {
      expect(said)
        .to.include('frames of 9,018 bytes need an MTU of 9,000, and network dpdk-network sets 1,500')
        .and.include('the rate exceeds the port speed of 10 Gbit/s')
        .and.include('150,000 packets/s (minPacketsPerSecond) are above the 138,')
        .and.include('spec.timeout (10m) is too short for the run')
    }
    expect(full.leftovers()).to.deep.equal([])
  })

  it('says so where the ConfigMap does not exist', async () => {
    const { exitCode, output, junit } = await lab.run()
    expect(exitCode).to.equal(2)
    // The suite knows that the cluster is simulated before any guest could report it.
    expect(output).to.include('the suite could not judge the simulated cluster')
    expect(junit).to.include('<property name="simulated" value="true"/>')
    expect(output).to.include(
      `reading ConfigMap ${NAMESPACE}/${CONFIG_MAP}: configmaps "${CONFIG_MAP}" not found`,
    )
    expect(output).to.include('docs/causes.md#configmap-not-free')
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('says so where the ConfigMap has no data, and writes it there', async () => {
    await lab.createConfigMap()
    const { exitCode, data } = await lab.run()
    expect(exitCode).to.equal(2)
    expect(data?.['status.failureReason']).to.include('the ConfigMap has no data')
  })

  it('changes nothing of a ConfigMap that is in use', async () => {
    const before = { ...VALID, 'status.startTimestamp': '2026-01-01T00:00:00Z' }
    await lab.createConfigMap(before)
    const { exitCode, data, output } = await lab.run()
    expect(exitCode).to.equal(2)
    expect(output)
      .to.include('is in use or was used before')
      .and.include('(docs/causes.md#configmap-not-free)')
    expect(data).to.deep.equal(before)
  })

  it('names a ConfigMap that is immutable, and changes nothing of it', async () => {
    await lab.createConfigMap(VALID)
    lab.change(CONFIG_MAPS, CONFIG_MAP, () => ({ immutable: true }), NAMESPACE)
    const { exitCode, data, output } = await lab.run()
    expect(exitCode).to.equal(2)
    expect(output).to.include('field is immutable').and.include('(docs/causes.md#configmap-immutable)')
    expect(data).to.deep.equal(VALID)
  })

  it('fails the cluster whose NetworkAttachmentDefinition does not exist, having created nothing', async () => {
    const { server } = lab
    const admin = server.kubeconfig('admin', NAMESPACE)
    await lab.createConfigMap({ ...VALID, 'spec.param.networkAttachmentDefinitionName': 'elsewhere' })
    const { exitCode, data } = await lab.run({ kubeconfig: admin })
    expect(exitCode).to.equal(1)
    expect(data).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'failed' })
    expect(data?.['status.failureReason']).to.include(
      'NetworkAttachmentDefinition target/elsewhere does not exist; cause network-missing; remedy: ',
    )
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('fails the cluster for all that preflight finds wrong, having created nothing', async () => {
    await using full = await GuestlessLab.start({ preflightPermissions: true })
    onNodes(full, BOTH, withAllocatable({ 'hugepages-1Gi': '0', cpu: '8' }))
    onNetwork(full, withConfig('no JSON'))
    await full.createConfigMap(VALID)
    const { exitCode, data, junit } = await full.run()
    expect(exitCode).to.equal(1)
    for (const said of [data?.['status.failureReason'], junit]) {
      expect(said)
        .to.include('preflight.network')
        .and.include('is not JSON')
        .and.include('preflight.cpus')
        .and.include('preflight.hugepages')
    }
    expect(junit).to.include(
      'nothing was created, see preflight.network, preflight.cpus, preflight.hugepages',
    )
    expect(full.leftovers()).to.deep.equal([])
  })

  it('names an image that cannot be pulled at once, and removes what it created', async () => {
    const missing = 'registry.example/no-such:image'
    // The other VMI's image exists. If both were missing, the report would name whichever is noticed first.
    await using lab = await GuestlessLab.start({ images: (image) => image !== missing })
    await lab.createConfigMap({ ...VALID, 'spec.param.vmUnderTestContainerDiskImage': missing })
    const { exitCode, data, junit } = await lab.run()
    expect(exitCode).to.equal(1)
    expect(data?.['status.failureReason'])
      .to.include('scheduling.vm-under-test-ready')
      .and.include('ImagePullBackOff')
    expect(junit).to.include(missing)
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('names a token the API server does not accept, without showing it', async () => {
    await lab.createConfigMap(VALID)
    const kubeconfig = lab.server.kubeconfig('admin').replace(/token: .*/, 'token: a-token-nobody-knows')
    const { exitCode, output, data } = await lab.run({ kubeconfig })
    expect(exitCode).to.equal(2)
    expect(output)
      .to.include('does not accept the token')
      .and.include('docs/causes.md#token-refused')
      .and.not.include('a-token-nobody-knows')
    expect(data).to.deep.equal(VALID)
  })

  it('names every permission that is missing', async () => {
    await lab.createConfigMap(VALID)
    const role = lab.server.store.get(ROLES, NAMESPACE, 'kubevirt-dpdk-checker')
    if (role === undefined) throw new Error('the role is not there')
    lab.server.store.update(ROLES, { ...role, rules: [] })
    const { exitCode, data } = await lab.run()
    expect(exitCode).to.equal(2)
    expect(data?.['status.failureReason'])
      .to.include('create virtualmachineinstances.kubevirt.io')
      .and.include('update virtualmachineinstances.subresources.kubevirt.io/softreboot')
      .and.include('create configmaps')
      .and.not.include('get configmaps')
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('does with the roles of its predecessor, which may not reboot a VM, and warns', async () => {
    // The rate alone keeps the run from creating VMs; this lab has no guests.
    await lab.createConfigMap({ ...VALID, 'spec.param.trafficGenPacketsPerSecond': '20m' })
    const account = `system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`
    const role = lab.server.store.get(ROLES, NAMESPACE, 'kubevirt-dpdk-checker')
    const rules = (role?.['rules'] as { resources: string[] }[]).map((rule) => ({
      ...rule,
      resources: rule.resources.filter((resource) => !resource.endsWith('/softreboot')),
    }))
    lab.change(ROLES, 'kubevirt-dpdk-checker', () => ({ rules }), NAMESPACE)
    const { data } = await lab.run()
    expect(data?.['status.failureReason'])
      .to.include('preflight.rate')
      .and.not.include('precondition.permissions')
    expect(data?.['status.result.warnings'])
      .to.include(
        `${account} lacks permission to update virtualmachineinstances.subresources.kubevirt.io/softreboot`,
      )
      .and.include('Without this permission the guests reboot themselves')
  })

  it('says so where there is no cluster to judge', async () => {
    const { exitCode, output } = await lab.run({ env: { HOME: '/nonexistent' }, kubeconfig: '' })
    expect(exitCode).to.equal(2)
    expect(output).to.include('names no current context').and.include('(docs/causes.md#no-credentials)')
    expect(output).not.to.include('configmap-not-free')
  })

  it('says so where the environment names no ConfigMap', async () => {
    const { exitCode, output } = await lab.run({ env: { CONFIGMAP_NAME: '' } })
    expect(exitCode).to.equal(2)
    expect(output).to.include('CONFIGMAP_NAME is missing or empty')
  })
})

describe('the suite on a cluster without KubeVirt', () => {
  it('fails the cluster and creates nothing', async () => {
    await using lab = await GuestlessLab.start({ kubevirt: false })
    await lab.createConfigMap(VALID)
    const { exitCode, data } = await lab.run()
    expect(exitCode).to.equal(1)
    expect(data?.['status.failureReason'])
      .to.include('precondition.kubevirt')
      .and.include('cause kubevirt-not-served')
    expect(lab.leftovers()).to.deep.equal([])
  })
})
