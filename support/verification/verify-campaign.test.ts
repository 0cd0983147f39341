import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { digestOf } from '../common/canonical-json.ts'
import { InvalidInputError } from '../common/errors.ts'
import { type CampaignPlan, judgeCampaign } from '../model/campaign.ts'
import { campaignFiles, packCampaign, type PackedRun } from '../report/campaign-package.ts'
import { ENVELOPE_FILE, envelopeOf } from '../report/envelope.ts'
import { type BundleFiles, MANIFEST_FILE, manifestOf } from '../report/manifest.ts'
import { campaignStatement, STATEMENT_FILE } from '../report/statement.ts'
import { Unpacking } from '../report/unpacking.ts'
import { lostRun, ONCE, runOf, telcoReport } from './campaign.fixture.ts'
import { verifyCampaign } from './verify-campaign.ts'

async function refusalOf(files: BundleFiles): Promise<readonly string[]> {
  return verifyCampaign(files).then(
    () => expect.fail('it was verified'),
    (error: unknown) => {
      if (error instanceof InvalidInputError) return error.violations
      throw error
    },
  )
}

async function filesOf(runs: readonly PackedRun[], plan: CampaignPlan = ONCE): Promise<Map<string, Buffer>> {
  const unpacking = new Unpacking()
  await unpacking.addArchive(await packCampaign(campaignFiles(plan, runs), new Date(0)))
  return new Map(unpacking.files)
}

/** With a manifest of the files as they are now, as somebody would make it who changes a package. */
function resealed(files: Map<string, Buffer>): Map<string, Buffer> {
  const listed = new Map([...files].filter(([name]) => name !== MANIFEST_FILE && name !== STATEMENT_FILE))
  return new Map([...files, [MANIFEST_FILE, Buffer.from(manifestOf(listed))]])
}

