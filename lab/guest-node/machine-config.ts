/** What the node's CRI-O was configured to do, by MachineConfigs. */
import { z } from 'zod'
import type { KubeObject } from '../apiserver/contract.ts'

export interface CrioSettings {
  /** `add_inheritable_capabilities` */
  readonly inheritableCapabilities: boolean
  /** Of `default_ulimits`; bytes, soft and hard. */
  readonly memlock: { readonly soft: number; readonly hard: number }
}

/** systemd's, which CRI-O inherits: 8 MiB. */
const DEFAULT_MEMLOCK = 8 * 2 ** 20
/** RLIM_INFINITY; -1 in crun's JSON. */
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

/** Later names go before earlier ones, as in the folder CRI-O reads. */
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

/** RFC 2397. */
function decodeDataUrl(url: string): string {
  const [, base64, data = ''] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url) ?? []
  try {
    return base64 === undefined ? decodeURIComponent(data) : Buffer.from(data, 'base64').toString('utf8')
  } catch {
    return ''
  }
}
