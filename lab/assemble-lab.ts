/** Assembles a lab: an API server, its controllers, and its initial objects. */
import type { ApiExtension, KubeObject } from './apiserver/contract.ts'
import { type ApiServer, startApiServer } from './apiserver/server.ts'
import { createObjects } from './apply.ts'
import { createKubeVirt, type KubeVirtOptions } from './kubevirt/kubevirt.ts'
import { KUBEVIRT_NAMESPACE, kubeVirtObject } from './kubevirt/kubevirt-object.ts'
import { createSriovOperator, SRIOV_NAMESPACE, sriovNodeStates } from './kubevirt/sriov-operator.ts'
import { EventRecorder } from './nodes/events.ts'
import { createKubeletConfigs, type KubeletConfigs } from './nodes/kubelet-config.ts'
import { labNodes } from './nodes/node-objects.ts'
import { Scheduler } from './nodes/scheduler.ts'
import type { NicName } from './guests/scripted/nic-models.ts'
import { createOpenShift, type OpenShiftOptions } from './openshift/openshift.ts'
import { createWorkloads, type WorkloadsOptions } from './workloads/workloads.ts'

export interface LabParts {
  /** The lab creates this namespace, and objects without a namespace go there. Default `default`. */
  readonly namespace?: string
  /** KubeVirt with its object and namespace. The caller ends the guests' runtime, after the lab. */
  readonly kubeVirt?: KubeVirtOptions
  /** Whether the SR-IOV operator reports the default nodes' VFs, and of which NIC model they are. */
  readonly sriovOperator?: boolean | NicName
  /** Jobs, Deployments and pods. The caller ends what runs their containers, after the lab. */
  readonly workloads?: WorkloadsOptions
  readonly openShift?: OpenShiftOptions
  /** Default `labNodes()`. */
  readonly nodes?: readonly KubeObject[]
  /** Further initial objects, created in this order. */
  readonly objects?: readonly object[]
  /** Further extensions to serve; the caller starts and ends them. */
  readonly extensions?: readonly ApiExtension[]
  /** kubectl and containers reach the server over TLS only. */
  readonly tls?: boolean
  /** Whether guests and pods are real; the version says so to clients. */
  readonly realGuests?: boolean
}

export interface AssembledLab extends AsyncDisposable {
  readonly server: ApiServer
  readonly kubelets: KubeletConfigs
  /** A kubeconfig with a fresh token for the user, in the lab's namespace. */
  kubeconfig(user: string): string
}

export async function assembleLab(parts: LabParts): Promise<AssembledLab> {
  const { namespace, nodes = labNodes(), objects = [] } = parts
  await using stack = new AsyncDisposableStack()
  const kubelets = createKubeletConfigs()
  const kubeVirt = parts.kubeVirt && createKubeVirt(parts.kubeVirt)
  const workloads = parts.workloads && createWorkloads(parts.workloads)
  const openShift = parts.openShift && createOpenShift(parts.openShift)
  const { sriovOperator: nic = false } = parts
  const sriovOperator = nic === false ? undefined : createSriovOperator(nic === true ? undefined : nic)
  const own = [kubelets, kubeVirt, workloads, openShift, sriovOperator]
  const server = stack.use(
    await startApiServer({
      extensions: [...own.filter((extension) => extension !== undefined), ...(parts.extensions ?? [])],
      tls: parts.tls === true,
      realGuests: parts.realGuests === true,
    }),
  )
  const { store } = server
  kubelets.start(store)
  // These end before the server does, because they write the last states of their guests and pods to it.
  if (kubeVirt !== undefined) stack.use(kubeVirt).start(store)
  if (workloads !== undefined)
    await stack.use(workloads).start({ ...server, certificate: server.certificate ?? '' })
  stack.use(new Scheduler(store, new EventRecorder(store)))
  const kubeconfig = (user: string) => server.kubeconfig(user, namespace)
  await createObjects(kubeconfig('admin'), [
    ...(namespace === undefined ? [] : [namespaceNamed(namespace)]),
    ...nodes,
    ...(kubeVirt === undefined ? [] : [namespaceNamed(KUBEVIRT_NAMESPACE), kubeVirtObject()]),
    ...(sriovOperator === undefined
      ? []
      : [namespaceNamed(SRIOV_NAMESPACE), ...sriovNodeStates(nodes.map(({ metadata }) => metadata.name))]),
  ])
  // Its MachineConfigPools count the nodes, so it starts when the nodes exist.
  if (openShift !== undefined) stack.use(openShift).start(store)
  await createObjects(kubeconfig('admin'), objects)
  const owned = stack.move()
  return { server, kubelets, kubeconfig, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function namespaceNamed(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}
