/** OpenShift for the rootless pods: its kinds, operators and pod admission. */
import type { ApiExtension, Store } from '../apiserver/contract.ts'
import { namespaceObject } from '../apiserver/bootstrap.ts'
import { NAMESPACES } from '../apiserver/kinds.ts'
import { sleep, type Sleep } from '../nodes/lab-clock.ts'
import { OPENSHIFT_KINDS, SRIOV_NETWORK_NODE_POLICIES, SRIOV_NETWORKS } from './openshift-kinds.ts'
import { MachineConfigOperator } from './machine-config-operator.ts'
import { injectResources } from './network-resources-injector.ts'
import { admitNodePolicy } from './node-policies.ts'
import { admitSecurity, allocateUids, createConstraints } from './security-admission.ts'
import { admitSriovNetwork, operateSriovNetworks, type Pace } from './sriov-networks.ts'

/** The namespace of OpenShift's SR-IOV operator and its SriovNetworks. */
export const OPENSHIFT_SRIOV_NAMESPACE = 'openshift-sriov-network-operator'

export interface OpenShiftOptions {
  /** Timer of the nodes' updates to a new MachineConfig; tests replace it. */
  readonly sleep?: Sleep
  /** Delays the SR-IOV operator's work, as in real clusters. Default: no delay. */
  readonly pace?: Pace
}

export interface OpenShift extends ApiExtension, Disposable {
  /** Creates OpenShift's default objects and starts its controllers. */
  start(store: Store): void
  /** Idempotent. */
  [Symbol.dispose](): void
}

/** Creates the API server's extension; it admits pods from `start` on. */
export function createOpenShift(options: OpenShiftOptions = {}): OpenShift {
  const stack = new DisposableStack()
  let started: Store | undefined
  return {
    kinds: OPENSHIFT_KINDS,
    subresources: [],
    admitCreate(kind, object) {
      if (kind.plural === SRIOV_NETWORKS.plural) return admitSriovNetwork(kind, object)
      return kind.plural === SRIOV_NETWORK_NODE_POLICIES.plural ? admitNodePolicy(object) : object
    },
    admitUpdate(kind, object) {
      if (kind.plural === SRIOV_NETWORKS.plural) return admitSriovNetwork(kind, object)
      return kind.plural === SRIOV_NETWORK_NODE_POLICIES.plural ? admitNodePolicy(object) : object
    },
    admitPod: (pod, user) =>
      started === undefined ? pod : injectResources(started, admitSecurity(started, pod, user)),
    start(store) {
      if (started !== undefined) throw new TypeError("the lab's OpenShift runs already")
      started = store
      createConstraints(store)
      stack.defer(allocateUids(store))
      if (store.get(NAMESPACES, undefined, OPENSHIFT_SRIOV_NAMESPACE) === undefined)
        store.create(NAMESPACES, namespaceObject(OPENSHIFT_SRIOV_NAMESPACE))
      stack.defer(operateSriovNetworks(store, options.pace))
      stack.use(new MachineConfigOperator(store, options.sleep ?? sleep))
    },
    [Symbol.dispose]() {
      stack[Symbol.dispose]()
    },
  }
}
