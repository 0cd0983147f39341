/**
 * SriovNetworkNodePolicies: the lab only validates them like the operator's webhook. It creates no VFs, because the
 * lab's nodes have a fixed number of them.
 */
import { type KubeObject, StatusError } from '../apiserver/contract.ts'

const RESOURCE_NAME = '^[a-zA-Z0-9_]+$'

/** @throws StatusError 400 with the webhook's message */
export function admitNodePolicy(policy: KubeObject): KubeObject {
  const {
    resourceName = '',
    numVfs,
    deviceType = 'netdevice',
  } = (policy['spec'] ?? {}) as {
    readonly resourceName?: string
    readonly numVfs?: number
    readonly deviceType?: string
  }
  const refuse = (why: string) =>
    new StatusError(
      400,
      '',
      `admission webhook "operator-webhook.sriovnetwork.openshift.io" denied the request: ${why}`,
    )
  if (!new RegExp(RESOURCE_NAME).test(resourceName))
    throw refuse(
      `resource name "${resourceName}" contains invalid characters, the accepted syntax of the regular ` +
        `expressions is: "${RESOURCE_NAME}"`,
    )
  if (numVfs === undefined || !Number.isInteger(numVfs) || numVfs < 0)
    throw refuse(`numVfs(${String(numVfs)}) in CR ${policy.metadata.name} is not allowed`)
  if (deviceType !== 'netdevice' && deviceType !== 'vfio-pci')
    throw refuse(`deviceType '${deviceType}' is not supported`)
  return policy
}