describe('the verification of a campaign', () => {
  let runs: readonly PackedRun[] = []
  let files = new Map<string, Buffer>()
  before(async () => {
    runs = [
      await runOf('64', telcoReport('64', 0, { lost: 240 })),
      await runOf('64', telcoReport('64', 1)),
      await runOf('imix', telcoReport('imix', 2)),
      await runOf('1518', telcoReport('1518', 3)),
    ]
    files = await filesOf(runs)
  })

  it('verifies every run in it, and shows the one that was repeated on the certificate', async () => {
    const verified = await verifyCampaign(files)
    expect(verified.campaign.runs.map(({ verdict }) => verdict)).to.deep.equal([
      'failed',
      'passed',
      'passed',
      'passed',
    ])
    expect(verified.result).to.include({ verdict: 'passed', whyNot: undefined })
    expect(verified.certificate).to.equal('compared')
    for (const { judgedAgain } of verified.runs) expect(judgedAgain).to.include('traffic.no-loss')
    const page = files.get('certificate.html')?.toString() ?? ''
    expect(page)
      .to.include('1 of 4 runs did not pass')
      .and.include('traffic.no-tx-drops')
      .and.include('frames of <b>64</b> bytes, <b>imix</b> and frames of <b>1518</b> bytes')
    const { predicate } = JSON.parse(verified.statement.toString()) as { predicate: Record<string, unknown> }
    expect(predicate).to.deep.include({
      result: 'WARNED',
      passedTests: ['frameSize=imix', 'frameSize=1518'],
      warnedTests: ['frameSize=64'],
      failedTests: [],
    })
  })

  it('gives no certificate where a size has no pass, or the environment changed', async () => {
    const short = await verifyCampaign(await filesOf(runs.slice(0, 3)))
    expect(short.result.verdict).to.equal('inconclusive')
    expect(short.result.whyNot).to.equal('each size of frames needs 1 pass, there are 0 with frameSize=1518')
    expect(short.certificate).to.equal('none')
    const report = telcoReport('1518', 3)
    const guests = report.guests.map((guest) => ({ ...guest, kernel: '6.12.9' }))
    const changed = [...runs.slice(0, 3), await runOf('1518', { ...report, guests })]
    const other = await verifyCampaign(await filesOf(changed))
    expect(other.result).to.include({
      verdict: 'passed',
      whyNot: 'the environment of run 4 is not that of run 2',
    })
    expect(other.certificate).to.equal('none')
  })

  it('shows a run that left nothing', async () => {
    const all = await filesOf([lostRun('64'), ...runs.slice(1)])
    const { campaign, result } = await verifyCampaign(all)
    expect(campaign.runs[0]).to.deep.equal({ frameSize: '64' })
    expect(result.sizes[0]).to.include({ unmet: 1 })
    expect(all.get('certificate.html')?.toString()).to.include('the run wrote no bundle')
    const last = await verifyCampaign(await filesOf([...runs.slice(1, 3), lostRun('1518')]))
    expect(last.result.verdict).to.equal('error')
  })

  it('refuses a flipped bit in each of its files', async () => {
    for (const [name, content] of files)
      for (const at of [0, Math.floor(content.length / 2), content.length - 1]) {
        const changed = Buffer.from(content)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        expect(await refusalOf(new Map([...files, [name, changed]])), name)
          .to.have.property('length')
          .above(0)
      }
  })

  it('refuses a run that is missing, too many or of another campaign, though all digests are right', async () => {
    const without = (name: string) => resealed(new Map([...files].filter(([each]) => each !== name)))
    expect(await refusalOf(without('runs/01.tar.gz'))).to.deep.equal([
      'runs/01.tar.gz is missing: campaign.json names it',
    ])
    const more = new Map([...files, ['runs/05.tar.gz', files.get('runs/01.tar.gz') ?? Buffer.of()]])
    expect(await refusalOf(resealed(more))).to.deep.equal(['runs/05.tar.gz is not named by campaign.json'])
    const swapped = new Map([...files, ['runs/01.tar.gz', files.get('runs/02.tar.gz') ?? Buffer.of()]])
    expect(await refusalOf(resealed(swapped))).to.deep.equal(['run 2 is the same run as run 1'])
  })

  it('refuses runs that do not belong together', async () => {
    const [, second, third] = runs as [PackedRun, PackedRun, PackedRun]
    const elsewhere = telcoReport('1518', 3)
    const cases: readonly (readonly [string, PackedRun])[] = [
      [
        'run 3 is of another cluster',
        await runOf('1518', { ...elsewhere, cluster: { ...elsewhere.cluster, uid: 'another' } }),
      ],
      ['run 3 is the same run as run 1', { ...second, frameSize: '64' }],
      ['run 3 began before run 2 had ended', await runOf('1518', telcoReport('1518', 0))],
      ['run 3 has other frames than 1518', await runOf('1518', telcoReport('64', 3))],
      [
        'run 3 has other parameters: networkAttachmentDefinitionName',
        await runOf(
          '1518',
          telcoReport('1518', 3, {
            parameters: { ...elsewhere.parameters, networkAttachmentDefinitionName: 'other-network' },
          }),
        ),
      ],
    ]
    for (const [sentence, run] of cases)
      expect(await refusalOf(await filesOf([second, third, run])), sentence).to.include(sentence)
  })

  it('refuses other texts about the same runs', async () => {
    const changes: readonly (readonly [string, (text: string) => string, RegExp])[] = [
      [
        'campaign.json',
        (text) => text.replace('"verdict":"failed"', '"verdict":"passed"'),
        /^campaign\.json is not that of the runs/,
      ],
      [
        'campaign.json',
        (text) => text.replace('"1518"]', '"9018"]'),
        /sizes of frames are not those of profile telco/,
      ],
      [
        'campaign.json',
        (text) => text.replace('campaign-v1', 'campaign-v2'),
        /take the suite of that version/,
      ],
      ['campaign.json', () => '{"apiVersion":', /is not JSON/],
      [
        'certificate.html',
        (text) => text.replace('1 of 4 runs', '0 of 4 runs'),
        /^certificate\.html is not that/,
      ],
    ]
    for (const [name, change, sentence] of changes) {
      const text = change(files.get(name)?.toString() ?? '')
      const changed = resealed(new Map([...files, [name, Buffer.from(text)]]))
      const digest = digestOf(changed.get(MANIFEST_FILE) ?? '')
      const statement = campaignStatement(ONCE, runs, judgeCampaign(ONCE, runs), digest)
      changed.set(STATEMENT_FILE, Buffer.from(statement))
      expect((await refusalOf(changed)).join()).to.match(sentence)
    }
    const bare = new Map([...files].filter(([name]) => name !== 'certificate.html'))
    expect(await refusalOf(resealed(bare))).to.deep.equal(['statement.json does not belong to these files'])
  })

  it('refuses a run whose bundle leads out of its folder', async () => {
    const { packTar } = await import('../report/bundle.ts')
    const evil = await packTar([['dpdk-checkup-x/../../etc/passwd', Buffer.from('x')]], new Date(0))
    const changed = resealed(new Map([...files, ['runs/01.tar.gz', evil]]))
    expect((await refusalOf(changed)).join()).to.match(
      /^runs\/01\.tar\.gz: it cannot be read: .* is not a name/,
    )
  })

  it('checks a signature', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const statement = files.get(STATEMENT_FILE) ?? expect.fail()
    const signed = new Map([...files, [ENVELOPE_FILE, Buffer.from(envelopeOf(statement, privateKey))]])
    expect((await verifyCampaign(signed, publicKey)).signature).to.equal('checked')
    expect((await verifyCampaign(files)).signature).to.equal('none')
    const { publicKey: other } = generateKeyPairSync('ed25519')
    const refused = await verifyCampaign(signed, other).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(InvalidInputError)
  })
})
