/**
 * What MAC_DPDK_OVERRIDE needs: a VF that may use a MAC address other than its own. Two fields of a SriovNetwork allow
 * that. The SR-IOV operator copies them to the network's definition, and the CNI applies them to the VF of each new
 * pod. Other pods may use the same network.
 */
import { z } from 'zod'
import { cniOption, readCniConfig } from '../cluster/cni-config.ts'
import { describeRef, type FoundObject, type Manifest } from '../cluster/objects.ts'
import { commandLine } from '../common/shell-quote.ts'
import { creatorOf, MANAGER } from './ownership.ts'
import type { Surveyed } from './survey.ts'

const FIELDS = ['spoofChk', 'trust'] as const
type Field = (typeof FIELDS)[number]

/** `on` or `off`; absent: the driver's default. */
export type VfChecks = Readonly<Partial<Record<Field, string>>>

const networkSchema = z.looseObject({ spec: z.looseObject({}).nullish() })
const attachmentSchema = z.looseObject({ spec: z.looseObject({ config: z.unknown() }) })

export function isSriovNetwork({ ref }: Pick<Surveyed, 'ref'>): boolean {
  return ref.resource.kind === 'SriovNetwork'
}

/** The fields of a SriovNetwork, from a manifest or from the cluster. */
export function checksOf(network: Manifest | FoundObject): VfChecks {
  const { spec } = networkSchema.parse(network)
  return chosen((field) => spec?.[field])
}

/** The fields of a NetworkAttachmentDefinition; empty if its configuration is malformed. */
export function checksInForce(definition: FoundObject): VfChecks {
  const config = readCniConfig(attachmentSchema.safeParse(definition).data?.spec.config)
  if ('problem' in config) return {}
  // As rendered by bindata/manifests/cni-config/sriov of the SR-IOV operator; with further plugins, it is in a list.
  const plugin = config.plugins.find(({ type }) => type === 'sriov')
  return plugin === undefined ? {} : chosen((field) => cniOption(plugin, field))
}

function chosen(valueOf: (field: Field) => unknown): VfChecks {
  const known = FIELDS.map((field) => [field, valueOf(field)] as const)
  // For the operator and the CNI, an empty text means "not set".
  return Object.fromEntries(known.filter(([, value]) => typeof value === 'string' && value !== ''))
}

export function areSame(one: VfChecks, other: VfChecks): boolean {
  return FIELDS.every((field) => one[field] === other[field])
}

/** The fields that are set, as text: `spoofChk off and trust on`. */
export function describeChecks(checks: VfChecks): string {
  return FIELDS.flatMap((field) => (checks[field] === undefined ? [] : [`${field} ${checks[field]}`])).join(
    ' and ',
  )
}

/** Both fields as text, also if they are not set. */
export function describeAllChecks(checks: VfChecks): string {
  return FIELDS.map((field) => `${field} ${checks[field] ?? 'not set'}`).join(' and ')
}

/** The fields that only our applies have set: an apply without them would remove them. */
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

/** The fields that an apply of this manifest would change in a network that others have created. */
export function checksGiven({ ref, manifest, found }: Surveyed): VfChecks {
  if (found === undefined || creatorOf(ref, found.metadata) !== undefined) return {}
  const before = checksOf(found)
  const asked = checksOf(manifest)
  return chosen((field) => (asked[field] === before[field] ? undefined : asked[field]))
}

/** The manifest with these fields added. */
export function withChecks(manifest: Manifest, checks: VfChecks): Manifest {
  const { spec } = networkSchema.parse(manifest)
  return { ...manifest, spec: { ...spec, ...checks } } as Manifest
}

/** The fields set by us that an apply of this manifest would remove. */
export function checksTaken({ manifest, found }: Surveyed): VfChecks {
  if (found === undefined) return {}
  const asked = checksOf(manifest)
  const before = checksSetByUs(found)
  return chosen((field) => (asked[field] === undefined ? before[field] : undefined))
}

export function isNone(checks: VfChecks): boolean {
  return FIELDS.every((field) => checks[field] === undefined)
}

/** The command that removes the fields, for messages. */
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

/** A sentence about the fields that remain in a network, with the command that removes them. */
export function describeLeft(network: Pick<Surveyed, 'ref'>, checks: VfChecks): string {
  return (
    `${describeRef(network.ref)} stays with ${describeChecks(checks)}, which a deployment with MAC_DPDK_OVERRIDE set; ` +
    `where nobody needs that any more: ${takeBackCommand(network, checks)}`
  )
}
