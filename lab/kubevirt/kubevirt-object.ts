/** The KubeVirt object, which virt-operator maintains. */
import type { KubeObject } from '../apiserver/contract.ts'

export const KUBEVIRT_NAMESPACE = 'kubevirt'
export const KUBEVIRT_VERSION = 'v1.8.0'

/** The KubeVirt object of an installed KubeVirt; the checkup reads the version from it. */
export function kubeVirtObject(version = KUBEVIRT_VERSION): KubeObject {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace: KUBEVIRT_NAMESPACE },
    spec: { configuration: { developerConfiguration: { featureGates: ['CPUManager'] } } },
    status: kubeVirtStatus(version),
  }
}

/** virt-operator's status of a complete installation. */
export function kubeVirtStatus(version: string): object {
  return {
    phase: 'Deployed',
    observedKubeVirtVersion: version,
    operatorVersion: version,
    targetKubeVirtVersion: version,
    conditions: [
      {
        type: 'Available',
        status: 'True',
        reason: 'AllComponentsReady',
        message: 'All components are ready.',
      },
    ],
  }
}
