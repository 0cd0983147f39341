import { expect } from 'chai'
import type { KubeObject, Store } from '../../apiserver/contract.ts'
import { CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS } from '../../apiserver/kinds.ts'
import { RunAhead } from '../run-ahead.fixture.ts'
import { judge, type Judged, type Scenario } from './judged-cluster.fixture.ts'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'

const AT_ONCE = 2
const specs = 'specs/rootless/privileges.spec.ts'

/** In objects of other users in the same namespace. It must not get into the bundle. */
const FOREIGN = 'not for anybody else'
/** In an environment variable that a webhook adds to the pod. */
const INJECTED = 'hunter2-of-a-sidecar'

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  passing: { specs, fate: { isReady: true, log: 'testpmd is ready\n' } },
  'a pod that ends': {
    specs,
    prepare: withOthers,
    fate: { log: 'EAL: Detected CPU lcores: 64\n', finalOutput: 'EAL: no port of mine\n' },
  },
  'an image that cannot be pulled': { specs, env: { TESTPMD_IMAGE: 'example.org/none:1' } },
  'an interruption': {
    specs,
    endAt: 'testpmd does not forward yet',
    fate: { log: 'EAL: Detected CPU lcores: 64\n' },
  },
}

function withOthers(store: Store): void {
  const metadata = { name: 'testpmd-of-others', namespace: 'dpdktest' }
  store.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dpdktest' } })
  store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: FOREIGN } })
  const template = {
    metadata: { labels: { app: 'others' } },
    spec: { containers: [{ name: 'a', image: 'a', env: [{ name: 'TEXT', value: FOREIGN }] }] },
  }
  const spec = {
    replicas: 0,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: { app: 'others' } },
    template,
  }
  store.create(DEPLOYMENTS, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec })
  store.onChange(PODS, ({ type, object }) => {
    if (type === 'ADDED') store.update(PODS, injected(object))
  })
}

function injected(pod: KubeObject): KubeObject {
  const spec = pod['spec'] as { containers: { env?: object[] }[] }
  const env = [{ name: 'SIDECAR_TOKEN', value: INJECTED }]
  const containers = spec.containers.map((one) => ({ ...one, env: [...(one.env ?? []), ...env] }))
  return { ...pod, spec: { ...spec, containers } }
}

describeWithKubectl('the bundle of a rootless run', () => {
  const runs = new RunAhead<string, Judged>(AT_ONCE, (name) => judge(SCENARIOS[name] ?? {}))

  /** The one file whose path matches. */
  function fileOf({ bundle, output }: Judged, path: RegExp): string {
    const found = [...bundle].filter(([name]) => path.test(name))
    expect(
      found.map(([name]) => name),
      [...bundle.keys(), output].join('\n'),
    ).to.have.length(1)
    return found[0]?.[1] ?? ''
  }

  runs.it('passing', "has a passing pod's log, its object, what was applied, and events", (judged) => {
    expect(judged.report.verdict).to.equal('passed')
    expect(fileOf(judged, /^pods\/testpmd-tap-.*\.log$/)).to.equal('testpmd is ready\n')
    expect(fileOf(judged, /^objects\/Pod-testpmd-tap-/)).to.match(/phase: Running/)
    expect(fileOf(judged, /^objects\/SriovNetwork-vfio-pci-0-ns-dpdktest/)).to.include(
      'resourceName: vfio_pci_0',
    )
    expect(fileOf(judged, /^objects\/NetworkAttachmentDefinition-vfio-pci-0-ns-dpdktest/)).to.include('sriov')
    expect(fileOf(judged, /^manifests\/testpmd-tap\.yaml$/)).to.include('kind: Deployment')
    expect(fileOf(judged, /^manifests\/prerequisites\.yaml$/)).to.include('kind: SriovNetwork')
    expect(fileOf(judged, /^events\.txt$/)).to.match(/Normal Scheduled pod\/testpmd-tap-/)
  })

  runs.it('a pod that ends', 'has what a pod said that failed, and nothing of others', (judged) => {
    expect(judged.report.verdict).to.equal('failed')
    // The kubelet may have restarted the container meanwhile, so there can be two logs.
    const logs = [...judged.bundle].filter(([name]) => /^pods\/testpmd-tap-.*log$/.test(name))
    expect(logs.map(([, text]) => text).join('')).to.match(
      /EAL: Detected CPU lcores: 64\n[^]*EAL: no port of mine/,
    )
    const pod = fileOf(judged, /^objects\/Pod-testpmd-tap-/)
    expect(pod)
      .to.match(/exitCode: 1/)
      .and.to.match(/name: SIDECAR_TOKEN\n\s+value: "\[redacted\]"/)
    const all = [...judged.bundle].map(([name, text]) => `${name}\n${text}`).join('\n')
    expect(all).not.to.include(FOREIGN).and.not.to.include(INJECTED)
  })

  runs.it('an image that cannot be pulled', 'has the events, and why there is no log', (judged) => {
    expect(fileOf(judged, /^pods\/testpmd-tap-.*\.log$/)).to.match(
      /^there is no log: .*trying and failing to pull image/,
    )
    expect(fileOf(judged, /^events\.txt$/)).to.match(
      /Warning Failed pod\/testpmd-tap-\S+.*example\.org\/none:1/,
    )
  })

  runs.it('an interruption', 'has what a pod said until it was told to end', (judged) => {
    expect(judged.report.failureReasons.join()).to.include('interrupted by SIGTERM')
    expect(fileOf(judged, /^pods\/testpmd-tap-.*\.log$/)).to.include('EAL: Detected CPU lcores: 64')
    expect(judged.left).to.deep.equal([])
  })
})
