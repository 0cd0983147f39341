/** Why a testpmd pod does not run, with a remedy; from messages of the cluster and the pod's log. */
import { explainStartFailure } from '../dataplane/testpmd/start-failure.ts'
import { NAMESPACE } from './names.ts'

/** Appends the remedy to a sentence. The first pattern that matches the message counts. */
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
    'enable the SELinux boolean container_use_devices (npm run deploy:machineconfig) and set the selinuxcontext of the tap',
  ],
  [
    /Mac addresses of PCI device .* do not match/i,
    'give VF and tap the same MAC address in the networks annotation of the pod, which needs capabilities.mac in the SriovNetwork',
  ],
  [/there is no interface/i, 'check the NetworkAttachmentDefinition tap-one and the tap CNI plugin'],
  [
    /there is no strace/i,
    'leave TESTPMD_STRACE=false, or name an image that has strace by TESTPMD_IMAGE (images/testpmd has it)',
  ],
  [
    /VF\(s\) wanted/i,
    'check that the NetworkAttachmentDefinition of the SriovNetwork exists, and that the network resources injector runs',
  ],
  [
    /mempolicy: Operation not permitted/i,
    'run the pod without the seccomp profile RuntimeDefault (which refuses set_mempolicy without SYS_NICE), or with a profile that allows get_mempolicy, mbind and set_mempolicy',
  ],
  [
    /DMA remapping|Cannot allocate memory|memlock|cannot lock/i,
    'raise the memlock limit of CRI-O (npm run deploy:machineconfig)',
  ],
]

function remedyFor(text: string): string | undefined {
  return REMEDIES.find(([pattern]) => pattern.test(text))?.[1]
}

function withRemedy(sentence: string): string {
  const remedy = remedyFor(sentence)
  return remedy === undefined ? sentence : `${sentence}; remedy: ${remedy}`
}

/** The cluster refused the Deployment's pod. */
export function explainRefusal(message: string): string {
  return withRemedy(`the cluster refuses the pod: ${message.trim()}`)
}

/**
 * A pod that requests no VF never gets one. The network resources injector adds the request when the pod is created, if
 * the network exists by then.
 * @param warnings among the pod's events
 */
export function explainMissingVf(pod: string, warnings: readonly string[]): string | undefined {
  const [message] = /SRIOV-CNI .*VF pci addr is required/.exec(warnings.join('\n')) ?? []
  if (message === undefined) return undefined
  return (
    `pod ${pod} requests no VF, so it never gets one (${message}); remedy: if it was created before its network, ` +
    `kubectl delete pod ${pod} -n ${NAMESPACE}, and its Deployment creates another; otherwise check that the network ` +
    'resources injector runs'
  )
}

/** The entry point's message in the log, which may be only a part of the termination message. */
const ENTRY_POINT_SAYS = /^testpmd-(?:tap|portforwarder): (.+)$/m

/** Why the container ended: the entry point's message, or the end of testpmd's output. */
export function explainEnd(pod: string, message: string, exitCode: number | undefined): string {
  const { classification, evidence } = explainStartFailure(message)
  const text =
    classification === 'unknown'
      ? (ENTRY_POINT_SAYS.exec(message)?.[1] ?? lastLine(message))
      : evidence.join('; ')
  const code = exitCode === undefined ? '' : ` (exit code ${exitCode})`
  return withRemedy(`testpmd ended in pod ${pod}${code}: ${text}`)
}

function lastLine(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.slice(-3).join('; ') || 'no reason was given'
}

/** The resources of which no node had enough, from the scheduler's message. */
export function explainUnschedulable(message: string): string[] {
  return [...message.matchAll(/Insufficient ([\w./-]*[\w])/g)].map(([, resource]) => resource ?? '')
}

/** The nodes' allocatable resources, by node. */
export type NodeResources = ReadonlyMap<string, Readonly<Record<string, string>>>

/**
 * A sentence if no node has any of a requested resource, so that waiting would be pointless. It names similar resources
 * that the nodes have.
 */
export function explainMissingResource(
  resources: readonly string[],
  nodes: NodeResources,
): string | undefined {
  // Without permission to read nodes, their resources are unknown.
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
