/** Why a testpmd pod is not there, with what to do about it; from the cluster's and the pod's own words. */
import { explainStartFailure } from '../dataplane/testpmd/start-failure.ts'
import { NAMESPACE } from './names.ts'

/** Behind a sentence, what to do. The first pattern that fits the words counts. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /security context constraint/i,
    'bind the privileged SCC to the service account dpdktest (fixtures/rootless/prerequisites)',
  ],
  [
    /RuntimeClass .*not found|runtimeclass/i,
    'set RUNTIME_CLASS_NAME to what `oc get runtimeclass` shows for the PerformanceProfile',
  ],
  [/serviceaccount .*not found/i, 'apply fixtures/rootless/prerequisites'],
  [/violates PodSecurity/i, 'label the namespace pod-security.kubernetes.io/enforce=privileged'],
  [/needVhostNet/i, 'set needVhostNet: true in the SriovNetworkNodePolicy of the VFs'],
  [
    /TUNSETIFF|container_use_devices/i,
    'turn on the SELinux boolean container_use_devices (npm run deploy:machineconfig) and give the tap its selinuxcontext',
  ],
  [
    /Mac addresses of PCI device .* do not match/i,
    'give VF and tap the same MAC address by the networks of the pod, which needs capabilities.mac in the SriovNetwork',
  ],
  [/there is no interface/i, 'check the NetworkAttachmentDefinition tap-one and the tap CNI plugin'],
  [
    /VF\(s\) wanted/i,
    'check that the SriovNetwork made its NetworkAttachmentDefinition, and that the network resources injector runs',
  ],
  [
    /mempolicy: Operation not permitted/i,
    'run the pod without the seccomp profile RuntimeDefault (which refuses set_mempolicy to who has no SYS_NICE), or with one that allows get_mempolicy, mbind and set_mempolicy',
  ],
  [
    /DMA remapping|Cannot allocate memory|memlock|cannot lock/i,
    'lift the memlock limit for CRI-O (npm run deploy:machineconfig)',
  ],
]

function remedyFor(words: string): string | undefined {
  return REMEDIES.find(([pattern]) => pattern.test(words))?.[1]
}

function withRemedy(sentence: string): string {
  const remedy = remedyFor(sentence)
  return remedy === undefined ? sentence : `${sentence}; remedy: ${remedy}`
}

/** The cluster did not let the Deployment make its pod. */
export function explainRefusal(message: string): string {
  return withRemedy(`the cluster refuses the pod: ${message.trim()}`)
}

/**
 * A pod that asks for no VF never gets one. The network resources injector has it ask as it is made, by the network
 * that is there by then.
 * @param warnings among the pod's events
 */
export function explainMissingVf(pod: string, warnings: readonly string[]): string | undefined {
  const [words] = /SRIOV-CNI .*VF pci addr is required/.exec(warnings.join('\n')) ?? []
  if (words === undefined) return undefined
  return (
    `pod ${pod} asks for no VF, so it never gets one (${words}); remedy: where it was made before its network, ` +
    `kubectl delete pod ${pod} -n ${NAMESPACE}, and its Deployment makes another; otherwise check that the network ` +
    'resources injector runs'
  )
}

/** Its sentence in the log, which is all there is where the termination message is made of the log. */
const ENTRY_POINT_SAYS = /^testpmd-(?:tap|portforwarder): (.+)$/m

/** The container ended, by its own sentence or by testpmd's last words. */
export function explainEnd(pod: string, message: string, exitCode: number | undefined): string {
  const { classification, evidence } = explainStartFailure(message)
  const words =
    classification === 'unknown'
      ? (ENTRY_POINT_SAYS.exec(message)?.[1] ?? lastLine(message))
      : evidence.join('; ')
  const code = exitCode === undefined ? '' : ` (exit code ${exitCode})`
  return withRemedy(`testpmd ended in pod ${pod}${code}: ${words}`)
}

function lastLine(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.slice(-3).join('; ') || 'no reason was given'
}

/** The resources of which no node had enough, out of the scheduler's message. */
export function explainUnschedulable(message: string): string[] {
  return [...message.matchAll(/Insufficient ([\w./-]*[\w])/g)].map(([, resource]) => resource ?? '')
}

/** What every node offers, by name. */
export type NodeResources = ReadonlyMap<string, Readonly<Record<string, string>>>

/**
 * A sentence where no node has any of a resource that was asked for: waiting would be pointless. It names what
 * the nodes have of the same kind.
 */
export function explainMissingResource(
  resources: readonly string[],
  nodes: NodeResources,
): string | undefined {
  // Not readable with these permissions: then nothing is known of them.
  if (nodes.size === 0) return undefined
  const missing = resources.find(
    (resource) => ![...nodes.values()].some((allocatable) => isSome(allocatable[resource])),
  )
  if (missing === undefined) return undefined
  const prefix = missing.includes('/') ? missing.slice(0, missing.indexOf('/') + 1) : 'hugepages-'
  const have = [...nodes].flatMap(([node, allocatable]) =>
    Object.entries(allocatable)
      .filter(([name, amount]) => name.startsWith(prefix) && isSome(amount))
      .map(([name, amount]) => `${name} (${amount} on ${node})`),
  )
  const instead = have.length === 0 ? `none of them has any ${prefix}…` : `they have ${have.join(', ')}`
  const remedy = missing.includes('/')
    ? 'set SRIOV_RESOURCE_NAME to a resource that the nodes have'
    : 'give the nodes hugepages of 1 GiB (PerformanceProfile)'
  return `no node has the resource ${missing}; ${instead}; remedy: ${remedy}`
}

function isSome(amount: string | undefined): boolean {
  return amount !== undefined && !/^0[A-Za-z]*$/.test(amount)
}
