/**
 * The lab's API server with OpenShift and one node. A test decides what the containers do; admission, scheduling,
 * start and end of pods are the lab's real controllers.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../apiserver/contract.ts'
import { assembleLab } from '../../assemble-lab.ts'
import { labNodes } from '../../nodes/node-objects.ts'
import { type FakeContainer, FakeContainers } from '../../workloads/fake-containers.fixture.ts'
import type { LocalImage } from '../../workloads/local-image.ts'
import { createKubectl, type Kubectl } from '../../../support/rootless/kubectl.ts'
import { defaultParameters } from '../../../support/rootless/parameters.ts'

/** The behaviour of the testpmd containers and of the node. */
export interface Fate {
  readonly log?: string
  /** The answer of the readiness probe; default: not ready. */
  readonly isReady?: boolean
  /** The container ends at once, with exit code 1 and this output. */
  readonly finalOutput?: string
  /** Resolves when the node is back with its new MachineConfigs; default: at once. */
  readonly rebooted?: Promise<undefined>
  /** Resolves when the SR-IOV operator processes changes; default: at once. */
  readonly networksHeld?: Promise<undefined>
}

export interface OpenShift extends AsyncDisposable {
  readonly store: Store
  /** The real kubectl. */
  readonly kubectl: Kubectl
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** A kubeconfig for another user. */
  readonly kubeconfigFor: (user: string) => string
  fate: Fate
}

const IMAGE: LocalImage = {
  entrypoint: [],
  workingDir: '/',
  env: {},
  user: { uid: 0, gid: 0 },
  folders: {},
}

export async function startOpenShift(): Promise<OpenShift> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'rootless-openshift-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const world = { fate: {} as Fate }
  const { TESTPMD_IMAGE, RUNTIME_CLASS_NAME } = defaultParameters()
  const containers = new FakeContainers()
  containers.exec = () => Promise.resolve(world.fate.isReady === true ? 0 : 1)
  containers.begun = (container: FakeContainer) => {
    const { log = '', finalOutput } = world.fate
    container.plan.log.write(container, log)
    if (finalOutput !== undefined) container.end(1, finalOutput)
  }
  const lab = stack.use(
    await assembleLab({
      openShift: {
        sleep: () => world.fate.rebooted ?? Promise.resolve(),
        pace: (work) => {
          if (world.fate.networksHeld === undefined) work()
          else void world.fate.networksHeld.then(work)
        },
      },
      workloads: {
        folder,
        runtimes: () => containers,
        findImage: (image) => (image === TESTPMD_IMAGE ? IMAGE : undefined),
      },
      nodes: labNodes({
        names: ['node-1'],
        cpus: 64,
        hugepages1Gi: '32Gi',
        vfResource: 'openshift.io/vfio_pci_0',
        vfs: 8,
      }),
      objects: [
        {
          apiVersion: 'node.k8s.io/v1',
          kind: 'RuntimeClass',
          metadata: { name: RUNTIME_CLASS_NAME },
          handler: 'high-performance',
        },
      ],
      tls: true,
    }),
  )
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, lab.kubeconfig('admin'), { mode: 0o600 })
  const owned = stack.move()
  return {
    store: lab.server.store,
    kubeconfig,
    kubeconfigFor: (user) => lab.kubeconfig(user),
    kubectl: createKubectl({ ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder, 'cache') }),
    get fate() {
      return world.fate
    },
    set fate(fate) {
      world.fate = fate
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
