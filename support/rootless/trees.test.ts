import { PATIENCE } from '../common/testing/patience.ts'
import { expect } from 'chai'
import type { Manifest } from '../cluster/objects.ts'
import type { KubeObject } from '../../lab/apiserver/contract.ts'
import { crioSettings } from '../../lab/guest-node/machine-config.ts'
import { readFileSync } from 'node:fs'
import { createKubectl } from './kubectl.ts'
import { APPLICATIONS, FIXTURES, type RenderedTree } from './names.ts'
import { defaultParameters, DEFINITIONS, type RootlessParameters, type Variant } from './parameters.ts'
import { unknownFields } from '../../lab/e2e/rootless/strict-fields.ts'
import { manifestsOf, render } from './trees.ts'
import { describeWithKubectl } from '../common/testing/with-kubectl.ts'

const limits = { signal: new AbortController().signal, timeout: PATIENCE }
const VARIANTS: readonly Variant[] = ['default', 'root', 'privileged']

/** Only the fields that the tests read. */
interface DeploymentManifest extends Manifest {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Record<string, string> }
      readonly spec: {
        readonly runtimeClassName: string
        readonly serviceAccountName: string
        readonly securityContext: object
        readonly containers: readonly {
          readonly image: string
          readonly args: readonly string[]
          readonly env: readonly { name: string; value: string }[]
          readonly resources: { requests: object; limits: object }
          readonly securityContext: object
        }[]
        readonly volumes: readonly { name: string; configMap?: { name: string } }[]
      }
    }
  }
}

