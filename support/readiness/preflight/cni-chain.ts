/**
 * What the CNI refuses in a network's configuration, whichever plugins it has: values of another type, which Go does not
 * read (containernetworking/cni, pkg/types and libcni), and plugins that cannot stand beside sriov.
 */
import { z } from 'zod'
import { type CniConfig, cniOption, cniOptionsSchema, cniText } from '../../cluster/cni-config.ts'
import type { FindingRecorder } from './check.ts'

/** NetConf's fields that all plugins share, with what they must be. */
const SHARED: readonly (readonly [name: string, fits: z.ZodType, expected: string])[] = [
  ['cniVersion', z.string(), 'text, e.g. "1.0.0"'],
  ['name', z.string(), 'text'],
  ['ipam', cniOptionsSchema, 'an object'],
  ['dns', cniOptionsSchema, 'an object'],
  ['capabilities', z.record(z.string(), z.boolean()), 'an object of true and false'],
]
/** Plugins compare versions as text: `1.0` is none (pkg/version/reconcile.go). */
const VERSION = /^\d+\.\d+\.\d+$/

export function judgeChain({ plugins, whole }: CniConfig, { wrong }: FindingRecorder): void {
  for (const options of new Set([whole, ...plugins])) {
    for (const [name, fits, expected] of SHARED) {
      const value = cniOption(options, name)
      if (value !== undefined && !fits.safeParse(value).success)
        wrong(
          `the network's ${name} must be ${expected}, not ${cniText(value)}: the CNI refuses this for every pod`,
        )
    }
  }
  const version = cniOption(whole, 'cniVersion')
  if (typeof version === 'string' && version !== '' && !VERSION.test(version))
    wrong(`the network's cniVersion is ${cniText(version)}, which no plugin supports: write it as in "1.0.0"`)
  // cmd/rdma/main.go of rdma-cni: "failed to get RDMA devices for PCI device".
  if (plugins.length > 1 && plugins.some(({ type }) => type === 'rdma'))
    wrong(
      "the network's chain has the plugin rdma, which fails every pod whose VF vfio-pci holds, because such a VF is no " +
        'RDMA device: leave it out (metaPlugins of the SriovNetwork)',
    )
}
