/**
 * What MAC_DPDK_OVERRIDE takes: a VF that may send and receive by a MAC address which is not its own. A SriovNetwork says so
 * in two fields, the SR-IOV operator puts both into the network's definition, and from there the CNI sets them at each
 * new pod's VF. Others may use the same network.
 */
import { z } from 'zod'
import { describeRef, type FoundObject, type Manifest } from '../cluster/objects.ts'
import { commandLine } from '../common/shell-quote.ts'
import { creatorOf, MANAGER } from './ownership.ts'
import type { Surveyed } from './survey.ts'

const FIELDS = ['spoofChk', 'trust'] as const
type Field = (typeof FIELDS)[number]

/** `on` or `off`; what is not there is the driver's default. */
export type VfChecks = Readonly<Partial<Record<Field, string>>>

const networkSchema = z.looseObject({ spec: z.looseObject({}).nullish() })
/** As bindata/manifests/cni-config/sriov of the SR-IOV operator renders it: with other plugins behind it, in a list. */
const pluginSchema = z.looseObject({ type: z.string().nullish() })
const definitionSchema = z.looseObject({ plugins: z.array(pluginSchema).nullish() })
const attachmentSchema = z.looseObject({ spec: z.looseObject({ config: z.string() }) })

export function isSriovNetwork({ ref }: Pick<Surveyed, 'ref'>): boolean {
  return ref.resource.kind === 'SriovNetwork'
}

/** Of a SriovNetwork, as a manifest or as the cluster has it. */
export function checksOf(network: Manifest | FoundObject): VfChecks {
  const { spec } = networkSchema.parse(network)
  return chosen((field) => spec?.[field])
}

/** Of a NetworkAttachmentDefinition; none where nobody can read its configuration. */
export function checksInForce(definition: FoundObject): VfChecks {
  try {
    const { spec } = attachmentSchema.parse(definition)
    const config = definitionSchema.parse(JSON.parse(spec.config))
    const plugin: Readonly<Record<string, unknown>> =
      config.plugins?.find(({ type }) => type === 'sriov') ?? config
    return chosen((field) => plugin[field.toLowerCase()])
  } catch {
    return {}
  }
}

function chosen(valueOf: (field: Field) => unknown): VfChecks {
  const known = FIELDS.map((field) => [field, valueOf(field)] as const)
  // Empty texts mean "not set", as the operator and the CNI have it.
  return Object.fromEntries(known.filter(([, value]) => typeof value === 'string' && value !== ''))
}

export function areSame(one: VfChecks, other: VfChecks): boolean {
  return FIELDS.every((field) => one[field] === other[field])
}

/** `spoofChk off and trust on`, for people: what is set. */
export function describeChecks(checks: VfChecks): string {
  return FIELDS.flatMap((field) => (checks[field] === undefined ? [] : [`${field} ${checks[field]}`])).join(
    ' and ',
  )
}

/** The same, with what is not set. */
export function describeAllChecks(checks: VfChecks): string {
  return FIELDS.map((field) => `${field} ${checks[field] ?? 'not set'}`).join(' and ')
}

/** Those that an apply of ours has set, and nobody else: an apply without them would take them away. */
export function checksSetByUs(network: FoundObject): VfChecks {
  const entries = network.metadata.managedFields ?? []
  const has = (entry: (typeof entries)[number], field: Field) => {
    const spec = entry.fieldsV1?.['f:spec']
    return typeof spec === 'object' && spec !== null && `f:${field}` in spec
  }
  const all = checksOf(network)
  return chosen((field) => {
    const owners = entries.filter((entry) => has(entry, field))
    const isOurs = owners.length > 0 && owners.every(({ manager }) => manager === MANAGER)
    return isOurs ? all[field] : undefined
  })
}

/** What an apply of this manifest gives a network that others have created. */
export function checksGiven({ ref, manifest, found }: Surveyed): VfChecks {
  if (found === undefined || creatorOf(ref, found.metadata) !== undefined) return {}
  const before = checksOf(found)
  const asked = checksOf(manifest)
  return chosen((field) => (asked[field] === before[field] ? undefined : asked[field]))
}

/** The manifest with these as well. */
export function withChecks(manifest: Manifest, checks: VfChecks): Manifest {
  const { spec } = networkSchema.parse(manifest)
  return { ...manifest, spec: { ...spec, ...checks } } as Manifest
}

/** What an apply of this manifest would take away of what we set before. */
export function checksTaken({ manifest, found }: Surveyed): VfChecks {
  if (found === undefined) return {}
  const asked = checksOf(manifest)
  const before = checksSetByUs(found)
  return chosen((field) => (asked[field] === undefined ? before[field] : undefined))
}

export function isNone(checks: VfChecks): boolean {
  return FIELDS.every((field) => checks[field] === undefined)
}

/** For people: the command that takes both back. */
function takeBackCommand(
  { ref: { resource, namespace, name } }: Pick<Surveyed, 'ref'>,
  checks: VfChecks,
): string {
  const operations = Object.keys(checks).map((field) => ({ op: 'remove', path: `/spec/${field}` }))
  return commandLine(
    'kubectl',
    'patch',
    `${resource.plural}.${resource.group}`,
    name,
    ...(namespace === undefined ? [] : ['-n', namespace]),
    '--type=json',
    '-p',
    JSON.stringify(operations),
  )
}

/** What stays in a network that stays, and how it goes. */
export function describeLeft(network: Pick<Surveyed, 'ref'>, checks: VfChecks): string {
  return (
    `${describeRef(network.ref)} stays with ${describeChecks(checks)}, which a deployment with MAC_DPDK_OVERRIDE set; ` +
    `where nobody needs that any more: ${takeBackCommand(network, checks)}`
  )
}
