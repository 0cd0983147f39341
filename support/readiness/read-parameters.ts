/** Reads the checkup's parameters from its ConfigMap. All violations are reported at once. */
import { formatDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'
import { mostSimilar } from '../common/similar.ts'
import type { Engine } from '../dataplane/engines/engine.ts'
import { ENGINES } from '../dataplane/engines/engines.ts'
import { mostQueues } from '../model/vmi-shape.ts'
import { filledIn, profileText, waiversIn, waiversText } from './certification-parameters.ts'
import { FORMER_PARAMETERS } from './former-parameters.ts'
import { latencyViolations } from './latency-request.ts'
import { contradictionsOfNodes } from './node-parameters.ts'
import { duration, oneOf } from './parameter-values.ts'
import { givenIn, mustBe, PARAMETER_PREFIX, readValues } from './parameter.ts'
import { type Parameters, PARAMETERS, TARGET_NODES, TIMEOUT, TIMEOUT_KEY } from './parameters.ts'

/**
 * Reads the data of a checkup ConfigMap.
 * @throws InvalidInputError listing every violation
 */
export function readParameters(
  written: Readonly<Record<string, string>>,
  { engines = ENGINES, now = new Date() }: { readonly engines?: readonly Engine[]; readonly now?: Date } = {},
): Parameters {
  if (Object.keys(written).length === 0) {
    throw new InvalidInputError([
      `the ConfigMap has no data; ${TIMEOUT_KEY} and ${PARAMETER_PREFIX}networkAttachmentDefinitionName are mandatory`,
    ])
  }
  const { data, profile } = filledIn(written, PARAMETERS, PARAMETER_PREFIX)
  const violations: string[] = []
  const timeoutText = givenIn(data, TIMEOUT_KEY)
  const timeout = TIMEOUT.parse(timeoutText ?? '') ?? 0
  if (timeoutText === undefined) violations.push(`${TIMEOUT_KEY} is missing, but mandatory, e.g. 10m`)
  else if (timeout === 0) violations.push(mustBe(TIMEOUT_KEY, TIMEOUT.expected, timeoutText))

  const records = { ...PARAMETERS, trafficGenEngine: oneOf(engines) }
  const { values, texts, violations: ofValues } = readValues(records, data, PARAMETER_PREFIX)
  const { trafficGenTargetNodeName: trafficGen, vmUnderTestTargetNodeName: vmUnderTest, ...given } = values
  violations.push(...ofValues)

  const [missing, ...absent] = TARGET_NODES.filter((parameter) => texts[parameter] === undefined)
  if (missing !== undefined && absent.length === 0)
    violations.push(`${PARAMETER_PREFIX}${missing} is missing: set both target nodes or neither`)
  // If one of them is not a valid number, that violation was reported already.
  const { vmiCpus, vmiQueues } = given as Partial<typeof given>
  if (vmiCpus !== undefined && vmiQueues !== undefined && vmiQueues > mostQueues(vmiCpus)) {
    violations.push(
      `${PARAMETER_PREFIX}vmiQueues must be at most ${mostQueues(vmiCpus)}, not ${vmiQueues}: vmiCpus ${vmiCpus} gives so many polling CPUs`,
    )
  }
  if (PARAMETER_PREFIX in data)
    violations.push(`a key is only the prefix ${PARAMETER_PREFIX}, without the name of a parameter`)
  const testDuration = duration.parse(texts['testDuration'] ?? '') ?? 0
  if (timeout > 0 && testDuration >= timeout) {
    violations.push(
      `spec.timeout (${formatDuration(timeout)}) must be longer than testDuration (${formatDuration(testDuration)})`,
    )
  }
  if (given.maxLossRatio !== undefined && given.minPacketsPerSecond === undefined)
    violations.push('spec.param.maxLossRatio has no effect without spec.param.minPacketsPerSecond')
  if (given.repeat > 1 && given.capacity === 'off')
    violations.push('spec.param.repeat has no effect without spec.param.capacity')
  violations.push(...latencyViolations(given))
  const { frameSize, flows } = given as Partial<typeof given>
  if (frameSize !== undefined && flows !== undefined && flows < frameSize.length) {
    violations.push(
      `${PARAMETER_PREFIX}flows must be at least ${frameSize.length}, not ${flows}: each of the ${frameSize.length} sizes of imix has flows of its own`,
    )
  }
  const { waivers, violations: ofWaivers } = waiversIn(texts['waivers'], given.acceptWaivers, now)
  violations.push(...ofWaivers)
  if (violations.length > 0 && profile !== undefined) violations.push(profileText(profile.name))
  violations.push(...contradictionsOfNodes(texts, given.keepOnFailure))
  const unknown = unknownKeys(data)
  // A missing key is often present under a misspelt name.
  if (violations.length > 0) throw new InvalidInputError([...violations, ...unknown])
  return {
    ...given,
    timeout,
    targetNodes:
      vmUnderTest === undefined || trafficGen === undefined
        ? undefined
        : { 'vm-under-test': vmUnderTest, 'traffic-generator': trafficGen },
    profile,
    waivers,
    asUsed: {
      timeout: timeoutText ?? '',
      ...texts,
      ...(given.waivers === undefined ? {} : { waivers: waiversText(given.waivers, waivers) }),
    },
    warnings: unknown,
  }
}

const KEYS = [TIMEOUT_KEY, ...Object.keys(PARAMETERS).map((parameter) => PARAMETER_PREFIX + parameter)]
const NAMES_OF_KEYS = new Map(KEYS.map((key) => [lastPart(key), key]))

/** A sentence about each unknown key. */
function unknownKeys(data: Readonly<Record<string, string>>): string[] {
  return Object.keys(data).flatMap((key) => {
    if (KEYS.includes(key) || key === PARAMETER_PREFIX || key.startsWith('status.')) return []
    if (key.startsWith(PARAMETER_PREFIX) && Object.hasOwn(FORMER_PARAMETERS, lastPart(key))) {
      const now = FORMER_PARAMETERS[lastPart(key)]
      const instead = now === undefined ? 'is not needed any more' : `is now ${PARAMETER_PREFIX}${now}`
      return [`parameter ${key} of an earlier version ignored: this parameter ${instead}`]
    }
    const similar = mostSimilar(lastPart(key), [...NAMES_OF_KEYS.keys()])
    const meant = similar === undefined ? undefined : NAMES_OF_KEYS.get(similar)
    const name = key.slice(0, 100)
    if (meant !== undefined && !(meant in data))
      return [`unknown parameter ${name} ignored; did you mean ${meant}?`]
    // Keys without the prefix are not the checkup's and may hold anything.
    return key.startsWith(PARAMETER_PREFIX) ? [`unknown parameter ${name} ignored`] : []
  })
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1)
}
