import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import { hostile, lossWithCauses, pass, twoHours } from './html/examples.fixture.ts'
import { renderJson, reportJsonSchema } from './json.ts'
import { reportSchema } from '../model/report.ts'

const PUBLISHED = JSON.parse(
  readFileSync(new URL('../../fixtures/report.schema.json', import.meta.url), 'utf8'),
) as object

function validator() {
  const ajv = new Ajv2020({ allErrors: true })
  formats.default(ajv)
  return ajv.compile(PUBLISHED)
}

describe('the published schema of report.json', () => {
  it('is that of the model (npm run schema updates it)', () => {
    expect(PUBLISHED).to.deep.equal(JSON.parse(JSON.stringify(reportJsonSchema())))
  })

  it('holds for reports of every kind', () => {
    const validate = validator()
    const reports = [pass(), lossWithCauses(), hostile(), twoHours(), exampleReport('error')]
    reports.push({ ...pass(), simulated: true })
    for (const report of reports) {
      validate(JSON.parse(renderJson(report)))
      expect(validate.errors).to.equal(null)
    }
  })

  it('lets later suites add what this one does not know', () => {
    expect(validator()({ ...pass(), comment: 'from the future' })).to.equal(true)
  })

  it('refuses what the model refuses', () => {
    const validate = validator()
    const report = pass()
    const wrong: readonly object[] = [
      { ...report, apiVersion: 'dpdk-checkup.kubevirt.io/v3' },
      { ...report, verdict: 'fine' },
      { ...report, startedAt: 'yesterday' },
      { ...report, criteria: [{ id: 'x' }] },
      { ...report, traffic: { ...report.traffic, requestedPacketsPerSecond: -1 } },
      { ...report, guests: undefined },
    ]
    for (const each of wrong) {
      const json: unknown = JSON.parse(JSON.stringify(each))
      expect(validate(json)).to.equal(false)
      expect(reportSchema.safeParse(json).success).to.equal(false)
    }
  })
})
