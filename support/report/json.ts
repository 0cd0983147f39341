/** The report as JSON, and the published JSON schema, generated from the model. */
import { z } from 'zod'
import { API_VERSION, type Report, reportSchema } from '../model/report.ts'

export function renderJson(report: Report): string {
  // In the schema's order of keys, so that reading and writing a report gives the same file.
  const { data = report } = reportSchema.safeParse(report)
  return `${JSON.stringify(data, undefined, 2)}\n`
}

/** Allows unknown fields, because readers of this version may get reports of later suites. */
export function reportJsonSchema(): object {
  return {
    $id: `https://${API_VERSION}/report.schema.json`,
    title: 'The result of a run of kubevirt-dpdk-checkup',
    ...z.toJSONSchema(reportSchema, { target: 'draft-2020-12', io: 'input' }),
  }
}
