/** Reports outlive the pod: in a ConfigMap beside the checkup's, however the run ended. */
import { expect } from 'chai'
import { RUN_LABEL } from '../../support/model/testbed.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { isReport, type KeptReports, keptReports } from './kept-reports.fixture.ts'
import { CONFIG_MAP, ScriptedLab, type SuiteEnd } from './scripted-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const EVERYTHING = ['bundle.tar.gz', 'report.json', 'junit_dpdk-checkup.xml', 'dpdk-checkup-summary.html']
const NAME = 'status.result.reportConfigMap'

function mustBeKept(lab: ScriptedLab, end: SuiteEnd): KeptReports {
  const kept = keptReports(lab.server.store, NAMESPACE)
  if (kept === undefined) throw new Error(`no reports were kept: ${end.output}`)
  return kept
}

/** What happens to the reports and to the VMIs, each thing once in a row. */
function changesOf({ server: { store } }: ScriptedLab): readonly string[] {
  const changes: string[] = []
  const note = (change: string) => {
    if (changes.at(-1) !== change) changes.push(change)
  }
  store.onChange(CONFIG_MAPS, ({ object }) => {
    if (isReport(object)) note((object['data'] as Record<string, string>)['state'] ?? '')
  })
  store.onChange(VMI, ({ object }) => {
    if (object.metadata.deletionTimestamp !== undefined) note('VMIs removed')
  })
  return changes
}

describe('the reports of a run', () => {
  it('are kept in a ConfigMap that the status names, and go with the checkup’s own', async () => {
    await using lab = await ScriptedLab.start()
    const end = await lab.run()
    const { object, data, files, report } = mustBeKept(lab, end)
    const { store } = lab.server
    const owner = store.get(CONFIG_MAPS, NAMESPACE, CONFIG_MAP)
    expect(end.exitCode, end.output).to.equal(0)
    expect(end.data?.[NAME]).to.equal('config-report').and.to.equal(object.metadata.name)
    expect(object.metadata.ownerReferences).to.deep.equal([
      { apiVersion: 'v1', kind: 'ConfigMap', name: CONFIG_MAP, uid: owner?.metadata.uid },
    ])
    expect(object.metadata.labels).not.to.have.property(RUN_LABEL)
    expect(data).to.deep.equal({
      startTimestamp: end.data?.['status.startTimestamp'],
      verdict: 'passed',
      state: 'final',
      leftOut: '',
    })
    expect([...files.keys()]).to.have.members(EVERYTHING)
    // The same files as where the suite ran, which are written once.
    expect(report).to.deep.equal(end.report)
    expect(report.completedAt).to.equal(end.data?.['status.completionTimestamp'])
    expect(files.get('junit_dpdk-checkup.xml')?.toString()).to.equal(end.junit)
    expect(files.get('dpdk-checkup-summary.html')?.toString()).to.equal(end.pages[0])

    store.delete(CONFIG_MAPS, NAMESPACE, CONFIG_MAP)
    expect(keptReports(store, NAMESPACE)).to.equal(undefined)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`are kept before the testbed is removed where ${signal} ends the run, and to its end where it has one`, async () => {
      await using lab = await ScriptedLab.start()
      const changes = changesOf(lab)
      const suite = await lab.startSuite()
      await suite.said('send packets …')
      suite.process.kill(signal)
      const end = await suite.end()
      expect(changes, end.output).to.deep.equal(['before-teardown', 'VMIs removed', 'final'])
      expect(end.data?.[NAME]).to.equal('config-report')
      const { data, report } = mustBeKept(lab, end)
      expect(data['verdict']).to.equal('error')
      expect(report.failureReasons.join()).to.include(`interrupted by ${signal}`)
      expect(report).to.deep.equal(end.report)
    })

  it('tell as much as is known where the run is killed while it removes its testbed', async () => {
    await using lab = await ScriptedLab.start()
    const suite = await lab.startSuite()
    await suite.said('send packets …')
    lab.server.store.onChange(CONFIG_MAPS, ({ object }) => {
      if (isReport(object)) suite.process.kill('SIGKILL')
    })
    suite.process.kill('SIGTERM')
    const end = await suite.end()
    expect(end.data).not.to.have.property('status.completionTimestamp')
    const { data, files, report } = mustBeKept(lab, end)
    expect(data).to.include({ verdict: 'error', state: 'before-teardown' })
    expect(data['leftOut']).to.equal('dpdk-checkup-summary.html\nmochawesome.html')
    expect([...files.keys()]).to.have.members(['bundle.tar.gz', 'report.json', 'junit_dpdk-checkup.xml'])
    expect(report.warnings.join()).to.include('before the testbed was removed')
    expect(report.failureReasons.join()).to.include('interrupted by SIGTERM')
  })

  it('are kept where spec.timeout ends the run', async () => {
    await using lab = await ScriptedLab.start({
      parameters: { 'spec.timeout': '20s', 'spec.param.testDuration': '10m' },
    })
    const end = await lab.run()
    expect(end.exitCode, end.output).to.equal(2)
    const { data, files } = mustBeKept(lab, end)
    expect(data).to.include({ verdict: 'error', state: 'final' })
    expect([...files.keys()]).to.have.members(EVERYTHING)
  })

  it('are kept where nothing could be begun, and where no report could be written here', async () => {
    await using lab = await ScriptedLab.start({ parameters: { 'spec.timeout': 'soon' } })
    const end = await (await lab.startSuite({ reports: 'no folder' })).end()
    expect(end.exitCode).to.equal(2)
    const { report, files } = mustBeKept(lab, end)
    expect(report.failureReasons.join()).to.include('spec.timeout')
    expect([...files.keys()]).to.have.members(EVERYTHING)
  })

  it('are not kept, with a warning, where that is refused', async () => {
    await using lab = await ScriptedLab.start({
      api: [{ request: /^GET \S*configmaps\/config-report$/, fault: { status: 403 } }],
    })
    const end = await lab.run()
    expect(end.exitCode, end.output).to.equal(0)
    expect(end.data).to.include({ [NAME]: '', 'status.result.verdict': 'passed' })
    expect(end.data?.['status.result.warnings']).to.include('the reports could not be kept in a ConfigMap')
  })
})
