/** The annotations of the Network Plumbing Working Group on pods and NADs, and the lab's SR-IOV network. */
import type { KubeObject } from '../apiserver/contract.ts'
import { DEFAULT_VF_RESOURCE } from './node-objects.ts'

/** On a NAD: the extended resource that a pod on this network needs. */
export const RESOURCE_NAME_ANNOTATION = 'k8s.v1.cni.cncf.io/resourceName'
/** On a pod: the networks to which it is attached. */
export const NETWORKS_ANNOTATION = 'k8s.v1.cni.cncf.io/networks'

export interface LabNetworkOptions {
  readonly namespace: string
  readonly name: string
  readonly vfResource?: string
  /** Fields that replace fields of the default CNI configuration. */
  readonly config?: Readonly<Record<string, unknown>>
}

/** A NetworkAttachmentDefinition for SR-IOV VFs, like the SR-IOV operator's. */
export function labNetwork({
  namespace,
  name,
  vfResource = DEFAULT_VF_RESOURCE,
  config: changes = {},
}: LabNetworkOptions): KubeObject {
  const usual = { cniVersion: '1.0.0', name, type: 'sriov', vlan: 0, spoofchk: 'off', trust: 'on', ipam: {} }
  const config = { ...usual, ...changes }
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace, annotations: { [RESOURCE_NAME_ANNOTATION]: vfResource } },
    spec: { config: JSON.stringify(config) },
  }
}
