/** Names that the manifests in `fixtures/rootless` define. */

export const FIXTURES = new URL('../../fixtures/rootless/', import.meta.url)

export const NAMESPACE = 'dpdktest'
/** Label of everything that belongs to the pods, for selectors. */
export const PART_OF = 'app.kubernetes.io/part-of=rootless-dpdk'

export const APPLICATIONS = ['testpmd-portforwarder', 'testpmd-tap'] as const
/** Also the name of its Deployment. The packet source is not part of the manifests. */
export type Application = (typeof APPLICATIONS)[number] | 'testpmd-source'
export type Tree = 'machineconfig' | 'prerequisites' | Application
/**
 * Also the tree that users must complete and apply themselves, because each cluster chooses the ports that become VFs.
 */
export type RenderedTree = Tree | 'sriov-network-node-policy'
