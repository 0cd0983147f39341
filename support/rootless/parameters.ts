/**
 * The parameters of the rootless testpmd pods. Their names and defaults are those of
 * `fixtures/rootless/parameters/parameters.env`, which kustomize reads as well; this module validates them.
 */
import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { InvalidInputError } from '../common/errors.ts'
import { IMAGE_EXPECTED, isImageReference } from '../common/image-reference.ts'
import { parseCpuList } from '../model/cpu-list.ts'
import { FIXTURES } from './names.ts'

/** The privileges that the pods request; each variant has an overlay of its name. */
export type Variant = 'default' | 'root' | 'privileged'

/** All parameters by their names in parameters.env, as validated text. */
export type RootlessParameters = Readonly<Record<ParameterName, string>>

interface Definition {
  /** Completes "must be …". */
  readonly expected: string
  readonly isValid: (value: string) => boolean
}

const matches =
  (pattern: RegExp, longest = 253) =>
  (value: string) =>
    value.length <= longest && pattern.test(value)
const wholeNumber = (from: number, to: number): Definition => ({
  expected: `a whole number from ${from} to ${to}`,
  isValid: (value) => /^\d{1,6}$/.test(value) && Number(value) >= from && Number(value) <= to,
})
const objectName: Definition = {
  expected: 'the name of a Kubernetes object (lower-case letters, digits, - and .)',
  isValid: matches(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
}
const macAddress: Definition = {
  expected: 'the MAC address of one port, such as 20:04:0f:f1:88:01',
  isValid: (value) => isUnicastMac(value),
}
/**
 * A log level for EAL: a number or a name, optionally after a glob of log types and `:`, or a regular expression and
 * `,` (eal_parse_log_level in DPDK's lib/eal/common/eal_common_options.c). Numbers above 8 mean 8.
 */
const LOG_LEVEL = /^([\w.*?-]+[:,])?([1-9]\d?|emergency|alert|critical|error|warning|notice|info|debug)$/
const optional = ({ expected, isValid }: Definition): Definition => ({
  expected: `${expected}, or empty`,
  isValid: (value) => value === '' || isValid(value),
})

/** In the order of parameters.env. */
export const DEFINITIONS = {
  TESTPMD_IMAGE: {
    expected: IMAGE_EXPECTED,
    isValid: isImageReference,
  },
  RUNTIME_CLASS_NAME: {
    ...objectName,
    expected: "the name of the PerformanceProfile's runtime class (oc get runtimeclass)",
  },
  TESTPMD_CPUS: wholeNumber(2, 1024),
  TESTPMD_MEMORY: { expected: 'an amount of memory such as 1Gi', isValid: matches(/^[1-9]\d{0,8}[MG]i$/) },
  TESTPMD_HUGEPAGES_1GI: { expected: 'whole Gi, such as 6Gi', isValid: matches(/^[1-9]\d{0,4}Gi$/) },
  SRIOV_RESOURCE_NAME: {
    expected: 'the resourceName of an SriovNetworkNodePolicy, without its prefix (letters, digits and _)',
    isValid: matches(/^[A-Za-z0-9_]+$/, 63),
  },
  SRIOV_NETWORK_NAME: objectName,
  PINNED_LCORES: { expected: 'a list of CPUs such as 2-5,34-37, or empty', isValid: isCpuList },
  FORWARDING_CORES: wholeNumber(1, 127),
  TESTPMD_MBUFS: wholeNumber(256, 999_999),
  TESTPMD_QUEUES: wholeNumber(1, 16),
  TESTPMD_LOG_LEVEL: optional({
    expected: 'a level of EAL such as 8 or debug, for all or for some log types (pmd.net.virtio*:debug)',
    isValid: matches(LOG_LEVEL),
  }),
  TESTPMD_STRACE: { expected: 'true or false', isValid: matches(/^(true|false)$/) },
  FORWARD_MODE: { expected: 'mac, io, macswap or rxonly', isValid: matches(/^(mac|io|macswap|rxonly)$/) },
  EAST_MAC: macAddress,
  WEST_MAC: macAddress,
  EAST_PEER_MAC: macAddress,
  WEST_PEER_MAC: macAddress,
  TAP_MAC: macAddress,
  MAC_DPDK_OVERRIDE: optional(macAddress),
  TAP_ADDRESS: {
    expected: 'an IPv4 address with the length of its prefix, such as 192.168.18.110/25',
    isValid: (value) => parsePrefix(value) !== undefined,
  },
  TAP_GATEWAY: { expected: 'an IPv4 address such as 192.168.18.1', isValid: isIPv4 },
  TAP_QUEUES: wholeNumber(1, 16),
  MACHINE_CONFIG_ROLE: objectName,
  CRIO_MACHINE_CONFIG_NAME: objectName,
  SELINUX_MACHINE_CONFIG_NAME: objectName,
} as const satisfies Record<string, Definition>

export type ParameterName = keyof typeof DEFINITIONS

const NAMES = Object.keys(DEFINITIONS) as ParameterName[]

/** Names of the run's parameters, which are not the pods'. */
const VARIANTS = ['ROOT', 'PRIVILEGED'] as const

/** The values of parameters.env. */
export function defaultParameters(): RootlessParameters {
  const text = readFileSync(new URL('parameters/parameters.env', FIXTURES), 'utf8')
  const given = text.split('\n').flatMap((line) => {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(given) as RootlessParameters
}

/**
 * Parameters and variant from an environment. An unset variable has its default; an empty one is empty.
 * @throws InvalidInputError with a sentence for each violation
 */
export function readRootlessParameters(env: Readonly<Record<string, string | undefined>>): {
  readonly parameters: RootlessParameters
  readonly variant: Variant
} {
  const violations: string[] = []
  const defaults = defaultParameters()
  const parameters = Object.fromEntries(
    NAMES.map((name) => [name, env[name] ?? defaults[name]]),
  ) as RootlessParameters
  for (const name of NAMES) {
    const { expected, isValid } = DEFINITIONS[name]
    if (!isValid(parameters[name]))
      violations.push(`${name} must be ${expected}, not ${JSON.stringify(parameters[name].slice(0, 100))}`)
  }
  violations.push(...contradictions(parameters))
  const [root, privileged] = VARIANTS.map((name) => {
    const value = env[name] ?? ''
    if (!['', 'true', 'false'].includes(value))
      violations.push(`${name} must be true or false, not ${JSON.stringify(value.slice(0, 100))}`)
    return value === 'true'
  })
  if (root === true && privileged === true) {
    violations.push('ROOT and PRIVILEGED cannot both be true: a privileged pod is already root')
  }
  if (violations.length > 0) throw new InvalidInputError(violations)
  return {
    parameters,
    variant: privileged === true ? 'privileged' : root === true ? 'root' : 'default',
  }
}

/** Violations between parameters. */
function contradictions(parameters: RootlessParameters): string[] {
  const found: string[] = []
  const macs = (['EAST_MAC', 'WEST_MAC', 'EAST_PEER_MAC', 'WEST_PEER_MAC'] as const).map(
    (name) => [name, parameters[name].toLowerCase()] as const,
  )
  macs.forEach(([name, mac], index) => {
    const twin = macs.slice(0, index).find(([, other]) => other === mac)
    if (twin !== undefined)
      found.push(`${twin[0]} and ${name} are both ${mac}: every port needs its own MAC address`)
  })
  if (parameters.MAC_DPDK_OVERRIDE.toLowerCase() === parameters.TAP_MAC.toLowerCase())
    found.push(`MAC_DPDK_OVERRIDE is the same as TAP_MAC: leave it empty to override nothing`)
  const { TESTPMD_CPUS: cpus, FORWARDING_CORES: cores, PINNED_LCORES: pinned } = parameters
  const lcores = pinned !== '' && isCpuList(pinned) ? parseCpuList(pinned).length : Number(cpus)
  if (Number(cores) >= lcores)
    found.push(`FORWARDING_CORES must be less than the ${lcores} CPUs: one runs testpmd's command line`)
  found.push(...addressViolations(parameters.TAP_ADDRESS, parameters.TAP_GATEWAY))
  return found
}

function addressViolations(tapAddress: string, gateway: string): string[] {
  const prefix = parsePrefix(tapAddress)
  if (prefix === undefined || !isIPv4(gateway)) return []
  const { address, length } = prefix
  if (address === gateway) return [`TAP_GATEWAY must not be the address of the tap itself (${gateway})`]
  const network = (ip: string) => Math.floor(toNumber(ip) / 2 ** (32 - length))
  return network(address) === network(gateway) ? [] : [`TAP_GATEWAY ${gateway} is not in ${tapAddress}`]
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
}

function parsePrefix(text: string): { address: string; length: number } | undefined {
  const [, address = '', length = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  if (!isIPv4(address) || Number(length) < 1 || Number(length) > 31) return undefined
  return { address, length: Number(length) }
}

function isUnicastMac(text: string): boolean {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) || /^00(:00){5}$/.test(text)) return false
  // The lowest bit of the first byte marks a multicast address.
  return (parseInt(text.slice(0, 2), 16) & 1) === 0
}

function isCpuList(text: string): boolean {
  try {
    parseCpuList(text)
    return true
  } catch {
    return false
  }
}
