/** The checkup's parameters as options: the frequent ones have short names, `--set` takes all others. */
import { formatDuration, parseDuration } from '../common/duration.ts'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { readLimited } from '../common/read-limited.ts'
import { mostSimilar } from '../common/similar.ts'
import { PROFILE_NAMES } from '../model/certification.ts'
import { ENGINES } from '../dataplane/engines/engines.ts'
import { PAIR_CHOICES, PARALLEL_CHOICES } from '../model/node-matrix.ts'
import { PARAMETER_PREFIX, type Parameters, PARAMETERS, TIMEOUT_KEY } from '../readiness/parameters.ts'
import { readParameters } from '../readiness/read-parameters.ts'
import { capacityBudget } from '../readiness/capacity-request.ts'
import { latencyBudget } from '../readiness/latency-request.ts'
import type { OptionRecords, OptionValues } from './option.ts'

/** Default time of a run beyond its traffic, in milliseconds: boot, preparation, and reserve for a busy node. */
const TIME_BESIDE_TRAFFIC = 10 * 60_000

export const PARAMETER_OPTIONS = {
  network: { type: 'text', value: 'NAME', doc: 'NetworkAttachmentDefinition of the SR-IOV ports' },
  rate: { type: 'text', value: 'RATE', doc: 'packets per second, e.g. 8m or 500k' },
  duration: { type: 'text', value: 'DURATION', doc: 'how long packets are sent, e.g. 5m' },
  engine: {
    type: 'text',
    value: 'ENGINE',
    choices: ENGINES.map(({ name }) => name),
    doc: 'the program that sends the packets',
  },
  nodes: {
    type: 'text',
    value: 'NODES',
    doc: 'one or two names: the node of the VM under test, and the node of the traffic generator. More names, labels (key=value), all, or any names with --pairs ring or all: the nodes between which to measure',
  },
  pairs: {
    type: 'text',
    value: 'WHICH',
    choices: PAIR_CHOICES,
    doc: 'which pairs of --nodes to measure: one: each node is in one pair; ring: each node sends to the next; all: every node sends to every other',
  },
  parallel: {
    type: 'text',
    value: 'HOW',
    choices: PARALLEL_CHOICES,
    doc: 'which pairs send at the same time: disjoint: pairs without a common node; shift: each node sends to one node and receives from another; serial: one pair',
  },
  'same-node': { type: 'flag', doc: 'also measure from each of --nodes to itself' },
  timeout: {
    type: 'text',
    value: 'DURATION',
    doc: `longest duration of the run (default: duration of the traffic plus ${formatDuration(TIME_BESIDE_TRAFFIC)})`,
  },
  profile: {
    type: 'text',
    value: 'PROFILE',
    choices: PROFILE_NAMES,
    doc: 'the parameters of a certification; if you set one of them to another value, the run gives no certificate',
  },
  waivers: {
    type: 'text',
    value: 'FILE',
    doc: 'known failures that someone takes responsibility for, as YAML',
  },
  'accept-waivers': { type: 'flag', doc: 'count a pass with waivers as a success' },
  set: { type: 'list', value: 'KEY=VALUE', doc: 'set any parameter by its name; repeatable' },
} as const satisfies OptionRecords

type Values = OptionValues<typeof PARAMETER_OPTIONS>

const NAMES: readonly string[] = ['timeout', ...Object.keys(PARAMETERS)]

/** A ConfigMap may hold unknown keys, with a warning, because older checkups' ConfigMaps do. On the command line an unknown key is a typo, and a run that ignores it wastes minutes.
 */
function unknownParameter(name: string): string {
  const similar = mostSimilar(name, NAMES)
  return `there is no parameter ${name}; ${
    similar === undefined ? 'dpdk-checkup list parameters prints all' : `did you mean ${similar}?`
  }`
}

/**
 * The keys of a ConfigMap for the given options.
 * @param args further `KEY=VALUE` pairs, which override the pairs of `--set`
 * @throws InvalidInputError naming every word that is not a parameter
 */
