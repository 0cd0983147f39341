import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { InvalidInputError } from '../common/errors.ts'
import { type Report, reportSchema } from '../model/report.ts'
import { judge, termsOf } from '../model/judge.ts'
import { currentCatalogue } from '../report/catalogue.ts'
import { exampleReport } from '../report/example.fixture.ts'
import { ENVELOPE_FILE, envelopeOf } from '../report/envelope.ts'
import { type BundleFiles, MANIFEST_FILE, manifestOf } from '../report/manifest.ts'
import { renderJson } from '../report/json.ts'
import { STATEMENT_FILE, statementText } from '../report/statement.ts'
import { Unpacking } from '../report/unpacking.ts'
import { bundleOf, searchedCapacity, verifiableReport } from './verifiable.fixture.ts'
import { verifyBundle } from './verify-bundle.ts'

async function filesOf(packed: Buffer): Promise<Map<string, Buffer>> {
  const unpacking = new Unpacking()
  await unpacking.addArchive(packed)
  return new Map(unpacking.files)
}

/** The sentences with which a bundle is refused. @throws if it is verified, or if anything else is thrown */
async function refusalOf(files: BundleFiles): Promise<readonly string[]> {
  return verifyBundle(files).then(
    () => expect.fail('it was verified'),
    (error: unknown) => {
      if (error instanceof InvalidInputError) return error.violations
      throw error
    },
  )
}

/** A bundle whose digests are right, as somebody would make it who changes a report. */
async function forged(report: Report, change: (report: Report) => void): Promise<Map<string, Buffer>> {
  const changed = structuredClone(report)
  change(changed)
  const files = await filesOf(await bundleOf(report))
  files.set('report.json', Buffer.from(renderJson(changed)))
  for (const name of [MANIFEST_FILE, STATEMENT_FILE]) files.delete(name)
  const manifest = manifestOf(files)
  files.set(MANIFEST_FILE, Buffer.from(manifest))
  files.set(STATEMENT_FILE, Buffer.from(statementText(changed, manifest)))
  return files
}

function outcomeOf({ criteria }: Report, id: string) {
  return criteria.find((criterion) => criterion.id === id)?.outcome
}

