/**
 * What the laboratory tells the product about itself. The laboratory writes it, the product reads it; a cluster of
 * other people's tells nothing of the kind.
 */

/** Build metadata of the laboratory's `gitVersion`, as semver has it: `v1.32.4+dpdk-checkup-lab`. */
const LAB_BUILD = 'dpdk-checkup-lab'
/** Further identifier of the same metadata where no real guest runs. */
const SIMULATED = 'simulated'

/** The laboratory's version: `v1.32.4+dpdk-checkup-lab`, with `.simulated` behind it where guests are simulated. */
export function labVersion(version: string, isSimulated: boolean): string {
  return `${version}+${[LAB_BUILD, ...(isSimulated ? [SIMULATED] : [])].join('.')}`
}

/** Whether a `gitVersion` of `/version` is that of a laboratory whose guests are simulated. */
export function isSimulatedVersion(gitVersion: string): boolean {
  const build = gitVersion.split('+', 2)[1]?.split('.') ?? []
  return build[0] === LAB_BUILD && build.includes(SIMULATED)
}
