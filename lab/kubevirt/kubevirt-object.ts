/** KubeVirt's own object, as its operator keeps it. */
import type { KubeObject } from '../apiserver/contract.ts'

export const KUBEVIRT_NAMESPACE = 'kubevirt'
export const KUBEVIRT_VERSION = 'v1.8.0'

/** The KubeVirt object, from which its version is read. */
export function kubeVirtObject(version = KUBEVIRT_VERSION): KubeObject {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace: KUBEVIRT_NAMESPACE },
    spec: { configuration: { developerConfiguration: { featureGates: ['CPUManager'] } } },
    status: kubeVirtStatus(version),
  }
}

/** What KubeVirt's operator reports of an installation that is complete. */
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
