/** A known failure of simulated guests, with a waiver that covers it, and one that does not. */
import { expect } from 'chai'
import { stringify } from 'yaml'
import { reportSchema } from '../../support/model/report.ts'
import { CONFIG_MAPS, NAMESPACES } from '../apiserver/kinds.ts'
import { CONFIG_MAP, ScriptedLab, type SuiteEnd } from './scripted-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const DAY = 24 * 3_600_000

function dayFromNow(days: number): string {
  return new Date(Date.now() + days * DAY).toISOString().slice(0, 10)
}

/** One percent of the packets is dropped: 200 at the VM under test, which do not come back either. */
async function runWith(limit: number, parameters: Readonly<Record<string, string>> = {}): Promise<SuiteEnd> {
  await using lab = await ScriptedLab.start({ hidden: false, scripted: { links: { vmTxDropped: 0.01 } } })
  const { store } = lab.server
  const cluster = store.get(NAMESPACES, undefined, 'kube-system')?.metadata.uid
  const waivers = ['traffic.no-tx-drops', 'traffic.no-return-loss'].map((criterion) => ({
    criterion,
    scope: { cluster },
    reason: 'The TX ring is enlarged next month.',
    owner: 'NFV team',
    ticket: 'NFV-7',
    issued: dayFromNow(-1),
    expires: dayFromNow(30),
    limit,
  }))
  const configMap = store.get(CONFIG_MAPS, NAMESPACE, CONFIG_MAP) ?? expect.fail('the lab has one')
  const data = {
    ...(configMap['data'] as object),
    'spec.param.waivers': stringify({ waivers }),
    ...parameters,
  }
  store.update(CONFIG_MAPS, { ...configMap, data })
  return await lab.run()
}

describe('a run with waivers', () => {
  it('passes with them, which is a failure unless it accepts that; the criteria stay failed', async () => {
    const { exitCode, data, junit, output, pages, report } = await runWith(200)
    expect(exitCode, output).to.equal(1)
    const { verdict, criteria, waivers, catalogue } = reportSchema.parse(report)
    expect(verdict, output).to.equal('passed-with-waivers')
    const failed = criteria.filter(({ outcome }) => outcome === 'failed')
    expect(failed.map(({ id, observed, waived }) => [id, observed?.value, waived?.ticket])).to.deep.equal([
      ['traffic.no-tx-drops', 200, 'NFV-7'],
      ['traffic.no-return-loss', 200, 'NFV-7'],
    ])
    expect(waivers).to.have.length(2)
    expect(catalogue?.digest).to.match(/^sha256:/)
    const until = `failed, waived until ${dayFromNow(30)} (NFV-7)`
    expect(data).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'passed-with-waivers' })
    expect(data?.['status.result.waived']).to.include(`traffic.no-tx-drops: ${until}`)
    expect(data?.['status.failureReason']).to.include('waived until')
    expect(output).to.include('PASSED-WITH-WAIVERS').and.include(until)
    expect(junit).to.include('<failure').and.include('name="waived.traffic.no-tx-drops"')
    expect(pages[0]).to.include(until)
  })

  it('is a success where it accepts them', async () => {
    const { exitCode, data, output } = await runWith(200, { 'spec.param.acceptWaivers': 'true' })
    expect(exitCode, output).to.equal(0)
    expect(data).to.include({ 'status.succeeded': 'true', 'status.failureReason': '' })
  })

  it('fails where more was lost than they cover', async () => {
    const { exitCode, data, output } = await runWith(199)
    expect(exitCode, output).to.equal(1)
    expect(data).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'failed' })
    expect(output).to.include('was not used: it covers at most 199 packets, and 200 were observed')
  })
})
