/**
 * The options of a network's sriov plugin as sriov-cni reads them (pkg/types/types.go, LoadConf of
 * pkg/config/config.go, ApplyVFConfig of pkg/sriov/sriov.go). A value that it refuses is a violation, because every pod
 * of the network would fail; a value that it reads differently from what its author may mean is a warning.
 */
import { framesText, meanBytes } from '../../model/frame.ts'
import { grouped } from '../../common/text.ts'
import { cniOption, type CniOptions, cniText } from '../../cluster/cni-config.ts'
import type { Parameters } from '../parameters.ts'
import type { FindingRecorder } from './check.ts'

const NUMBERS = ['vlan', 'vlanQoS', 'min_tx_rate', 'max_tx_rate'] as const
const TEXTS = ['vlanProto', 'spoofchk', 'trust', 'link_state'] as const
type Option = (typeof NUMBERS)[number] | (typeof TEXTS)[number]

interface SriovOptions {
  /** Undefined if not set. */
  readonly numbers: Readonly<Partial<Record<Option, number>>>
  /** An empty text counts as not set, except for vlanProto. */
  readonly texts: Readonly<Partial<Record<Option, string>>>
}

/** The requested traffic that the network must carry. */
export type AskedOfTheNetwork = Pick<Parameters, 'trafficGenPacketsPerSecond' | 'frameSize'>

/** @returns its VLAN, if it has a valid one */
export function judgeSriov(
  plugin: CniOptions,
  asked: AskedOfTheNetwork,
  record: FindingRecorder,
): { readonly vlan: number | undefined } {
  const { numbers, texts } = readOptions(plugin, record)
  judgeVlan(numbers, texts, record)
  judgeRates(numbers, asked, record)
  judgeLink(texts, record)
  judgeMtu(plugin, record)
  return { vlan: numbers.vlan }
}

/** Only sriov-cni 2.8 and newer read it. */
function judgeMtu(plugin: CniOptions, { warning }: FindingRecorder): void {
  const mtu = cniOption(plugin, 'mtu')
  if (mtu !== undefined && !Number.isInteger(mtu))
    warning(
      `the network's mtu is ${cniText(mtu)} and not a whole number: sriov-cni 2.8 and newer refuse this for every pod`,
    )
}

function readOptions(plugin: CniOptions, { fact, wrong }: FindingRecorder): SriovOptions {
  const numbers: Partial<Record<Option, number>> = {}
  const texts: Partial<Record<Option, string>> = {}
  for (const option of [...NUMBERS, ...TEXTS]) {
    const found = cniOption(plugin, option)
    // Options that are rarely set are listed only if they are.
    if (found !== undefined || !RARE.includes(option))
      fact(option, found === undefined ? 'not set' : cniText(found))
  }
  for (const option of NUMBERS) {
    const found = cniOption(plugin, option)
    if (typeof found === 'number' && Number.isInteger(found)) numbers[option] = found
    else if (found !== undefined)
      wrong(`the network's ${option} must be ${EXPECTED[option]}, not ${cniText(found)}`)
  }
  for (const option of TEXTS) {
    const found = cniOption(plugin, option)
    if (typeof found === 'string') texts[option] = found
    else if (found !== undefined)
      wrong(`the network's ${option} must be ${EXPECTED[option]}, not ${cniText(found)}`)
  }
  return { numbers, texts }
}

const RARE: readonly Option[] = ['vlanQoS', 'vlanProto', 'min_tx_rate']

const EXPECTED: Readonly<Record<Option, string>> = {
  vlan: 'a number from 0 to 4094',
  vlanQoS: 'a number from 0 to 7',
  vlanProto: '"802.1q" or "802.1ad"',
  min_tx_rate: 'a number of Mbit/s',
  max_tx_rate: 'a number of Mbit/s',
  spoofchk: '"on" or "off"',
  trust: '"on" or "off"',
  link_state: '"auto", "enable" or "disable"',
}

function judgeVlan(
  { vlan, vlanQoS: priority }: SriovOptions['numbers'],
  { vlanProto: protocol }: SriovOptions['texts'],
  { wrong }: FindingRecorder,
): void {
  if (vlan !== undefined && (vlan < 0 || vlan > 4094))
    wrong(`the network's vlan must be ${EXPECTED.vlan}, not ${vlan}`)
  if (priority !== undefined && (priority < 0 || priority > 7))
    wrong(`the network's vlanQoS must be ${EXPECTED.vlanQoS}, not ${priority}`)
  const known = protocol?.toLowerCase()
  if (known !== undefined && known !== '802.1q' && known !== '802.1ad')
    wrong(`the network's vlanProto must be ${EXPECTED.vlanProto}, not ${cniText(protocol)}`)
  const needs = (option: string, what: string) => {
    wrong(`the network has ${option} ${what}: sriov-cni refuses this for every pod`)
  }
  if (vlan === undefined) {
    if (priority !== undefined) needs('vlanQoS', 'without a vlan')
    if (protocol !== undefined) needs('vlanProto', 'without a vlan')
  } else if (vlan === 0) {
    if (priority !== undefined && priority !== 0) needs(`vlanQoS ${priority}`, 'with vlan 0')
    if (known === '802.1ad') needs('vlanProto 802.1ad', 'with vlan 0')
  }
}

function judgeRates(
  { min_tx_rate: least, max_tx_rate: limit }: SriovOptions['numbers'],
  { trafficGenPacketsPerSecond: packetsPerSecond, frameSize }: AskedOfTheNetwork,
  { wrong }: FindingRecorder,
): void {
  for (const [option, rate] of Object.entries({ min_tx_rate: least, max_tx_rate: limit }))
    if (rate !== undefined && rate < 0)
      wrong(`the network's ${option} must be ${EXPECTED.max_tx_rate}, not ${rate}`)
  if (limit === undefined || limit <= 0) return
  if (least !== undefined && least > limit)
    wrong(
      `the network's min_tx_rate (${grouped(least)} Mbit/s) is above its max_tx_rate (${grouped(limit)} Mbit/s): ` +
        'the kernel refuses this for every pod',
    )
  // max_tx_rate counts frames without preamble and gap.
  const neededMbps = (packetsPerSecond * meanBytes(frameSize) * 8) / 1e6
  if (limit < neededMbps) {
    wrong(
      `the network's max_tx_rate is ${grouped(limit)} Mbit/s, and ${grouped(packetsPerSecond)} packets/s of ` +
        `${framesText(frameSize)} are ${grouped(Math.ceil(neededMbps))} Mbit/s`,
    )
  }
}

function judgeLink(
  { spoofchk, trust, link_state: link }: SriovOptions['texts'],
  { wrong, warning }: FindingRecorder,
): void {
  for (const [option, text] of Object.entries({ spoofchk, trust }))
    if (text !== undefined && !['', 'on', 'off'].includes(text))
      warning(`the network's ${option} is ${cniText(text)}, which sriov-cni reads as "off"`)
  if (link !== undefined && !['', 'auto', 'enable', 'disable'].includes(link))
    wrong(`the network's link_state must be ${EXPECTED.link_state}, not ${cniText(link)}`)
  if (link === 'disable') wrong('the network\'s link_state is "disable": the links of its VFs never come up')
  const isTrustOff = trust !== undefined && trust !== '' && trust !== 'on'
  if (spoofchk === 'on' || isTrustOff) {
    warning(
      'the network\'s VFs have spoofchk "on" or trust "off": if packets are lost on the way, try spoofchk "off" and trust "on"',
    )
  }
}
