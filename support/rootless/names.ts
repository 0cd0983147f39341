/** What the manifests in `fixtures/rootless` fix by name. */

export const FIXTURES = new URL('../../fixtures/rootless/', import.meta.url)

export const NAMESPACE = 'dpdktest'
/** Label of everything that belongs to the pods, for selectors. */
export const PART_OF = 'app.kubernetes.io/part-of=rootless-dpdk'

export const APPLICATIONS = ['testpmd-portforwarder', 'testpmd-tap'] as const
/** Also the name of its Deployment. The source of packets is the suite's own. */
export type Application = (typeof APPLICATIONS)[number] | 'testpmd-source'
export type Tree = 'machineconfig' | 'prerequisites' | Application