export function parameterData(options: Values, args: readonly string[] = []): Record<string, string> {
  const { network, rate, duration, engine, profile, waivers, set } = options
  const violations: string[] = []
  const named = {
    networkAttachmentDefinitionName: network,
    trafficGenPacketsPerSecond: rate,
    testDuration: duration,
    trafficGenEngine: engine,
    ...nodeData(options),
    profile,
    waivers: waivers === undefined ? undefined : waiversIn(waivers),
    acceptWaivers: options['accept-waivers'] ? 'true' : undefined,
  } satisfies Partial<Record<keyof typeof PARAMETERS, string | undefined>>
  const data: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...named, timeout: options.timeout }))
    if (value !== undefined) data[keyOf(name)] = value
  for (const argument of [...set, ...args]) {
    const [, name, value] = /^(?:spec\.(?:param\.)?)?(\w+)=(.*)$/s.exec(argument) ?? []
    if (name === undefined || value === undefined)
      violations.push(`${argument} is not a parameter=value pair`)
    else if (!NAMES.includes(name)) violations.push(unknownParameter(name))
    else data[keyOf(name)] = value
  }
  if (violations.length > 0) throw new InvalidInputError(violations)
  return data
}

/** A ConfigMap, which carries them, holds 1 MiB. */
const MOST_BYTES_OF_WAIVERS = 2 ** 20

/** @throws InvalidInputError if the file cannot be read or is empty */
function waiversIn(file: string): string {
  try {
    const text = readLimited(file, MOST_BYTES_OF_WAIVERS).toString('utf8')
    if (text.trim() !== '') return text
  } catch (error) {
    throw new InvalidInputError([`--waivers ${file} cannot be read: ${describeError(error)}`])
  }
  throw new InvalidInputError([`--waivers ${file} is empty`])
}

/** One or two names without anything else are the nodes of one pair; all else asks for a matrix. */
function nodeData({
  nodes,
  pairs,
  parallel,
  'same-node': sameNode,
}: Pick<Values, 'nodes' | 'pairs' | 'parallel' | 'same-node'>): Record<string, string | undefined> {
  const names = nodes?.split(',') ?? []
  const isPair =
    names.length <= 2 &&
    nodes !== 'all' &&
    nodes?.includes('=') !== true &&
    (pairs ?? 'one') === 'one' &&
    parallel === undefined &&
    !sameNode
  if (!isPair) return { nodes, pairs, parallel, sameNode: sameNode ? 'true' : undefined }
  const [vmUnderTest, trafficGen = vmUnderTest] = names
  return {
    vmUnderTestTargetNodeName: vmUnderTest,
    trafficGenTargetNodeName: trafficGen,
    // Without nodes it is refused, which says why.
    pairs: nodes === undefined ? pairs : undefined,
  }
}

/**
 * The keys of a ConfigMap for parameters by their names.
 * @throws InvalidInputError naming every name that is not one of a parameter
 */
export function dataOf(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const unknown = Object.keys(parameters).filter((name) => !NAMES.includes(name))
  if (unknown.length > 0) throw new InvalidInputError(unknown.map(unknownParameter))
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [keyOf(name), value]))
}

function keyOf(name: string): string {
  return name === 'timeout' ? TIMEOUT_KEY : PARAMETER_PREFIX + name
}

const NETWORK_KEY = `${PARAMETER_PREFIX}networkAttachmentDefinitionName`

/**
 * Refuses every value that a run would refuse, before anything is created.
 * @throws InvalidInputError naming everything wrong; a missing parameter by its option
 */
export function validParameters(data: Readonly<Record<string, string>>): Parameters {
  if (data[NETWORK_KEY] === undefined)
    throw new InvalidInputError(['--network is missing: the NetworkAttachmentDefinition of the SR-IOV ports'])
  return readParameters(data)
}

/** Adds a default `spec.timeout` if none was given. */
export function withTimeout(data: Readonly<Record<string, string>>): Record<string, string> {
  if (data[TIMEOUT_KEY] !== undefined) return { ...data }
  const traffic = trafficOf(data)
  return { [TIMEOUT_KEY]: formatDuration(traffic + TIME_BESIDE_TRAFFIC), ...data }
}

/** Milliseconds of all traffic; of the test alone if other parameters are invalid, which is reported later. */
function trafficOf(data: Readonly<Record<string, string>>): number {
  try {
    const parameters = readParameters({ ...data, [TIMEOUT_KEY]: LONGEST_TIMEOUT })
    const { testDuration, soak = 0 } = parameters
    return testDuration + capacityBudget(parameters) + latencyBudget(parameters) + soak
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return parseDuration(data[`${PARAMETER_PREFIX}testDuration`] ?? PARAMETERS.testDuration.default) ?? 0
  }
}

const LONGEST_TIMEOUT = '576h'
