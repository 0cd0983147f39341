/** Whether KubeVirt is installed and new enough, and what injects VF requests into its pods. */
import { shorten } from '../../common/text.ts'
import type { Readable } from '../../cluster/inventory.ts'
import type { KubeVirt } from '../../cluster/inventory-schemas.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { defineCheck } from './check.ts'
import { mustBeRead } from './survey.ts'
import { ALIGN_CPUS_ANNOTATION, ALIGN_CPUS_GATE } from '../../cluster/kubevirt-labels.ts'

/** The oldest version that accepts the VMIs' manifests. */
const OLDEST: Version = { major: 1, minor: 0 }

interface Version {
  readonly major: number
  readonly minor: number
}

export const kubeVirtApi = defineCheck({
  id: 'precondition.kubevirt',
  title: 'the KubeVirt API is available',
  rationale: 'VMs need KubeVirt, and the suite needs its API to create them.',
  remediation: 'Install KubeVirt, and wait until KubeVirt is deployed.',
  reads: async (survey) => {
    const [resources, subresources, object] = await Promise.all([
      survey.resources('kubevirt.io', 'v1'),
      survey.resources('subresources.kubevirt.io', 'v1'),
      survey.kubeVirt(),
    ])
    return { resources, subresources, object }
  },
  judge: ({ resources, subresources, object }, { fact, wrong }) => {
    if ('notReadable' in resources) skipCriterion(resources.notReadable)
    if ('missing' in resources) {
      wrong('the API group kubevirt.io/v1 does not exist: is KubeVirt installed?')
      return
    }
    fact('kubevirt.io/v1 serves', shorten(resources.found.join(', '), 500))
    if (!resources.found.includes('virtualmachineinstances'))
      wrong('kubevirt.io/v1 serves no virtualmachineinstances')
    if ('missing' in subresources) {
      wrong(
        'the API group subresources.kubevirt.io/v1 does not exist, so the consoles are not available: is virt-api running?',
      )
    }
    const text = versionText(object)
    fact('KubeVirt version', text ?? `unknown (${reasonOf(object)})`)
    const version = text === undefined ? undefined : parseVersion(text)
    if (version !== undefined && isOlder(version, OLDEST))
      wrong(
        `KubeVirt ${text ?? ''} is older than v${OLDEST.major}.${OLDEST.minor}, the oldest version that this suite supports`,
      )
  },
})

/**
 * Since v1.9 (v1.8 with its feature gate) KubeVirt relies on the SR-IOV network-resources-injector to make pods request
 * the VFs of their networks. Without the injector a VMI is scheduled to nodes without VFs, and does not start.
 */
export const vfInjection = defineCheck({
  id: 'preflight.vf-injection',
  title: 'the cluster adds VF requests to launcher pods',
  rationale: 'A launcher pod gets a VF only if the pod requests the VF.',
  remediation:
    'Enable the network resources injector, or name the resource in the NetworkAttachmentDefinition.',
  reads: async (survey) => {
    const [object, webhooks] = await Promise.all([survey.kubeVirt(), survey.mutatingWebhooks()])
    return { object, webhooks }
  },
  judge: ({ object, webhooks }, { fact, wrong }) => {
    const kubeVirt = mustBeRead(object)
    const text = versionText(object) ?? 'of an unknown version'
    fact('KubeVirt version', text)
    const leavesIt = leavesVfsToInjector(kubeVirt)
    fact('VF requests are injected by', leavesIt ? 'the network-resources-injector' : 'KubeVirt itself')
    if (!leavesIt) return
    const found = mustBeRead(webhooks).filter((name) => name.includes('network-resources-injector'))
    fact('its webhook', found.join(', ') || 'none')
    if (found.length > 0) return
    wrong(
      `KubeVirt ${text} relies on the network-resources-injector to request VFs, but there is no MutatingWebhookConfiguration ` +
        'of that name: install it (enableInjector of the SR-IOV operator)',
    )
  },
})

const GATE = 'ExternalNetResourceInjection'

function leavesVfsToInjector(kubeVirt: KubeVirt): boolean {
  const { featureGates, disabledFeatureGates } = gatesOf(kubeVirt)
  if (disabledFeatureGates.includes(GATE)) return false
  if (featureGates.includes(GATE)) return true
  const version = parseVersion(kubeVirt.status?.observedKubeVirtVersion ?? '')
  return version !== undefined && !isOlder(version, { major: 1, minor: 9 })
}

/** Whether KubeVirt rounds up to an even number the CPUs of a VMI with an isolated emulator thread. */
export function alignsCpus(kubeVirt: KubeVirt): boolean {
  const annotations = kubeVirt.metadata.annotations ?? {}
  return (
    gatesOf(kubeVirt).featureGates.includes(ALIGN_CPUS_GATE) &&
    Object.hasOwn(annotations, ALIGN_CPUS_ANNOTATION)
  )
}

/** Feature gates that KubeVirt's configuration enables or disables. */
export function gatesOf({ spec }: KubeVirt): {
  featureGates: readonly string[]
  disabledFeatureGates: readonly string[]
} {
  const { featureGates, disabledFeatureGates } = spec?.configuration?.developerConfiguration ?? {}
  return { featureGates: featureGates ?? [], disabledFeatureGates: disabledFeatureGates ?? [] }
}

function versionText(object: Readable<KubeVirt>): string | undefined {
  if (!('found' in object)) return undefined
  const version = object.found.status?.observedKubeVirtVersion
  return version == null ? undefined : shorten(version, 60)
}

function reasonOf(object: Readable<KubeVirt>): string {
  if ('found' in object) return 'its object has no status.observedKubeVirtVersion'
  return 'missing' in object ? object.missing : object.notReadable
}

/** `v1.8.0`, `1.4.0-rc.1`: the first two numbers. */
function parseVersion(text: string): Version | undefined {
  const [, major, minor] = /^v?(\d{1,4})\.(\d{1,4})(?:\D|$)/.exec(text) ?? []
  return major === undefined || minor === undefined
    ? undefined
    : { major: Number(major), minor: Number(minor) }
}

function isOlder(one: Version, other: Version): boolean {
  return one.major < other.major || (one.major === other.major && one.minor < other.minor)
}
