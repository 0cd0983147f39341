/** Sentences of the kubelet that name a pod. */
import type { KubeObject } from '../apiserver/contract.ts'

/** `name_namespace(uid)`, as the kubelet calls a pod. */
export function podTitle({ metadata }: KubeObject): string {
  return `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`
}

/** What the kubelet says where the pod's networks could not be made. */
export function sandboxRefusal({ metadata }: KubeObject, why: string): string {
  const { name, namespace = '', uid = '' } = metadata
  return (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox ' +
    `k8s_${name}_${namespace}_${uid}_0: error adding pod ${namespace}_${name} to CNI network "multus-cni-network": ` +
    `Multus: [${namespace}/${name}/${uid}]: ${why}`
  )
}
