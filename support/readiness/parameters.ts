/** The checkup's parameters, as users write them into the ConfigMap. Validated whole. */
import { formatDuration, parseDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'

export const TIMEOUT_KEY = 'spec.timeout'
export const PARAMETER_PREFIX = 'spec.param.'

export interface Parameters {
  /** Milliseconds. */
  readonly timeout: number
  readonly networkAttachmentDefinitionName: string
  readonly trafficGenContainerDiskImage: string
  readonly vmUnderTestContainerDiskImage: string
  /** Both target nodes or neither. */
  readonly targetNodes: { readonly trafficGen: string; readonly vmUnderTest: string } | undefined
  readonly trafficGenPacketsPerSecond: number
  readonly trafficGenEngine: 'trex' | 'pktgen'
  /** Milliseconds. */
  readonly testDuration: number
  readonly portBandwidthGbps: number
  readonly verbose: boolean
  /** Whether the VMIs of a run that does not pass are left for debugging. */
  readonly keepOnFailure: boolean
  /** Every parameter by its name without prefix, as used, for the report. */
  readonly asUsed: Readonly<Record<string, string>>
  /** Sentences about keys that nothing reads. */
  readonly warnings: readonly string[]
}

interface Definition {
  readonly default?: string
  /** What a valid value looks like; completes "must be …". */
  readonly expected: string
  readonly isValid: (value: string) => boolean
}

// A Kubernetes object name (RFC 1123 subdomain) and an image reference: neither leaves room for a shell.
const isName = (value: string) => value.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value)
const isImage = (value: string) => /^[\w][\w.:/-]*(@sha256:[0-9a-f]{64})?$/.test(value) && value.length <= 512
/** Timers know no longer time than 24.8 days; a run has no use for one. */
const LONGEST = 24 * 24 * 3_600_000
const isUsableDuration = (value: string) => {
  const duration = parseDuration(value) ?? 0
  return duration > 0 && duration <= LONGEST
}
const name = {
  expected: 'the name of a Kubernetes object (lower-case letters, digits, - and .)',
  isValid: isName,
}
const flag = {
  expected: '"true" or "false"',
  isValid: (value: string) => value === 'true' || value === 'false',
}
const image = { expected: 'an image reference', isValid: isImage }

/** In the order of the README's table. */
export const PARAMETERS = {
  networkAttachmentDefinitionName: name,
  trafficGenContainerDiskImage: {
    ...image,
    default: 'quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main',
  },
  trafficGenTargetNodeName: name,
  trafficGenPacketsPerSecond: {
    default: '8m',
    expected: 'a whole number of packets per second, optionally with k (thousand) or m (million), e.g. 8m',
    isValid: (value) => /^[1-9]\d{0,11}[km]?$/.test(value) && parseRate(value) <= 1e12,
  },
  trafficGenEngine: {
    default: 'trex',
    expected: 'trex or pktgen',
    isValid: (value) => value === 'trex' || value === 'pktgen',
  },
  vmUnderTestContainerDiskImage: { ...image, default: 'quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main' },
  vmUnderTestTargetNodeName: name,
  testDuration: {
    default: '5m',
    expected: 'a duration above zero, at most 576h, such as 30s, 5m or 1h30m',
    isValid: isUsableDuration,
  },
  portBandwidthGbps: {
    default: '10',
    expected: 'a whole number of gigabits per second above zero, e.g. 10',
    isValid: (value) => /^[1-9]\d{0,4}$/.test(value),
  },
  verbose: { ...flag, default: 'false' },
  keepOnFailure: { ...flag, default: 'false' },
} satisfies Record<string, Definition>

export type ParameterName = keyof typeof PARAMETERS

/** Packets per second of `<amount>[k|m]`, which was found valid. */
function parseRate(text: string): number {
  const unit = { k: 1000, m: 1_000_000 }[text.slice(-1)]
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit
}

/**
 * Reads the data of a checkup ConfigMap.
 * @throws InvalidInputError listing every violation
 */
