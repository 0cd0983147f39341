/** Reads the cluster's state before anything is created. Most reads are optional: a 403 is not an error. */
import { z } from 'zod'
import { InterruptedError, SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import { unexpected } from './answer.ts'
import { type AskedPermissions, type PermissionReview, reviewPermissions } from './access-review.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'
import { type ConfigMap, configMapListSchema, configMapSchema } from './config-map.ts'
import {
  identitySchema,
  kubeletConfigSchema,
  type KubeletConfig,
  kubeVirtListSchema,
  type KubeVirt,
  labelledListSchema,
  type Labelled,
  nadSchema,
  nodeTopologySchema,
  type NodeTopology,
  type Nad,
  resourceListSchema,
  rootCertificatesSchema,
  versionSchema,
  webhookListSchema,
  whoSchema,
} from './inventory-schemas.ts'
import { type NetworkUsers, readNetworkUsers } from './network-users.ts'
import { sriovNetworkSchema, type SriovNetwork } from './schemas/sriov-network.ts'
import { sriovNodeStateListSchema, type SriovNodeState } from './schemas/sriov-node-state.ts'
import { type Node, nodeListSchema, nodeSchema } from './schemas/node.ts'
import { type Pod, podListSchema } from './schemas/pod.ts'

/** The result of a read: found, missing, or not readable for this account. */
export type Readable<T> =
  { readonly found: T } | { readonly missing: string } | { readonly notReadable: string }

/** Kinds of objects that a run creates, and so may leave behind. */
export const RUN_KINDS = {
  VirtualMachineInstance: { group: 'kubevirt.io', version: 'v1', plural: 'virtualmachineinstances' },
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps' },
} as const
export type RunKind = keyof typeof RUN_KINDS

export class Inventory {
  readonly #client: ApiClient
  #version: { readonly found: string } | undefined
  /** The last read of a kind that is read of each node, by kind. */
  readonly #ofNodes = new Map<string, Promise<Readable<unknown>>>()

  constructor(client: ApiClient) {
    this.#client = client
  }

  /**
   * Why an object could not be created, or why that is unknown; undefined if it could. Nothing is stored.
   * @throws InterruptedError
   */
  async refusal(
    namespace: string,
    kind: RunKind,
    manifest: object,
    limits: Limits,
  ): Promise<SuiteError | undefined> {
    const { group, version, plural } = RUN_KINDS[kind]
    const root = group === '' ? ['api', version] : ['apis', group, version]
    const path = `${apiPath(...root, 'namespaces', namespace, plural)}?dryRun=All`
    const doing = `asking whether a ${kind} can be created in namespace ${namespace}`
    try {
      await this.#client.send({ method: 'POST', path, body: manifest, doing }, limits)
      return undefined
    } catch (error) {
      if (!(error instanceof SuiteError) || error instanceof InterruptedError) throw error
      return error
    }
  }

  /** Once it was read, no more requests are sent. */
  async kubernetesVersion(limits: Limits): Promise<Readable<string>> {
    if (this.#version !== undefined) return this.#version
    const what = 'the Kubernetes version'
    const read = await this.#read(
      apiPath('version'),
      what,
      limits,
      (answer) => versionSchema.parse(answer).gitVersion,
    )
    if ('found' in read) this.#version = read
    return read
  }

  /** The uid that identifies the cluster: the uid of the namespace kube-system. */
  clusterUid(limits: Limits): Promise<Readable<string>> {
    return this.namespaceUid('kube-system', limits)
  }

  namespaceUid(name: string, limits: Limits): Promise<Readable<string>> {
    return this.#read(apiPath('api', 'v1', 'namespaces', name), `namespace ${name}`, limits, (answer) => {
      return identitySchema.parse(answer).metadata.uid
    })
  }

  /** The CA certificates, in PEM, by which pods of a namespace verify the API server. */
  rootCertificates(namespace: string, limits: Limits): Promise<Readable<string>> {
    const name = 'kube-root-ca.crt'
    const path = apiPath('api', 'v1', 'namespaces', namespace, 'configmaps', name)
    return this.#read(path, `ConfigMap ${namespace}/${name}`, limits, (answer) => {
      return rootCertificatesSchema.parse(answer).data['ca.crt']
    })
  }

  configMap(namespace: string, name: string, limits: Limits): Promise<Readable<ConfigMap>> {
    const path = apiPath('api', 'v1', 'namespaces', namespace, 'configmaps', name)
    return this.#read(path, `ConfigMap ${namespace}/${name}`, limits, (answer) =>
      configMapSchema.parse(answer),
    )
  }

  configMaps(namespace: string, limits: Limits): Promise<Readable<readonly ConfigMap[]>> {
    const path = apiPath('api', 'v1', 'namespaces', namespace, 'configmaps')
    return this.#read(path, `the list of ConfigMaps in namespace ${namespace}`, limits, (answer) => {
      return configMapListSchema.parse(answer).items
    })
  }

  /** ConfigMaps with a label, in all namespaces. */
  configMapsLabelled(label: string, limits: Limits): Promise<Readable<readonly ConfigMap[]>> {
    const path = `${apiPath('api', 'v1', 'configmaps')}?${new URLSearchParams({ labelSelector: label }).toString()}`
    return this.#read(path, `the ConfigMaps with label ${label}`, limits, (answer) => {
      return configMapListSchema.parse(answer).items
    })
  }

  /** The resources that an API group serves; missing if it is not installed. */
  resources(group: string, version: string, limits: Limits): Promise<Readable<readonly string[]>> {
    const what = `the API group ${group}/${version}`
    return this.#read(apiPath('apis', group, version), what, limits, (answer) =>
      resourceListSchema.parse(answer).resources.map((resource) => resource.name),
    )
  }

  /** The cluster's KubeVirt object; missing if there is none although its API is served. */
  async kubeVirt(limits: Limits): Promise<Readable<KubeVirt>> {
    const path = apiPath('apis', 'kubevirt.io', 'v1', 'kubevirts')
    const list = await this.#read(path, "KubeVirt's configuration", limits, (answer) =>
      kubeVirtListSchema.parse(answer),
    )
    if (!('found' in list)) return list
    const [first] = list.found.items
    return first === undefined ? { missing: 'there is no KubeVirt object' } : { found: first }
  }

  nad(namespace: string, name: string, limits: Limits): Promise<Readable<Nad>> {
    const plural = 'network-attachment-definitions'
    return this.#read(
      apiPath('apis', 'k8s.cni.cncf.io', 'v1', 'namespaces', namespace, plural, name),
      `NetworkAttachmentDefinition ${namespace}/${name}`,
      limits,
      (answer) => nadSchema.parse(answer),
    )
  }

  /** The users of networks, in all namespaces if the account may list them. */
  networkUsers(namespace: string, limits: Limits): Promise<Readable<NetworkUsers>> {
    return readNetworkUsers(this.#client, namespace, limits)
  }

  podUid(namespace: string, name: string, limits: Limits): Promise<Readable<string>> {
    return this.#read(
      apiPath('api', 'v1', 'namespaces', namespace, 'pods', name),
      `pod ${namespace}/${name}`,
      limits,
      (answer) => identitySchema.parse(answer).metadata.uid,
    )
  }

  /** By a list of one, because the optional role has `list` on pods, and not `get`. */
  podNamed(namespace: string, name: string, limits: Limits): Promise<Readable<Pod>> {
    const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` })
    const path = `${apiPath('api', 'v1', 'namespaces', namespace, 'pods')}?${query.toString()}`
    const what = `pod ${namespace}/${name}`
    return this.#read(path, what, limits, (answer) => podListSchema.parse(answer).items).then((read) => {
      if (!('found' in read)) return read
      const [pod] = read.found
      return pod === undefined ? { missing: `${what} does not exist` } : { found: pod }
    })
  }

  nodes(limits: Limits): Promise<Readable<readonly Node[]>> {
    return this.#read(
      apiPath('api', 'v1', 'nodes'),
      'the list of nodes',
      limits,
      (answer) => nodeListSchema.parse(answer).items,
    )
  }

  nodesLabelled(
    labels: Readonly<Record<string, string>>,
    limits: Limits,
  ): Promise<Readable<readonly Node[]>> {
    const selector = Object.entries(labels)
      .map(([label, value]) => `${label}=${value}`)
      .join()
    const path = `${apiPath('api', 'v1', 'nodes')}?${new URLSearchParams({ labelSelector: selector }).toString()}`
    return this.#read(
      path,
      `the nodes with ${selector}`,
      limits,
      (answer) => nodeListSchema.parse(answer).items,
    )
  }

  node(name: string, limits: Limits): Promise<Readable<Node>> {
    return this.#read(apiPath('api', 'v1', 'nodes', name), `node ${name}`, limits, (answer) =>
      nodeSchema.parse(answer),
    )
  }

  /** The configuration of a node's kubelet, from `configz`. Needs `get` on `nodes/proxy`, which few accounts have. */
  kubeletConfig(node: string, limits: Limits): Promise<Readable<KubeletConfig>> {
    const what = `the kubelet's configuration on ${node}`
    return this.#unlessRefused('configz', what, () =>
      this.#read(
        apiPath('api', 'v1', 'nodes', node, 'proxy', 'configz'),
        what,
        limits,
        (answer) => kubeletConfigSchema.parse(answer).kubeletconfig,
      ),
    )
  }

  /** A node's NUMA nodes; missing unless something exports them (e.g. node-feature-discovery's topology-updater). */
  nodeTopology(node: string, limits: Limits): Promise<Readable<NodeTopology>> {
    const what = `the NodeResourceTopology of ${node}`
    return this.#unlessRefused('topology', what, () =>
      this.#read(
        apiPath('apis', 'topology.node.k8s.io', 'v1alpha2', 'noderesourcetopologies', node),
        what,
        limits,
        (answer) => nodeTopologySchema.parse(answer),
      ),
    )
  }

  /** The SR-IOV operator's status of its nodes; missing if the operator is not installed. */
  sriovNodeStates(limits: Limits): Promise<Readable<readonly SriovNodeState[]>> {
    return this.#read(
      apiPath('apis', 'sriovnetwork.openshift.io', 'v1', 'sriovnetworknodestates'),
      'the list of SriovNetworkNodeStates',
      limits,
      (answer) => sriovNodeStateListSchema.parse(answer).items,
    )
  }

  /** The object from which the operator makes a NetworkAttachmentDefinition. */
  sriovNetwork(namespace: string, name: string, limits: Limits): Promise<Readable<SriovNetwork>> {
    return this.#read(
      apiPath('apis', 'sriovnetwork.openshift.io', 'v1', 'namespaces', namespace, 'sriovnetworks', name),
      `SriovNetwork ${namespace}/${name}`,
      limits,
      (answer) => sriovNetworkSchema.parse(answer),
    )
  }

  /** Names of the MutatingWebhookConfigurations. */
  mutatingWebhooks(limits: Limits): Promise<Readable<readonly string[]>> {
    return this.#read(
      apiPath('apis', 'admissionregistration.k8s.io', 'v1', 'mutatingwebhookconfigurations'),
      'the list of MutatingWebhookConfigurations',
      limits,
      (answer) => webhookListSchema.parse(answer).items.map(({ metadata }) => metadata.name),
    )
  }

  /** Objects of a kind that have a label; optionally only those with one value of it. */
  labelled(
    kind: RunKind,
    namespace: string,
    label: { readonly name: string; readonly value?: string | undefined },
    limits: Limits,
  ): Promise<Readable<readonly Labelled[]>> {
    const { group, version, plural } = RUN_KINDS[kind]
    const selector = label.value === undefined ? label.name : `${label.name}=${label.value}`
    const root = group === '' ? ['api', version] : ['apis', group, version]
    const path = apiPath(...root, 'namespaces', namespace, plural)
    return this.#read(
      `${path}?labelSelector=${encodeURIComponent(selector)}`,
      `the list of ${kind}s in namespace ${namespace}`,
      limits,
      (answer) => labelledListSchema.parse(answer).items.map(({ metadata }) => metadata),
    )
  }

  /** The account of this client, as the API server sees it; missing before Kubernetes 1.28. */
  async account(limits: Limits): Promise<Readable<string>> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const path = apiPath('apis', 'authentication.k8s.io', 'v1', 'selfsubjectreviews')
    const request = { method: 'POST', path, body } as const
    return this.#ask(request, 'who this account is', limits, (answer) => {
      return whoSchema.parse(answer).status.userInfo.username
    })
  }

  /** What this account may do, by the API server's access review. */
  async permissions(
    namespace: string,
    asked: AskedPermissions,
    limits: Limits,
  ): Promise<Readable<PermissionReview>> {
    try {
      return { found: await reviewPermissions(this.#client, namespace, asked, limits) }
    } catch (error) {
      if (isApiError(error, 403, 404))
        return { notReadable: 'SelfSubjectAccessReview is not available to this account' }
      throw error
    }
  }

  /** If the account may not read a kind for one node, it may not read it for other nodes: it is requested only once. */
  async #unlessRefused<T>(
    kind: string,
    what: string,
    read: () => Promise<Readable<T>>,
  ): Promise<Readable<T>> {
    const before = this.#ofNodes.get(kind)
    const reading = (async () => {
      const last = await before?.catch(() => undefined)
      return last !== undefined && 'notReadable' in last
        ? { notReadable: `no permission to read ${what}` }
        : read()
    })()
    this.#ofNodes.set(kind, reading)
    return reading
  }

  #read<T>(path: string, what: string, limits: Limits, parse: (answer: unknown) => T): Promise<Readable<T>> {
    return this.#ask({ method: 'GET', path }, what, limits, parse)
  }

  async #ask<T>(
    request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: object },
    what: string,
    limits: Limits,
    parse: (answer: unknown) => T,
  ): Promise<Readable<T>> {
    try {
      return { found: parse(await this.#client.send({ ...request, doing: `reading ${what}` }, limits)) }
    } catch (error) {
      if (isApiError(error, 404)) return { missing: `${what} does not exist` }
      if (isApiError(error, 403)) return { notReadable: `no permission to read ${what}` }
      throw error instanceof z.ZodError ? unexpected(error, what) : error
    }
  }
}
