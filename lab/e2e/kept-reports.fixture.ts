/** The ConfigMap in which a run's reports outlive its pod. */
import { gunzipSync } from 'node:zlib'
import { type Report, reportSchema } from '../../support/model/report.ts'
import { REPORT_LABEL } from '../../support/run/report-config-map.ts'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'

/** Whether an object holds reports. It is meant to stay, so it does not count as left behind. */
export function isReport({ metadata }: KubeObject): boolean {
  return metadata.labels?.[REPORT_LABEL] !== undefined
}

export interface KeptReports {
  readonly object: KubeObject
  /** The ConfigMap's data, next to the files in its binaryData. */
  readonly data: Readonly<Record<string, string>>
  /** The decompressed files by name; archives stay as they are. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly report: Report
}

/** The reports of a namespace's only run; undefined if there are none. */
export function keptReports(store: Store, namespace: string): KeptReports | undefined {
  const [object] = store.list(CONFIG_MAPS, namespace).filter(isReport)
  if (object === undefined) return undefined
  const { data, binaryData } = object as KubeObject & Record<'data' | 'binaryData', Record<string, string>>
  const files = new Map(
    Object.entries(binaryData).map(([name, text]) => {
      const content = Buffer.from(text, 'base64')
      const isSingle = !name.endsWith('.tar.gz')
      return [isSingle ? name.replace(/\.gz$/, '') : name, isSingle ? gunzipSync(content) : content]
    }),
  )
  const report = reportSchema.parse(JSON.parse(files.get('report.json')?.toString() ?? ''))
  return { object, data, files, report }
}
