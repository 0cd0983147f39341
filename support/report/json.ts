/** The report as the file that machines read, and the published schema of that file, made from the model itself. */
import { z } from 'zod'
import { API_VERSION, type Report, reportSchema } from '../model/report.ts'

export function renderJson(report: Report): string {
  // In the schema's order, so that a report which was read and is written again is the same file.
  const { data = report } = reportSchema.safeParse(report)
  return `${JSON.stringify(data, undefined, 2)}\n`
}

/**
 * Readers of a version meet reports of later suites, which may have more fields: those are not forbidden.
 */
export function reportJsonSchema(): object {
  return {
    $id: `https://${API_VERSION}/report.schema.json`,
    title: 'The result of a run of kubevirt-dpdk-checkup',
    ...z.toJSONSchema(reportSchema, { target: 'draft-2020-12', io: 'input' }),
  }
}
