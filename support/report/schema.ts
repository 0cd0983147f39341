/** The published JSON schema of report.json, made from the model itself. */
import { z } from 'zod'
import { API_VERSION, reportSchema } from '../model/report.ts'

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
