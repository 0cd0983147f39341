/** How pods and networks find each other, as the Network Plumbing Working Group has it, and the lab's SR-IOV network. */
import type { KubeObject } from '../apiserver/contract.ts'
import { DEFAULT_VF_RESOURCE } from './node-objects.ts'

/** By which a NAD says which of the nodes' resources its pods need. */
export const RESOURCE_NAME_ANNOTATION = 'k8s.v1.cni.cncf.io/resourceName'
/** By which a pod names the networks it is attached to. */
export const NETWORKS_ANNOTATION = 'k8s.v1.cni.cncf.io/networks'

export interface LabNetworkOptions {
  readonly namespace: string
  readonly name: string
  readonly vfResource?: string
  /** Of its CNI configuration, instead of what it usually has. */
  readonly config?: Readonly<Record<string, unknown>>
}

/** A NetworkAttachmentDefinition of SR-IOV VFs, as the SR-IOV operator writes it. */
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
