/** Reports outlive the pod in a ConfigMap next to the checkup's, however the run ended. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { reportSchema } from '../../support/model/report.ts'
import { RUN_LABEL } from '../../support/model/testbed.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { runCommand } from './command.fixture.ts'
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

/** The changes of the reports and of the VMIs in order, without immediate repetitions. */
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

interface Found {
  readonly exitCode: number | null
  readonly said: string
  readonly files: readonly string[]
  readonly content: (name: string) => Buffer
  readonly text: (name: string) => string
}

const COMMAND = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))

/** Runs `npx dpdk-checkup retrieve` as the namespace's administrator. */
async function retrieve(lab: ScriptedLab, ...options: readonly string[]): Promise<Found> {
  const folder = await mkdtemp(join(tmpdir(), 'retrieved-'))
  try {
    const kubeconfig = await lab.writeKubeconfig('admin')
    const args = ['retrieve', '-n', NAMESPACE, '--output', folder, ...options, CONFIG_MAP]
    const { exitCode, stdout, stderr } = await runCommand(COMMAND, args, { KUBECONFIG: kubeconfig })
    const contents = new Map<string, Buffer>()
    for (const name of await readdir(folder, { recursive: true })) {
      const path = join(folder, name)
      if ((await stat(path)).isFile()) contents.set(name.split('/').slice(1).join('/'), await readFile(path))
    }
    const content = (name: string) => contents.get(name) ?? Buffer.alloc(0)
    const text = (name: string) => content(name).toString()
    return { exitCode, said: stdout + stderr, files: [...contents.keys()], content, text }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The cluster's node names and MAC addresses in a report. */
function nodesAndAddresses(json: string): string[] {
  const { guests, cluster } = reportSchema.parse(JSON.parse(json))
  const nodes = [...(cluster.nodes ?? []), ...guests.map(({ nodeName }) => nodeName ?? '')]
  return [...new Set([...nodes, ...guests.flatMap(({ nics }) => nics.map(({ mac }) => mac))])]
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
    // The files are written once, so they equal those in the suite's own folder.
    expect(report).to.deep.equal(end.report)
    expect(report.completedAt).to.equal(end.data?.['status.completionTimestamp'])
    expect(files.get('junit_dpdk-checkup.xml')?.toString()).to.equal(end.junit)
    expect(files.get('dpdk-checkup-summary.html')?.toString()).to.equal(end.pages[0])

    store.delete(CONFIG_MAPS, NAMESPACE, CONFIG_MAP)
    expect(keptReports(store, NAMESPACE)).to.equal(undefined)
    expect((await retrieve(lab)).said).to.match(/^there is no ConfigMap target\/config; /)
  })

  it('are retrieved as they were, and again with nothing that tells of the cluster', async () => {
    await using lab = await ScriptedLab.start({ hidden: false, scripted: { links: { lostToVm: 0.1 } } })
    const end = await lab.run()
    expect(end.exitCode, end.output).to.equal(1)
    const found = await retrieve(lab)
    expect(found.said).to.match(/^The reports of the run of \S+ \(failed\) are in \S+Z-failed-config$/m)
    expect(JSON.parse(found.text('report.json'))).to.deep.equal(end.report)
    expect(found.text('dpdk-checkup-summary.html')).to.equal(end.pages[0])
    expect(found.files).to.include.members([
      'bundle.tar.gz',
      'run.log',
      'consoles/vm-under-test.log',
      'manifest.sha256',
    ])

    const redacted = await retrieve(lab, '--redact')
    expect(redacted.said).to.match(/^Open \S+Z-failed-config-redacted\/dpdk-checkup-summary.html$/m)
    const own = ['environment.json', 'manifest.sha256', 'statement.json']
    expect(redacted.files).to.have.members(found.files.filter((name) => !own.includes(name)))
    const telling = [...nodesAndAddresses(found.text('report.json')), new URL(lab.server.url).hostname]
    expect(telling).to.have.lengthOf(7)
    for (const name of redacted.files) {
      const text = name.endsWith('.gz') ? gunzipSync(redacted.content(name)).toString() : redacted.text(name)
      for (const each of telling) expect(text.includes(each), `${each} in ${name}`).to.equal(false)
    }
    const { verdict, guests } = reportSchema.parse(JSON.parse(redacted.text('report.json')))
    expect(verdict).to.equal('failed')
    expect(guests.map(({ nodeName }) => nodeName)).to.deep.equal(['redacted-node-1', 'redacted-node-2'])
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

  it('have everything known so far if the run is killed while it removes its testbed', async () => {
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
    const { said, files: retrieved } = await retrieve(lab)
    expect(said).to.include('before it removed its VMs')
    // The suite had no time to render the page; `retrieve` renders it.
    expect(retrieved).to.include.members(['dpdk-checkup-summary.html', 'report.json'])
  })

  it('are none where the run was killed, and it is said why', async () => {
    await using lab = await ScriptedLab.start({ parameters: { 'spec.timeout': '1s' } })
    expect((await retrieve(lab)).said).to.match(/^no run has taken ConfigMap target\/config yet/)
    const suite = await lab.startSuite()
    await suite.said('check the preconditions …')
    suite.process.kill('SIGKILL')
    await suite.end()
    expect(await retrieve(lab)).to.include({ exitCode: 2 })
    expect((await retrieve(lab)).said).to.match(
      /^the run of \S+ (has not ended: .* it was killed before that|was killed before)/,
    )
    expect(keptReports(lab.server.store, NAMESPACE)).to.equal(undefined)
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
