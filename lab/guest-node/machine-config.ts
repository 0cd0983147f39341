/** The node's CRI-O settings, as MachineConfigs make them. */
import { z } from 'zod'
import type { KubeObject } from '../apiserver/contract.ts'

export interface CrioSettings {
  /** `add_inheritable_capabilities` */
  readonly inheritableCapabilities: boolean
  /** From `default_ulimits`, in bytes. */
  readonly memlock: { readonly soft: number; readonly hard: number }
}

/** Bytes: systemd's default, which CRI-O inherits. */
const DEFAULT_MEMLOCK = 8 * 2 ** 20
/** RLIM_INFINITY, written as -1 in crio.conf. */
export const UNLIMITED = -1

const schema = z.looseObject({
  spec: z.looseObject({
    config: z
      .looseObject({
        storage: z
          .looseObject({
            files: z
              .array(
                z.looseObject({
                  path: z.string(),
                  contents: z.looseObject({ source: z.string().optional() }).optional(),
                }),
              )
              .optional(),
          })
          .optional(),
      })
      .optional(),
  }),
})

/** CRI-O reads the files of its folder by name; a later file overrides an earlier one. */
export function crioSettings(machineConfigs: readonly KubeObject[]): CrioSettings {
  const texts = machineConfigs
    .flatMap((object) => schema.safeParse(object).data?.spec.config?.storage?.files ?? [])
    .filter(({ path }) => path.startsWith('/etc/crio/crio.conf.d/'))
    .sort((a, b) => a.path.localeCompare(b.path))
    .map(({ contents }) => decodeDataUrl(contents?.source ?? ''))
  const last = (pattern: RegExp) =>
    texts.flatMap((text) => [...text.matchAll(new RegExp(pattern, 'gm'))].map(([, ...found]) => found)).at(-1)
  const [inheritable] = last(/^\s*add_inheritable_capabilities\s*=\s*(true|false)/) ?? []
  const [soft, hard] = last(/["']memlock=(-?\d+):(-?\d+)["']/) ?? []
  return {
    inheritableCapabilities: inheritable === 'true',
    memlock: { soft: Number(soft ?? DEFAULT_MEMLOCK), hard: Number(hard ?? soft ?? DEFAULT_MEMLOCK) },
  }
}

/** Decodes a data URL (RFC 2397). */
function decodeDataUrl(url: string): string {
  const [, base64, data = ''] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url) ?? []
  try {
    return base64 === undefined ? decodeURIComponent(data) : Buffer.from(data, 'base64').toString('utf8')
  } catch {
    return ''
  }
}
