import { PATIENCE } from '../../support/common/testing/patience.ts'
import { expect } from 'chai'
import {
  CLUSTER_ROLE_BINDINGS,
  NAMESPACES,
  NETWORK_ATTACHMENT_DEFINITIONS,
  NODES,
  RUNTIME_CLASSES,
} from '../apiserver/kinds.ts'
import type { KubeObject } from '../apiserver/contract.ts'
import { untilStored } from '../nodes/lab-clock.ts'
import { NAMESPACE, scriptDeployment, TestCluster } from '../workloads/cluster.fixture.ts'
import { FakeContainers } from '../workloads/fake-containers.fixture.ts'
import { createOpenShift, type OpenShift, OPENSHIFT_SRIOV_NAMESPACE } from './openshift.ts'
import { MACHINE_CONFIG_POOLS, MACHINE_CONFIGS, SRIOV_NETWORKS } from './openshift-kinds.ts'

describe("the lab's OpenShift", () => {
  let cluster: TestCluster
  let openShift: OpenShift
  let runtime: FakeContainers

  beforeEach(async () => {
    runtime = new FakeContainers()
    openShift = createOpenShift({ sleep: () => new Promise((resolve) => setTimeout(resolve, 1)) })
    cluster = await TestCluster.start({ runtime, tls: false, extensions: [openShift] })
    openShift.start(cluster.server.store)
  })
  afterEach(async () => {
    openShift[Symbol.dispose]()
    await cluster[Symbol.asyncDispose]()
  })

  async function refusal(...objects: object[]): Promise<string> {
    try {
      await cluster.create(...objects)
    } catch (error) {
      return (JSON.parse((error as { body: string }).body) as { message: string }).message
    }
    throw new Error('it was not refused')
  }

  describe('admission of pods', () => {
    const ROOTLESS = {
      pod: { securityContext: { runAsUser: 1001, runAsGroup: 2001, fsGroup: 2002 } },
      container: { securityContext: { capabilities: { add: ['IPC_LOCK'], drop: ['ALL'] } } },
    }
    const failure = () => cluster.events('ReplicaSet').find((event) => event.startsWith('FailedCreate'))

    const bindPrivileged = () =>
      cluster.server.store.create(CLUSTER_ROLE_BINDINGS, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'privileged-to-default' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'system:openshift:scc:privileged',
        },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: NAMESPACE }],
      })

    it('refuses users and capabilities of their own, and says for each constraint why', async () => {
      await cluster.create(scriptDeployment('true', ROOTLESS))
      await cluster.until(() => failure() !== undefined)
      const annotations = cluster.server.store.get(NAMESPACES, undefined, NAMESPACE)?.metadata.annotations
      const first = Number(annotations?.['openshift.io/sa.scc.uid-range']?.split('/')[0])
      expect(failure()).to.match(
        /^FailedCreate: Error creating: pods "web-\w+-" is forbidden: unable to validate against any security context constraint: \[provider "anyuid": Forbidden: not usable by user or serviceaccount, /,
      )
      expect(failure())
        .to.include(
          'provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{2002}: 2002 is not an allowed group',
        )
        .and.include(
          `provider restricted-v2: .containers[0].runAsUser: Invalid value: 1001: must be in the ranges: [${first}, ${first + 9999}]`,
        )
        .and.include(
          'provider restricted-v2: .containers[0].capabilities.add: Invalid value: "IPC_LOCK": capability may not be added',
        )
        .and.include('provider "privileged": Forbidden: not usable by user or serviceaccount')
      expect(cluster.pods).to.deep.equal([])
    })

    it('lets them in where the account is bound to the privileged one, at once or later', async () => {
      await cluster.create(scriptDeployment('true', ROOTLESS))
      await cluster.until(() => failure() !== undefined)
      bindPrivileged()
      await cluster.until(() => cluster.pods.length === 1)
      expect(cluster.pod.metadata.annotations).to.include({ 'openshift.io/scc': 'privileged' })
      await cluster.until(() => runtime.made.length === 1)
      expect(runtime.last.plan).to.deep.include({
        user: { uid: 1001, gid: 2001 },
        supplementalGroups: [2002],
        capabilities: { add: ['IPC_LOCK'], drop: ['ALL'] },
      })
    })

    it('takes what is null for what is not there', async () => {
      const container = { securityContext: null, resources: null, env: null }
      await cluster.create(scriptDeployment('true', { container, pod: { securityContext: null } }))
      await cluster.until(() => runtime.made.length === 1)
    })

    it('refuses a privileged one', async () => {
      const container = { securityContext: { privileged: true } }
      await cluster.create(scriptDeployment('true', { container }))
      await cluster.until(() => failure() !== undefined)
      expect(failure()).to.include(
        '.containers[0].privileged: Invalid value: true: Privileged containers are not allowed',
      )
    })

    it("gives a pod that asks for nothing a user of its namespace's", async () => {
      await cluster.create(scriptDeployment('true'))
      await cluster.until(() => runtime.made.length === 1)
      expect(cluster.pod.metadata.annotations).to.include({ 'openshift.io/scc': 'restricted-v2' })
      const { user, capabilities, noNewPrivileges } = runtime.last.plan
      expect(user.uid).to.be.at.least(1_000_650_000)
      expect(capabilities.drop).to.deep.equal(['ALL'])
      expect(noNewPrivileges).to.equal(true)
    })

    it('lets an administrator create what the pod’s account could not', async () => {
      const { template } = scriptDeployment('true', ROOTLESS)['spec'] as { template: { spec: object } }
      await cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'own' }, spec: template.spec })
      expect(cluster.pod.metadata.annotations).to.include({ 'openshift.io/scc': 'privileged' })
    })

    it('refuses a runtime class that nobody described', async () => {
      await cluster.create(scriptDeployment('true', { pod: { runtimeClassName: 'performance-pp' } }))
      await cluster.until(() => failure() !== undefined)
      expect(failure()).to.match(
        /pods "web-\w+-" is forbidden: pod rejected: RuntimeClass "performance-pp" not found$/,
      )
      cluster.server.store.create(RUNTIME_CLASSES, {
        apiVersion: 'node.k8s.io/v1',
        kind: 'RuntimeClass',
        metadata: { name: 'performance-pp' },
        handler: 'high-performance',
      })
      await cluster.until(() => cluster.pods.length === 1)
    })

    it('has pods ask for the VFs of their networks', async () => {
      for (const [name, resource] of [
        ['east', 'openshift.io/dpdk_vf'],
        ['tap', undefined],
      ] as const)
        cluster.server.store.create(NETWORK_ATTACHMENT_DEFINITIONS, {
          apiVersion: 'k8s.cni.cncf.io/v1',
          kind: 'NetworkAttachmentDefinition',
          metadata: {
            name,
            namespace: NAMESPACE,
            annotations: resource === undefined ? {} : { 'k8s.v1.cni.cncf.io/resourceName': resource },
          },
          spec: { config: '{}' },
        })
      const annotations = { 'k8s.v1.cni.cncf.io/networks': 'east,tap,east@east2' }
      const container = { resources: { limits: { cpu: '1', memory: '1Gi' } } }
      await cluster.create(scriptDeployment('true', { annotations, container }))
      await cluster.until(() => runtime.made.length === 1)
      const [{ resources } = {}] = cluster.pod.spec.containers
      const all = { cpu: '1', memory: '1Gi', 'openshift.io/dpdk_vf': '2' }
      expect(resources).to.deep.equal({ requests: all, limits: all })
      expect(runtime.last.plan.resources).to.deep.equal({ 'openshift.io/dpdk_vf': 2 })
      expect(cluster.pod.status.qosClass).to.equal('Guaranteed')
    })
  })

  describe('SR-IOV networks', () => {
    const network = (spec: object): KubeObject => ({
      apiVersion: 'sriovnetwork.openshift.io/v1',
      kind: 'SriovNetwork',
      metadata: { name: 'vfs', namespace: OPENSHIFT_SRIOV_NAMESPACE },
      spec: { networkNamespace: NAMESPACE, resourceName: 'vfio_pci_0', ...spec },
    })
    const definition = (namespace = NAMESPACE) =>
      cluster.server.store.get(NETWORK_ATTACHMENT_DEFINITIONS, namespace, 'vfs')
    const config = () => JSON.parse((definition()?.['spec'] as { config: string }).config) as object

    it('become definitions in the namespace they name, and go with them', async () => {
      await cluster.create(network({ capabilities: '{ "mac": true }', spoofChk: 'off', trust: 'on' }))
      expect(definition()?.metadata.annotations).to.include({
        'k8s.v1.cni.cncf.io/resourceName': 'openshift.io/vfio_pci_0',
      })
      expect(config()).to.deep.include({
        name: 'vfs',
        type: 'sriov',
        spoofchk: 'off',
        trust: 'on',
        capabilities: { mac: true },
      })
      const { store } = cluster.server
      store.delete(SRIOV_NETWORKS, OPENSHIFT_SRIOV_NAMESPACE, 'vfs')
      expect(definition()).to.equal(undefined)
    })

    it('wait for their namespace, follow their changes, and bring back what was taken away', async () => {
      await cluster.create(network({ networkNamespace: 'later' }))
      expect(definition('later')).to.equal(undefined)
      await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } })
      expect(definition('later')).to.not.equal(undefined)
      const { store } = cluster.server
      store.delete(NETWORK_ATTACHMENT_DEFINITIONS, 'later', 'vfs')
      expect(definition('later')).to.not.equal(undefined)
      const stored = store.get(SRIOV_NETWORKS, OPENSHIFT_SRIOV_NAMESPACE, 'vfs')
      if (stored === undefined) throw new Error('there is no network')
      store.update(SRIOV_NETWORKS, { ...stored, spec: network({ vlan: 7 })['spec'] })
      expect(definition('later')).to.equal(undefined)
      expect(config()).to.deep.include({ vlan: 7 })
      store.delete(NAMESPACES, undefined, NAMESPACE)
      expect(definition()).to.equal(undefined)
      expect(store.get(NAMESPACES, undefined, NAMESPACE)).to.equal(undefined)
    })

    it('are not made of what is no JSON, and are refused as their definition has it', async () => {
      await cluster.create(network({ capabilities: 'mac' }))
      expect(definition()).to.equal(undefined)
      const metadata = { name: 'other', namespace: OPENSHIFT_SRIOV_NAMESPACE }
      const said = (spec: object) => refusal({ ...network(spec), metadata })
      expect(await said({ resourceName: undefined })).to.include(
        'SriovNetwork.sriovnetwork.openshift.io "other" is invalid: spec.resourceName: Required value',
      )
      expect(await said({ trust: 'yes' })).to.include(
        'spec.trust: Unsupported value: "yes": supported values: "on", "off"',
      )
      expect(await said({ networkNamespace: 7 })).to.include(
        'spec.networkNamespace in body must be of type string: "number"',
      )
    })

    it('have policies that name resources as the operator takes them', async () => {
      const policy = (spec: object) => ({
        apiVersion: 'sriovnetwork.openshift.io/v1',
        kind: 'SriovNetworkNodePolicy',
        metadata: { name: 'policy', namespace: OPENSHIFT_SRIOV_NAMESPACE },
        spec: { resourceName: 'vfs', numVfs: 8, deviceType: 'vfio-pci', needVhostNet: true, ...spec },
      })
      expect(await refusal(policy({ resourceName: 'vfio-pci' }))).to.include(
        'resource name "vfio-pci" contains invalid characters, the accepted syntax of the regular expressions is: "^[a-zA-Z0-9_]+$"',
      )
      expect(await refusal(policy({ numVfs: -1 }))).to.include('numVfs(-1)')
      await cluster.create(policy({}))
    })
  })

  describe('MachineConfigs', () => {
    const machineConfig = (name: string, config: object, role = 'worker'): KubeObject => ({
      apiVersion: 'machineconfiguration.openshift.io/v1',
      kind: 'MachineConfig',
      metadata: { name, labels: { 'machineconfiguration.openshift.io/role': role } },
      spec: { config },
    })
    const GOOD = { ignition: { version: '3.2.0' } }
    interface PoolShape {
      readonly spec: {
        readonly configuration: { readonly name: string; readonly source: { name: string }[] }
      }
      readonly status: {
        readonly configuration: { readonly name: string }
        readonly updatedMachineCount: number
        readonly machineCount: number
        readonly conditions: { readonly type: string; readonly status: string; readonly message: string }[]
      }
    }
    const pool = (name = 'worker') =>
      cluster.server.store.get(MACHINE_CONFIG_POOLS, undefined, name) as (KubeObject & PoolShape) | undefined
    const condition = (type: string) => pool()?.status.conditions.find((each) => each.type === type)
    const until = (claim: () => boolean) =>
      untilStored(
        cluster.server.store,
        [MACHINE_CONFIG_POOLS],
        () => (claim() ? true : undefined),
        AbortSignal.timeout(PATIENCE),
      )

    it('are rendered into their pool and brought onto one node after the other', async () => {
      const seen: string[] = []
      const { store } = cluster.server
      store.onChange(MACHINE_CONFIG_POOLS, ({ object }) => {
        const { status } = object as KubeObject & PoolShape
        const holding = status.conditions.find((each) => each.status === 'True')?.type ?? ''
        seen.push(`${holding} ${status.updatedMachineCount}/${status.machineCount}`)
      })
      await cluster.create(machineConfig('99-worker-setsebool', GOOD))
      await until(
        () => condition('Updated')?.status === 'True' && pool()?.spec.configuration.source.length === 1,
      )
      expect(seen).to.deep.equal(['Updating 0/2', 'Updating 1/2', 'Updated 2/2'])
      expect(pool()?.spec.configuration.source).to.deep.equal([
        {
          apiVersion: 'machineconfiguration.openshift.io/v1',
          kind: 'MachineConfig',
          name: '99-worker-setsebool',
        },
      ])
      expect(pool()?.status.configuration.name).to.equal(pool()?.spec.configuration.name)
      expect(pool('master')?.spec.configuration.source).to.deep.equal([])
      store.delete(MACHINE_CONFIGS, undefined, '99-worker-setsebool')
      await until(
        () => condition('Updated')?.status === 'True' && pool()?.spec.configuration.source.length === 0,
      )
    })

    const BROKEN: readonly (readonly [what: string, config: object, message: RegExp])[] = [
      ['no version', {}, /unknown version ""\. Supported spec versions: 2\.2, 3\.0/],
      [
        'files that are not a list',
        { ...GOOD, storage: { files: 7 } },
        /parsing Ignition config failed for broken/,
      ],
      [
        'a file in more than one line',
        { ...GOOD, storage: { files: [{ path: '/a', contents: { source: 'data:;base64,YWJj\nZGVm' } }] } },
        /file \/a: invalid data URL/,
      ],
    ]
    for (const [what, config, message] of BROKEN)
      it(`degrade their pool where Ignition has ${what}`, async () => {
        await cluster.create(machineConfig('broken', config))
        await until(() => condition('RenderDegraded')?.status === 'True')
        expect(condition('Degraded')?.message)
          .to.match(/^Failed to render configuration for pool worker: parsing Ignition config failed/)
          .and.match(message)
        cluster.server.store.delete(MACHINE_CONFIGS, undefined, 'broken')
        await until(() => condition('Degraded')?.status === 'False')
      })

    it('come onto nodes of more than one role', async () => {
      const { store } = cluster.server
      for (const node of store.list(NODES)) {
        const labels = { ...node.metadata.labels, 'node-role.kubernetes.io/master': '' }
        store.update(NODES, { ...node, metadata: { ...node.metadata, labels } })
      }
      await cluster.create(machineConfig('02-master-container-runtime', GOOD, 'master'))
      await until(() => pool('master')?.status.updatedMachineCount === 2)
    })
  })
})
