import { expect } from 'chai'
import { z } from 'zod'
import { judgeCampaign } from '../model/campaign.ts'
import { lostRun, ONCE, runOf, telcoReport } from '../verification/campaign.fixture.ts'
import { exampleReport } from './example.fixture.ts'
import { certified, waivedReport } from './html/certificate.fixture.ts'
import { campaignStatement, statementText } from './statement.ts'

/** in-toto/attestation, spec/v1/resource_descriptor.md, with digests by spec/v1/digest_set.md. */
const descriptorSchema = z.strictObject({
  name: z.string().optional(),
  uri: z.url().optional(),
  digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  content: z.base64().optional(),
  downloadLocation: z.url().optional(),
  mediaType: z.string().optional(),
  annotations: z.record(z.string(), z.json()).optional(),
})

/** The fields of the predicate (spec/predicates/test-result.md, "Fields"); `required` and `optional` are its words. */
const PREDICATE = {
  /** _enum_, _required_ */
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  /** _list of ResourceDescriptor_, _required_ */
  configuration: z.array(descriptorSchema),
  /** _ResourceURI_, _optional_ */
  url: z.url().optional(),
  /** _list of strings_, _optional_ */
  passedTests: z.array(z.string()).optional(),
  warnedTests: z.array(z.string()).optional(),
  failedTests: z.array(z.string()).optional(),
}

/** spec/v1/statement.md: each subject needs a digest. */
const statementSchema = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(descriptorSchema).min(1),
  predicateType: z.literal('https://in-toto.io/attestation/test-result/v0.1'),
  predicate: z.looseObject(PREDICATE),
})

const DIGEST = 'a'.repeat(64)

describe('a statement', () => {
  async function statements(): Promise<Readonly<Record<string, string>>> {
    const runs = [
      await runOf('64', telcoReport('64', 0, { lost: 240 })),
      lostRun('64'),
      await runOf('imix', telcoReport('imix', 1)),
    ]
    const waived = waivedReport()
    return {
      'a pass': statementText(exampleReport('passed'), 'manifest'),
      losses: statementText(exampleReport('lossy'), 'manifest'),
      'an error': statementText(exampleReport('error'), 'manifest'),
      'a certified run': statementText(certified(), 'manifest'),
      waivers: statementText(waived, 'manifest'),
      'a campaign': campaignStatement(ONCE, runs, judgeCampaign(ONCE, runs), `sha256:${DIGEST}`),
    }
  }

  it('has the fields and types of in-toto’s test-result predicate', async () => {
    for (const [of, json] of Object.entries(await statements())) {
      const { error, data } = statementSchema.safeParse(JSON.parse(json))
      expect(error?.issues, of).to.equal(undefined)
      // "Extension fields SHOULD use names that are unlikely to collide" (spec/v1/README.md, "Parsing rules").
      const others = Object.keys(data?.predicate ?? {}).filter((name) => !Object.hasOwn(PREDICATE, name))
      for (const name of others) expect(name, of).to.match(/^dpdk-checkup\.kubevirt\.io\//)
    }
  })

  it('names each criterion in one list', () => {
    for (const report of [exampleReport('passed'), exampleReport('lossy'), exampleReport('error')]) {
      const { predicate } = statementSchema.parse(JSON.parse(statementText(report, 'manifest')))
      const { passedTests = [], warnedTests = [], failedTests = [] } = predicate
      expect([...passedTests, ...warnedTests, ...failedTests]).to.have.members(
        report.criteria.map(({ id }) => id),
      )
    }
  })
})
