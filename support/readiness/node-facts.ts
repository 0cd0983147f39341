/** The facts about a node in a report: those that can change the result of a run. */
import type { Node } from '../cluster/schemas/node.ts'
import type { SriovNodeState } from '../cluster/schemas/sriov-node-state.ts'
import type { NodeFacts } from '../model/machines.ts'

/** Labels of node feature discovery that contain the CPU's model. */
const CPU_LABELS = ['vendor_id', 'family', 'id'].map((name) => `feature.node.kubernetes.io/cpu-model.${name}`)
/** KubeVirt's node-labeller sets a label with this prefix; the rest of it is the CPU model that `host-model` uses. */
const HOST_MODEL_LABEL = 'host-model-cpu.node.kubevirt.io/'

/** Model of a node's CPUs, e.g. `GenuineIntel 6 106`, or `Icelake-Server` from KubeVirt's labels; undefined without a label. */
export function cpuOf({ metadata: { labels } }: Node): string | undefined {
  const discovered = CPU_LABELS.flatMap((label) => labels?.[label] ?? []).join(' ')
  if (discovered !== '') return discovered
  const [model] = Object.keys(labels ?? {}).filter((label) => label.startsWith(HOST_MODEL_LABEL))
  return model?.slice(HOST_MODEL_LABEL.length)
}

export function nodeFacts(node: Node, states: readonly SriovNodeState[]): NodeFacts {
  const { metadata, status } = node
  const { name } = metadata
  const { kernelVersion, osImage, kubeletVersion, containerRuntimeVersion, architecture } =
    status?.nodeInfo ?? {}
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
      architecture,
      cpu: cpuOf(node),
    }),
    ...(nics.length === 0 ? {} : { nics }),
  }
}

/** Leaves out unknown values. */
function known<Name extends string>(
  facts: Readonly<Record<Name, string | null | undefined>>,
): Partial<Record<Name, string>> {
  const entries = Object.entries<string | null | undefined>(facts).filter(
    ([, value]) => value != null && value !== '',
  )
  return Object.fromEntries(entries) as Partial<Record<Name, string>>
}