export function readParameters(data: Readonly<Record<string, string>>): Parameters {
  if (Object.keys(data).length === 0) {
    throw new InvalidInputError([
      `the ConfigMap has no data; ${TIMEOUT_KEY} and ${PARAMETER_PREFIX}networkAttachmentDefinitionName are mandatory`,
    ])
  }
  const violations: string[] = []
  const warnings: string[] = []
  const asUsed: Partial<Record<ParameterName, string>> = {}

  const timeoutText = data[TIMEOUT_KEY]
  const timeout = parseDuration(timeoutText ?? '') ?? 0
  if (timeoutText === undefined) violations.push(`${TIMEOUT_KEY} is missing; it is mandatory, e.g. 10m`)
  else if (!isUsableDuration(timeoutText)) {
    const expected = 'a duration above zero, at most 576h, such as 10m or 1h5m30s'
    violations.push(mustBe(TIMEOUT_KEY, expected, timeoutText))
  }

  for (const [parameter, definition] of Object.entries<Definition>(PARAMETERS)) {
    const value = data[PARAMETER_PREFIX + parameter] ?? definition.default
    if (value === undefined) continue
    if (!definition.isValid(value))
      violations.push(mustBe(PARAMETER_PREFIX + parameter, definition.expected, value))
    asUsed[parameter as ParameterName] = value
  }
  if (asUsed.networkAttachmentDefinitionName === undefined) {
    violations.push(`${PARAMETER_PREFIX}networkAttachmentDefinitionName is missing; it is mandatory`)
  }
  const { trafficGenTargetNodeName: trafficGen, vmUnderTestTargetNodeName: vmUnderTest } = asUsed
  if ((trafficGen === undefined) !== (vmUnderTest === undefined)) {
    const missing = trafficGen === undefined ? 'trafficGenTargetNodeName' : 'vmUnderTestTargetNodeName'
    violations.push(`${PARAMETER_PREFIX}${missing} is missing: give both target nodes or neither`)
  }
  for (const key of Object.keys(data)) {
    if (key === PARAMETER_PREFIX) violations.push(`${PARAMETER_PREFIX} is followed by no parameter name`)
    else if (
      key.startsWith(PARAMETER_PREFIX) &&
      !Object.hasOwn(PARAMETERS, key.slice(PARAMETER_PREFIX.length))
    ) {
      warnings.push(`${key.slice(0, 100)} is no parameter of this checkup and was ignored`)
    }
  }
  const testDuration = parseDuration(asUsed.testDuration ?? '') ?? 0
  if (timeout > 0 && testDuration >= timeout) {
    violations.push(
      `spec.timeout (${formatDuration(timeout)}) must be longer than testDuration (${formatDuration(testDuration)})`,
    )
  }
  if (violations.length > 0) throw new InvalidInputError(violations)

  const used = asUsed as Record<ParameterName, string>
  return {
    timeout,
    networkAttachmentDefinitionName: used.networkAttachmentDefinitionName,
    trafficGenContainerDiskImage: used.trafficGenContainerDiskImage,
    vmUnderTestContainerDiskImage: used.vmUnderTestContainerDiskImage,
    targetNodes:
      trafficGen === undefined || vmUnderTest === undefined ? undefined : { trafficGen, vmUnderTest },
    trafficGenPacketsPerSecond: parseRate(used.trafficGenPacketsPerSecond),
    trafficGenEngine: used.trafficGenEngine === 'pktgen' ? 'pktgen' : 'trex',
    testDuration,
    portBandwidthGbps: Number(used.portBandwidthGbps),
    verbose: used.verbose === 'true',
    keepOnFailure: used.keepOnFailure === 'true',
    asUsed: { timeout: timeoutText ?? '', ...used },
    warnings,
  }
}

function mustBe(key: string, expected: string, value: string): string {
  return `${key} must be ${expected}, not ${JSON.stringify(value.slice(0, 100))}`
}