describeWithKubectl('the rootless trees', () => {
  async function rendered(
    tree: RenderedTree,
    variant: Variant = 'default',
    changes: Partial<RootlessParameters> = {},
  ): Promise<Manifest[]> {
    const parameters = { ...defaultParameters(), ...changes }
    return manifestsOf(await render(createKubectl(process.env), tree, { parameters, variant }, limits))
  }

  function of(
    manifests: readonly Manifest[],
    kind: string,
    name?: string,
  ): Manifest & Record<string, unknown> {
    const found = manifests.find(
      (each) => each.kind === kind && (name ?? each.metadata.name) === each.metadata.name,
    )
    if (found === undefined) throw new Error(`there is no ${kind} ${name ?? ''}`)
    return found as Manifest & Record<string, unknown>
  }

  function podOf(manifests: readonly Manifest[]) {
    const { template } = (of(manifests, 'Deployment') as unknown as DeploymentManifest).spec
    const [container] = template.spec.containers
    if (container === undefined) throw new Error('there is no container')
    const env = new Map(container.env.map(({ name, value }) => [name, value]))
    const networks = JSON.parse(
      template.metadata.annotations['k8s.v1.cni.cncf.io/networks'] ?? '',
    ) as object[]
    return { ...template.spec, container, env, networks }
  }

  it('has a value and a rule for every parameter', () => {
    expect(Object.keys(defaultParameters())).to.have.members(Object.keys(DEFINITIONS))
  })

  for (const application of [...APPLICATIONS, 'testpmd-source'] as const) {
    for (const variant of VARIANTS) {
      it(`renders ${application} (${variant}) of fields that Kubernetes knows`, async () => {
        const manifests = await rendered(application, variant)
        expect(unknownFields(of(manifests, 'Deployment'), 'V1Deployment')).to.deep.equal([])
        expect(unknownFields(of(manifests, 'ConfigMap'), 'V1ConfigMap')).to.deep.equal([])
      })
    }
  }

  it('sees a field that Kubernetes does not know', () => {
    const pod = { spec: { containers: [{ name: 'a', securityContext: { runAsUser: 'x', root: true } }] } }
    expect(unknownFields(pod, 'V1Pod')).to.deep.equal([
      'V1Pod.spec.containers[0].securityContext.runAsUser is not a number',
      'V1Pod.spec.containers[0].securityContext.root is not known',
    ])
  })

  it('asks for two VFs for the port-forwarder', async () => {
    const { networks, container, env } = podOf(await rendered('testpmd-portforwarder'))
    const vf = { name: 'vfio-pci-0-ns-dpdktest', namespace: 'dpdktest' }
    expect(networks).to.deep.equal([
      { ...vf, mac: '20:04:0f:f1:88:11' },
      { ...vf, mac: '20:04:0f:f1:88:12' },
    ])
    expect(container.args).to.deep.equal(['portforwarder'])
    expect(env.get('FORWARD_MODE')).to.equal('mac')
  })

  it('asks for a VF and a tap of the same MAC address for the tap', async () => {
    const manifests = await rendered('testpmd-tap')
    const { networks, env } = podOf(manifests)
    const mac = '20:04:0f:f1:88:01'
    expect(networks).to.deep.equal([
      { name: 'vfio-pci-0-ns-dpdktest', namespace: 'dpdktest', mac },
      { name: 'tap-one', namespace: 'dpdktest', mac, interface: 'dp0' },
    ])
    expect([env.get('TAP_QUEUES'), env.get('TESTPMD_QUEUES')]).to.deep.equal(['1', '1'])
    const { spec } = of(manifests, 'NetworkAttachmentDefinition') as unknown as { spec: { config: string } }
    expect(JSON.parse(spec.config)).to.deep.equal({
      cniVersion: '0.4.0',
      name: 'tap',
      plugins: [
        {
          type: 'tap',
          multiQueue: true,
          selinuxcontext: 'system_u:system_r:container_t:s0',
          ipam: {
            type: 'static',
            addresses: [{ address: '192.168.18.110/25', gateway: '192.168.18.1' }],
          },
        },
        { type: 'tuning', capabilities: { mac: true } },
      ],
    })
  })

  it('puts every parameter where it belongs', async () => {
    const changes = {
      TESTPMD_IMAGE: 'example.org/testpmd:1',
      RUNTIME_CLASS_NAME: 'fast',
      TESTPMD_CPUS: '4',
      TESTPMD_MEMORY: '512Mi',
      TESTPMD_HUGEPAGES_1GI: '2Gi',
      SRIOV_RESOURCE_NAME: 'other_vfs',
      SRIOV_NETWORK_NAME: 'other-network',
      PINNED_LCORES: '2-3',
      FORWARDING_CORES: '3',
      TESTPMD_MBUFS: '4096',
      TESTPMD_QUEUES: '2',
      TESTPMD_LOG_LEVEL: 'pmd.net.virtio*:debug',
      TESTPMD_STRACE: 'true',
      TAP_MAC: '02:00:00:00:00:01',
      MAC_DPDK_OVERRIDE: '02:00:00:00:00:02',
      TAP_ADDRESS: '10.1.0.2/24',
      TAP_GATEWAY: '10.1.0.1',
      TAP_QUEUES: '4',
    }
    const manifests = await rendered('testpmd-tap', 'default', changes)
    const { container, runtimeClassName, env, networks } = podOf(manifests)
    const resources = { cpu: '4', memory: '512Mi', 'hugepages-1Gi': '2Gi' }
    expect(container.resources).to.deep.equal({ requests: resources, limits: resources })
    expect(container.image).to.equal('example.org/testpmd:1')
    expect(runtimeClassName).to.equal('fast')
    for (const name of [
      'PINNED_LCORES',
      'FORWARDING_CORES',
      'TESTPMD_MBUFS',
      'TESTPMD_QUEUES',
      'TESTPMD_LOG_LEVEL',
      'TESTPMD_STRACE',
      'MAC_DPDK_OVERRIDE',
      'TAP_QUEUES',
    ] as const) {
      expect(env.get(name), name).to.equal(changes[name])
    }
    expect(networks).to.deep.equal([
      { name: 'other-network', namespace: 'dpdktest', mac: changes.TAP_MAC },
      { name: 'tap-one', namespace: 'dpdktest', mac: changes.TAP_MAC, interface: 'dp0' },
    ])
    const { spec } = of(manifests, 'NetworkAttachmentDefinition') as unknown as { spec: { config: string } }
    expect(spec.config).to.include('{"address":"10.1.0.2/24","gateway":"10.1.0.1"}')

    const network = of(await rendered('prerequisites', 'default', changes), 'SriovNetwork')
    expect(network.metadata.name).to.equal('other-network')
    expect(network['spec']).to.include({ resourceName: 'other_vfs', networkNamespace: 'dpdktest' })

    const portforwarder = {
      SRIOV_NETWORK_NAME: 'other-network',
      FORWARD_MODE: 'io',
      EAST_MAC: '02:00:00:00:01:01',
      WEST_MAC: '02:00:00:00:01:02',
      EAST_PEER_MAC: '02:00:00:00:01:03',
      WEST_PEER_MAC: '02:00:00:00:01:04',
    }
    const source = podOf(
      await rendered('testpmd-source', 'default', { ...portforwarder, PINNED_LCORES: '2-3' }),
    )
    expect(source.networks).to.deep.equal([
      { name: 'other-network', namespace: 'dpdktest', mac: portforwarder.EAST_PEER_MAC },
      { name: 'other-network', namespace: 'dpdktest', mac: portforwarder.WEST_PEER_MAC },
    ])
    const [east, west] = [source.env.get('EAST_PEER_MAC'), source.env.get('WEST_PEER_MAC')]
    expect([east, west]).to.deep.equal([portforwarder.EAST_MAC, portforwarder.WEST_MAC])
    // It only receives, on its own CPUs.
    expect([source.env.get('FORWARD_MODE'), source.env.get('PINNED_LCORES')]).to.deep.equal(['rxonly', ''])
    const pod = podOf(await rendered('testpmd-portforwarder', 'default', portforwarder))
    expect(pod.networks).to.deep.equal([
      { name: 'other-network', namespace: 'dpdktest', mac: portforwarder.EAST_MAC },
      { name: 'other-network', namespace: 'dpdktest', mac: portforwarder.WEST_MAC },
    ])
    for (const name of ['FORWARD_MODE', 'EAST_PEER_MAC', 'WEST_PEER_MAC'] as const)
      expect(pod.env.get(name), name).to.equal(portforwarder[name])
  })

  it('asks for exactly the privileges of each variant', async () => {
    const contexts = await Promise.all(
      VARIANTS.map(async (variant) => {
        const { securityContext, container } = podOf(await rendered('testpmd-tap', variant))
        return [securityContext, container.securityContext]
      }),
    )
    const twoCapabilities = {
      privileged: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['IPC_LOCK', 'SYS_RESOURCE'] },
    }
    const asRoot = { runAsUser: 0, runAsGroup: 0, fsGroup: 2002, runAsNonRoot: false }
    expect(contexts).to.deep.equal([
      [{ runAsUser: 1001, runAsGroup: 2001, fsGroup: 2002, runAsNonRoot: true }, twoCapabilities],
      [asRoot, twoCapabilities],
      [asRoot, { privileged: true }],
    ])
  })

  it('replaces pods when a script changes, by the hash in the name of their ConfigMap', async () => {
    const manifests = await rendered('testpmd-tap')
    const { name } = of(manifests, 'ConfigMap').metadata
    // Each application has its own, so that removing one does not affect the other.
    expect(name).to.match(/^testpmd-scripts-tap-[a-z0-9]+$/)
    expect(podOf(manifests).volumes.find((volume) => volume.name === 'scripts')?.configMap?.name).to.equal(
      name,
    )
  })

  it('renders the prerequisites: namespace, account, SCC and network', async () => {
    const manifests = await rendered('prerequisites')
    expect(
      manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`),
    ).to.have.members([
      'Namespace -/dpdktest',
      'ServiceAccount dpdktest/dpdktest',
      'ClusterRoleBinding -/system:openshift:scc:privileged-to-dpdktest',
      'SriovNetwork openshift-sriov-network-operator/vfio-pci-0-ns-dpdktest',
    ])
    expect(unknownFields(of(manifests, 'ClusterRoleBinding'), 'V1ClusterRoleBinding')).to.deep.equal([])
    expect(of(manifests, 'SriovNetwork')['spec']).not.to.have.any.keys('spoofChk', 'trust')
  })

  it('lets the VF send from another MAC address where DPDK overrides it', async () => {
    const manifests = await rendered('prerequisites', 'default', { MAC_DPDK_OVERRIDE: '20:04:0f:f1:88:02' })
    expect(of(manifests, 'SriovNetwork')['spec']).to.include({ spoofChk: 'off', trust: 'on' })
  })

  it('renders the policy of the VFs for people to complete, with their resource', async () => {
    const manifests = await rendered('sriov-network-node-policy', 'default', {
      SRIOV_RESOURCE_NAME: 'other_vfs',
    })
    expect(of(manifests, 'SriovNetworkNodePolicy')['spec']).to.include({
      resourceName: 'other_vfs',
      needVhostNet: true,
    })
  })

  it('encodes the files of CRI-O, which are kept readable', async () => {
    const manifests = await rendered('machineconfig', 'default', {
      MACHINE_CONFIG_ROLE: 'worker',
      CRIO_MACHINE_CONFIG_NAME: '02-worker-container-runtime',
    })
    const config = of(manifests, 'MachineConfig', '02-worker-container-runtime') as unknown as {
      metadata: { labels: object }
      spec: { config: { storage: { files: { path: string; contents: { source: string } }[] } } }
    }
    expect(config.metadata.labels).to.deep.equal({ 'machineconfiguration.openshift.io/role': 'worker' })
    const { files } = config.spec.config.storage
    expect(files).to.have.length(2)
    // CRI-O's settings in them.
    expect(crioSettings([{ ...config, apiVersion: '', kind: '' } as unknown as KubeObject])).to.deep.equal({
      inheritableCapabilities: true,
      memlock: { soft: -1, hard: -1 },
    })
    for (const { path, contents } of files) {
      const name = path.replace('/etc/crio/crio.conf.d/10-', '')
      const file = readFileSync(new URL(`machineconfig/base/${name}.conf`, FIXTURES), 'utf8')
      expect(contents.source).to.match(/^data:text\/plain;charset=utf-8;base64,[A-Za-z0-9+/]+=*$/)
      expect(Buffer.from(contents.source.split(',')[1] ?? '', 'base64').toString()).to.equal(file)
    }
    expect(of(manifests, 'MachineConfig', '99-master-setsebool')['spec']).to.have.nested.property(
      'config.systemd.units[0].enabled',
      true,
    )
  })
})