describe('the verification of a bundle', () => {
  const passed = verifiableReport('passed')
  const lossy = verifiableReport('lossy')

  it('finds what the run found', async () => {
    expect(outcomeOf(passed, 'traffic.no-return-loss')).to.equal('passed')
    expect(outcomeOf(lossy, 'traffic.no-tx-drops')).to.equal('failed')
    for (const report of [passed, lossy]) {
      const { judgedAgain, signature, ...verified } = await verifyBundle(
        await filesOf(await bundleOf(report)),
      )
      expect(verified.report.verdict).to.equal(report.verdict)
      expect(judgedAgain).to.include.members([
        'traffic.no-loss',
        'traffic.no-tx-drops',
        'traffic.rate-reached',
      ])
      expect(signature).to.equal('none')
    }
  })

  it('refuses a flipped bit in each of its files', async () => {
    const whole = await filesOf(await bundleOf(passed))
    for (const [name, content] of whole)
      for (const at of [0, Math.floor(content.length / 2), content.length - 1]) {
        const changed = Buffer.from(content)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        expect(await refusalOf(new Map([...whole, [name, changed]])), name)
          .to.have.property('length')
          .above(0)
      }
  })

  it('refuses a file that is missing, cut short, or too many', async () => {
    const whole = await filesOf(await bundleOf(passed))
    for (const [name, content] of whole) {
      expect((await refusalOf(new Map([...whole].filter(([each]) => each !== name)))).join(), name).to.match(
        /missing|there is no/,
      )
      expect(await refusalOf(new Map([...whole, [name, content.subarray(0, -1)]])), name)
        .to.have.property('length')
        .above(0)
    }
    expect(await refusalOf(new Map([...whole, ['extra.txt', Buffer.from('x')]]))).to.deep.equal([
      '"extra.txt" is not listed in manifest.sha256',
    ])
  })

  it('refuses another run’s report, environment and statement', async () => {
    const whole = await filesOf(await bundleOf(passed))
    const other = await filesOf(await bundleOf(lossy))
    for (const name of ['report.json', MANIFEST_FILE, STATEMENT_FILE]) {
      const mixed = new Map([...whole, [name, other.get(name) ?? expect.fail(name)]])
      expect(await refusalOf(mixed), name)
        .to.have.property('length')
        .above(0)
    }
    const elsewhere = { ...passed, cluster: { ...passed.cluster, uid: 'another' } }
    const environment = (await filesOf(await bundleOf(elsewhere))).get('environment.json') ?? expect.fail()
    whole.set('environment.json', environment)
    for (const name of [MANIFEST_FILE, STATEMENT_FILE]) whole.delete(name)
    const manifest = manifestOf(whole)
    whole
      .set(MANIFEST_FILE, Buffer.from(manifest))
      .set(STATEMENT_FILE, Buffer.from(statementText(passed, manifest)))
    expect(await refusalOf(whole)).to.deep.equal([
      'environment.json does not agree with the run in report.json',
    ])
  })

  it('refuses a report that claims more than its counts show, though all digests are right', async () => {
    const cases: readonly (readonly [RegExp, Report, (report: Report) => void])[] = [
      [
        /traffic.no-tx-drops is failed by its facts, the report says passed/,
        lossy,
        (report) => {
          report.verdict = 'passed'
          report.failureReasons = []
          for (const criterion of report.criteria)
            Object.assign(criterion, { outcome: 'passed', message: '' })
        },
      ],
      [
        /the verdict is failed by its criteria, the report says passed/,
        lossy,
        (report) => (report.verdict = 'passed'),
      ],
      [
        /traffic.no-loss is failed by its facts/,
        passed,
        (report) => {
          if (report.traffic !== undefined) report.traffic.ledger.eastToWest.vmRx -= 1
        },
      ],
      [
        /the verdict is inconclusive by its criteria, the report says passed/,
        passed,
        (report) => (report.criteria = report.criteria.filter(({ id }) => id !== 'guest.vm-under-test-cpus')),
      ],
      [
        /guest.hugepages is failed by its facts, the report says passed/,
        passed,
        (report) => {
          for (const guest of report.guests) guest.hugepages1Gi = 0
        },
      ],
      [
        /requested rate is 10000 by the run, the report says 9998/,
        passed,
        (report) => {
          if (report.traffic !== undefined) report.traffic.requestedPacketsPerSecond = 9998
        },
      ],
      [
        /the parameters in the report are invalid/,
        passed,
        (report) => (report.parameters['testDuration'] = 'soon'),
      ],
    ]
    for (const [sentence, report, change] of cases)
      expect((await refusalOf(await forged(report, change))).join('\n')).to.match(sentence)
  })

  it('says that a report is of a newer version', async () => {
    const files = await forged(passed, () => undefined)
    const json = files.get('report.json')?.toString().replace('kubevirt.io/v', 'kubevirt.io/v9') ?? ''
    files.set('report.json', Buffer.from(json)).delete(MANIFEST_FILE)
    const listed = new Map([...files].filter(([name]) => name !== STATEMENT_FILE))
    files.set(MANIFEST_FILE, Buffer.from(manifestOf(listed)))
    expect((await refusalOf(files)).join()).to.match(/^report.json is of a newer version /)
  })

  it('refuses another catalogue than it has, and says whether that is newer', async () => {
    const version = (one: string) => (report: Report) => {
      if (report.catalogue !== undefined) report.catalogue.version = one
    }
    expect((await refusalOf(await forged(passed, version('99.0.0')))).join()).to.match(
      /^it was judged by a newer catalogue \(99\.0\.0\) than this suite has/,
    )
    expect((await refusalOf(await forged(passed, version('0.1.0')))).join()).to.match(
      /^it was judged by catalogue 0\.1\.0, which this suite does not have/,
    )
    const unknown = await forged(passed, (report) => {
      for (const criterion of report.criteria) criterion.id = `other.${criterion.id}`
    })
    expect((await refusalOf(unknown)).join()).to.match(/^other\.\S+ is no criterion of catalogue/)
  })

  describe('of a run with waivers', () => {
    const waiver = {
      criterion: 'traffic.no-tx-drops',
      scope: { cluster: 'c0ffee' },
      reason: 'known',
      owner: 'network team',
      ticket: 'NET-1',
      issued: '2026-01-01',
      expires: '2026-04-01',
      limit: 2000,
    }
    const waived = (limit: number, changes: Partial<Report> = {}): Report => {
      const waivers = [waiver, { ...waiver, criterion: 'traffic.no-return-loss' }].map((each) => ({
        ...each,
        limit,
      }))
      const cluster = { ...exampleReport('lossy').cluster, uid: 'c0ffee' }
      const report = verifiableReport('lossy', { waivers, cluster, ...changes })
      const { verdict, criteria } = judge(report, termsOf(report, currentCatalogue()))
      return { ...report, verdict, criteria: [...criteria] }
    }

    it('finds what they cover', async () => {
      const report = waived(2000)
      expect(report.verdict).to.equal('passed-with-waivers')
      const files = await filesOf(await bundleOf(report))
      expect((await verifyBundle(files)).report.verdict).to.equal('passed-with-waivers')
      const { predicate } = JSON.parse(files.get(STATEMENT_FILE)?.toString() ?? '') as {
        predicate: {
          result: string
          warnedTests: string[]
          failedTests: string[]
          configuration: { name: string }[]
        }
      }
      expect(predicate.result).to.equal('WARNED')
      expect(predicate.warnedTests).to.include('traffic.no-tx-drops')
      expect(predicate.failedTests).to.deep.equal([])
      expect(predicate.configuration.map(({ name }) => name)).to.deep.equal([
        'catalogue',
        'parameters',
        'waivers',
      ])
    })

    it('refuses what they do not cover, and waivers that had expired', async () => {
      const changes: readonly ((report: Report) => void)[] = [
        (report) => report.waivers?.forEach((each) => (each.limit = 10)),
        (report) => report.waivers?.forEach((each) => (each.expires = '2026-02-01')),
        (report) => (report.waivers = []),
        (report) => report.waivers?.forEach((each) => (each.scope.cluster = 'another')),
      ]
      for (const change of changes)
        expect((await refusalOf(await forged(waived(2000), change))).join()).to.match(
          /traffic\.no-tx-drops is waived in the report, by no waiver that covers it/,
        )
    })
  })

  it('refuses a profile whose deviations are not told', async () => {
    const deviation = { parameter: 'testDuration', profile: '5m', used: '10s' }
    const profile = { name: 'baseline' as const, deviations: [deviation] }
    const files = await forged(passed, (report) => (report.profile = profile))
    expect((await refusalOf(files)).join()).to.match(
      /deviations from a profile are not those of its parameters/,
    )
  })

  describe('of a capacity search', () => {
    let report: Report
    before(async () => {
      const parameters = { ...passed.parameters, capacity: 'standard' }
      report = verifiableReport('passed', { parameters, capacity: await searchedCapacity(7_300_000) })
    })

    it('repeats it with its trials', async () => {
      const { trials } = await verifyBundle(await filesOf(await bundleOf(report)))
      expect(trials).to.equal(report.capacity?.searches[0]?.trials.length)
    })

    it('refuses what its trials do not give', async () => {
      const of = ({ capacity }: Report) => capacity?.searches[0] ?? expect.fail('no search')
      const cases: readonly (readonly [RegExp, (report: Report) => void])[] = [
        [
          /the lower bound of NDR is [\d,]+ by its trials/,
          (each) => Object.assign(of(each).results[0] ?? {}, { lower: 9_000_000 }),
        ],
        [/trial 1 lost/, (each) => Object.assign(of(each).trials[0] ?? {}, { lossRatio: 0 })],
        [/trial \d+ is missing/, (each) => of(each).trials.pop()],
        [
          /more trials than the search requests/,
          (each) => of(each).trials.push(...of(each).trials.slice(-1)),
        ],
        [/trial 2 is of 5 packets\/s/, (each) => Object.assign(of(each).trials[1] ?? {}, { load: 5 })],
        [/its end is found by its trials/, (each) => Object.assign(of(each), { endedBy: 'generator-short' })],
        [/no loads between/, (each) => Object.assign(each.capacity ?? {}, { min: 0 })],
      ]
      for (const [sentence, change] of cases)
        expect((await refusalOf(await forged(report, change))).join('\n')).to.match(sentence)
    })
  })

  describe('of a signed bundle', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const signed = async () => {
      const files = await filesOf(await bundleOf(passed))
      const statement = files.get(STATEMENT_FILE) ?? expect.fail()
      return files.set(ENVELOPE_FILE, Buffer.from(envelopeOf(statement, privateKey)))
    }

    it('says whether the signature was checked', async () => {
      const files = await signed()
      expect((await verifyBundle(files)).signature).to.equal('unchecked')
      expect((await verifyBundle(files, publicKey)).signature).to.equal('checked')
    })

    it('refuses another key, a bundle without a signature, and any flipped bit of the envelope', async () => {
      const files = await signed()
      const other = generateKeyPairSync('ed25519').publicKey
      const why = async (given: BundleFiles, key = publicKey) =>
        verifyBundle(given, key).then(
          () => 'verified',
          (error: unknown) => (error instanceof InvalidInputError ? error.message : 'something unexpected'),
        )
      expect(await why(files, other)).to.equal('statement.dsse.json has no signature of this key')
      const envelope = files.get(ENVELOPE_FILE) ?? expect.fail()
      for (let at = 0; at < envelope.length; at += 31) {
        const changed = Buffer.from(envelope)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        expect(await why(new Map([...files, [ENVELOPE_FILE, changed]]))).to.match(
          /^statement.dsse.json (?:is|signs|has) /,
        )
      }
      files.delete(ENVELOPE_FILE)
      expect(await why(files)).to.match(/^the bundle is not signed: /)
    })
  })

  it('never verifies a changed archive, and never throws anything but a refusal', async () => {
    const packed = await bundleOf(passed)
    const whole = await filesOf(packed)
    const same = (files: BundleFiles) =>
      files.size === whole.size &&
      [...files].every(([name, content]) => whole.get(name)?.equals(content) === true)
    const change = fc.record({ at: fc.nat(packed.length - 1), bit: fc.nat(7), cut: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let changed = Buffer.from(packed)
        for (const { at, bit, cut } of changes) {
          if (cut) changed = changed.subarray(0, Math.min(at, changed.length))
          else if (at < changed.length) changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at)
        }
        let files: BundleFiles
        try {
          files = await filesOf(changed)
        } catch (error) {
          expect(error).to.be.an.instanceof(Error)
          return
        }
        // A byte that only says how the files are packed, e.g. the time in gzip's header, changes none of them.
        if (!same(files))
          expect(await refusalOf(files))
            .to.have.property('length')
            .above(0)
      }),
      { numRuns: 200 },
    )
  })

  it('refuses whatever a report says, though all digests are right', async () => {
    const json = renderJson(passed)
    const whole = await filesOf(await bundleOf(passed))
    for (const name of [MANIFEST_FILE, STATEMENT_FILE]) whole.delete(name)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pathsOf(JSON.parse(json))), fc.jsonValue(), async (path, value) => {
        const report = JSON.parse(json) as Report
        place(report, path, value)
        const files = new Map([...whole, ['report.json', Buffer.from(JSON.stringify(report))]])
        const manifest = manifestOf(files)
        // A report that fits no schema has no statement.
        const { data } = reportSchema.safeParse(report)
        const statement = data === undefined ? '{}' : statementText(data, manifest)
        files.set(MANIFEST_FILE, Buffer.from(manifest)).set(STATEMENT_FILE, Buffer.from(statement))
        // The value may be of a field that no digest, count or criterion depends on: then it is verified.
        await verifyBundle(files).catch((error: unknown) => {
          expect(error).to.be.an.instanceof(InvalidInputError)
        })
      }),
      { numRuns: 200 },
    )
  })
})

type Path = readonly (string | number)[]

/** The paths of all values. */
function pathsOf(data: unknown, path: Path = []): Path[] {
  if (typeof data !== 'object' || data === null) return [path]
  return Object.entries(data).flatMap(([key, value]) => pathsOf(value, [...path, key]))
}

function place(data: object, path: Path, value: unknown): void {
  let at = data as Record<string, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[path.at(-1) ?? ''] = value
}
