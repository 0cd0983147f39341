/** The facts about a node in a report: those that can change the result of a run. */
import type { Node } from '../cluster/schemas/node.ts'
import type { SriovNodeState } from '../cluster/schemas/sriov-node-state.ts'
import type { NodeFacts } from '../model/report.ts'

export function nodeFacts({ metadata, status }: Node, states: readonly SriovNodeState[]): NodeFacts {
  const { name } = metadata
  const { kernelVersion, osImage, kubeletVersion, containerRuntimeVersion } = status?.nodeInfo ?? {}
  const interfaces = states.find((state) => state.metadata.name === name)?.status?.interfaces ?? []
  const nics = interfaces
    .filter(({ numVfs }) => (numVfs ?? 0) > 0)
    .map(({ pciAddress, vendor, deviceID, ...nic }) => ({
      pciAddress,
      ...known({
        name: nic.name,
        device: vendor == null || deviceID == null ? undefined : `${vendor}:${deviceID}`,
        driver: nic.driver,
        linkSpeed: nic.linkSpeed,
      }),
    }))
  return {
    name,
    ...known({
      kernel: kernelVersion,
      os: osImage,
      kubelet: kubeletVersion,
      containerRuntime: containerRuntimeVersion,
    }),
    ...(nics.length === 0 ? {} : { nics }),
  }
}

/** Leaves out unknown values. */
function known<Name extends string>(
  facts: Readonly<Record<Name, string | null | undefined>>,
): Partial<Record<Name, string>> {
  const told = Object.entries<string | null | undefined>(facts).filter(
    ([, value]) => value != null && value !== '',
  )
  return Object.fromEntries(told) as Partial<Record<Name, string>>
}
