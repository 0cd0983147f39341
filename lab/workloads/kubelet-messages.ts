/** The kubelet's messages with a pod's name. */
import type { KubeObject } from '../apiserver/contract.ts'

/** `name_namespace(uid)`: a pod in the kubelet's messages. */
export function podTitle({ metadata }: KubeObject): string {
  return `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`
}

/** The kubelet's message if a pod cannot be attached to its networks. */
export function sandboxRefusal({ metadata }: KubeObject, why: string): string {
  const { name, namespace = '', uid = '' } = metadata
  return (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox ' +
    `k8s_${name}_${namespace}_${uid}_0: error adding pod ${namespace}_${name} to CNI network "multus-cni-network": ` +
    `Multus: [${namespace}/${name}/${uid}]: ${why}`
  )
}
