/** The facts that two runs of the same environment have in common, as text with a digest. */
import { canonicalJson, digestOf } from '../common/canonical-json.ts'
import type { Report } from '../model/report.ts'

export const ENVIRONMENT_FILE = 'environment.json'

interface ReportEnvironment {
  /** Canonical JSON: keys sorted, no blanks. */
  readonly json: string
  /** `sha256:…` of `json`. */
  readonly digest: string
}

/** Versions, nodes with kernels and NICs, images and kernels of the guests; no names that are random in each run. */
export function environmentOf({ suite, cluster, nodes = [], guests }: Report): ReportEnvironment {
  const { kubernetesVersion, kubevirtVersion, uid } = cluster
  const json = canonicalJson({
    suite,
    cluster: { kubernetesVersion, kubevirtVersion, uid },
    nodes: nodes.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    guests: guests.map((guest) => ({
      role: guest.role,
      nodeName: guest.nodeName,
      image: guest.image,
      imageDigest: guest.imageDigest,
      launcherImage: guest.launcherImage,
      dataPlane: guest.dataPlane,
      os: guest.os,
      kernel: guest.kernel,
      kernelCommandLine: guest.kernelCommandLine,
      nics: guest.nics.map(({ port, pciAddress, driver, device, firmware }) => ({
        port,
        pciAddress,
        driver,
        device,
        firmware,
      })),
    })),
  })
  return { json, digest: digestOf(json) }
}
