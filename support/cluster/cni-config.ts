/**
 * The CNI configuration of a NetworkAttachmentDefinition as Multus and the plugins read it: in Go, which ignores the
 * case of keys, takes the later of two equal ones, and reads null as not set (encoding/json; containernetworking/cni).
 */
import { z } from 'zod'
import { describeError } from '../common/errors.ts'
import { shorten } from '../common/text.ts'

export type CniOptions = Readonly<Record<string, unknown>>
export type CniPlugin = CniOptions & { readonly type: string }

export interface CniConfig {
  /** In the order in which they are called. */
  readonly plugins: readonly CniPlugin[]
  /** The only plugin, or the list around the plugins. */
  readonly whole: CniOptions
}

export const cniOptionsSchema = z.record(z.string(), z.unknown())

/** @returns a problem that completes "the network's configuration …" if Multus could not read it either */
export function readCniConfig(config: unknown): CniConfig | { readonly problem: string } {
  if (config === undefined || config === null || config === '') return { problem: 'is empty' }
  if (typeof config !== 'string') return { problem: `is not a string but ${cniText(config)}` }
  let parsed: unknown
  try {
    parsed = JSON.parse(config)
  } catch (error) {
    return { problem: `is not JSON (${shorten(describeError(error), 200)}): ${cniText(config)}` }
  }
  const whole = cniOptionsSchema.safeParse(parsed).data ?? {}
  // Like Multus, takes a configuration that has a type for one plugin.
  const single = withType(whole)
  if (single !== undefined) return { plugins: [single], whole: single }
  const listed = z.array(cniOptionsSchema).safeParse(cniOption(whole, 'plugins')).data ?? []
  const plugins = listed.map(withType).filter((plugin) => plugin !== undefined)
  return plugins.length === 0 || plugins.length < listed.length
    ? { problem: `has neither a type nor a list of plugins with types: ${cniText(config)}` }
    : { plugins, whole }
}

/** Undefined if not set. */
export function cniOption(options: CniOptions, name: string): unknown {
  const found = Object.entries(options).findLast(([key]) => key.toLowerCase() === name.toLowerCase())
  return found?.[1] ?? undefined
}

/** A value for sentences. */
export function cniText(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shorten(value, 120)) : shorten(JSON.stringify(value), 120)
}

/** Undefined if it has none. */
function withType(options: CniOptions): CniPlugin | undefined {
  const type = cniOption(options, 'type')
  return typeof type === 'string' && type !== '' ? { ...options, type } : undefined
}
