import { expect } from 'chai'
import { compareReports } from './compare.ts'
import { configMapStatus } from './configmap.ts'
import { exampleReport } from './example.fixture.ts'
import { junitViolations, spyglassTests } from './junit-readers.fixture.ts'
import { renderJunit } from './junit.ts'
import { renderMatrixCsv } from './matrix-csv.ts'
import { renderMetrics } from './metrics.ts'
import { redactReport } from './redact.ts'
import { renderSummary } from './summary.ts'
import { renderJson } from './json.ts'
import { parseReport } from './read-report.ts'
import type { Report } from '../model/report.ts'
import { judgedMatrix, type MatrixOptions, matrixOf } from '../nodes/matrix.fixture.ts'

/** A weak node, a bad pair and a hole. */
const FAULTS: MatrixOptions = {
  loss: ({ from, to }) =>
    from === 7 || to === 7 ? 0.2 : from === 1 && to === 2 ? 1 : from === 3 && to === 4 ? 'no VF was free' : 0,
}
const withMatrix = (options: MatrixOptions = FAULTS): Report => ({
  ...exampleReport('passed'),
  nodeMatrix: judgedMatrix(options),
})

describe('the node matrix in the reports', () => {
  it('is a JUnit case for each pair, under a name that never changes', () => {
    const junit = renderJunit(withMatrix())
    expect(junitViolations(junit)).to.deep.equal([])
    const pairs = spyglassTests(junit).filter(({ name }) => name.startsWith('dpdk-checkup.nodes.pairs: '))
    expect(pairs).to.have.lengthOf(132)
    const of = (status: string) => pairs.filter((each) => each.status === status)
    expect(of('failed')).to.have.lengthOf(23)
    expect(of('skipped').map(({ name }) => name)).to.deep.equal([
      'dpdk-checkup.nodes.pairs: node-03 to node-04',
    ])
    const bad = pairs.find(({ name }) => name === 'dpdk-checkup.nodes.pairs: node-01 to node-02')
    expect(bad?.shown)
      .to.contain('1,000,000 of 1,000,000 packets were lost (100 %)')
      .and.to.contain('VM east arrived 0 (1,000,000 lost on the way to the VM)')
  })

  it('is counts and weak nodes in the ConfigMap, where it was asked for', () => {
    expect(configMapStatus(withMatrix())).to.include({
      'status.result.nodesTested': '12',
      'status.result.nodesWeak': 'node-07',
    })
    expect(configMapStatus(withMatrix({}))).to.include({ 'status.result.nodesWeak': '' })
    expect(configMapStatus(exampleReport('passed'))).not.to.have.property('status.result.nodesTested')
  })

  it('is a table for spreadsheets, in which no name is a formula', () => {
    const lines = renderMatrixCsv(judgedMatrix({ ...FAULTS, zones: 3 })).split('\r\n')
    expect(lines).to.have.lengthOf(134)
    expect(lines[0]).to.match(/^sender,senderZone,receiver,receiverZone,outcome,why,attempts,/)
    expect(lines.find((line) => line.startsWith('node-01,zone-0,node-02,zone-0,'))).to.equal(
      'node-01,zone-0,node-02,zone-0,bad,"1,000,000 of 1,000,000 packets were lost (100 %)",1,false,1000000,1000,1000000,0,1,0,1000000,0,0,0,0,0,0,0,0,0,0,0',
    )
    expect(lines).to.include('node-03,zone-0,node-04,zone-1,hole,no VF was free')
    const matrix = judgedMatrix()
    const [first] = matrix.cells
    if (first !== undefined) first.sender = '=cmd|"x"!A1\n'
    expect(renderMatrixCsv(matrix)).to.include(`"'=cmd|""x""!A1",,node-`)
  })

  it('is a few lines of 80 columns in the closing text, whatever its size', () => {
    for (const nodes of [2, 12, 100]) {
      const all = withMatrix({ nodes, zones: 4, loss: ({ from, to }) => ((from * to) % 7 === 6 ? 0.5 : 0) })
      const text = renderSummary(all, { colors: false, files: [], columns: 80 })
      const section = text.slice(text.indexOf('Pairs of nodes: ')).split('\n\n')[0] ?? ''
      const lines = section.split('\n')
      expect(lines.length).to.be.within(1, 20)
      for (const line of lines) expect(line.length, line).to.be.at.most(80)
    }
    const text = renderSummary(withMatrix(), { colors: false, files: [] })
    expect(text).to.include(
      [
        'Pairs of nodes: 132 between 12 nodes, 108 good, 23 bad, 1 not measured',
        '  node-07 in both roles (22 of 22 pairs are bad)',
        '  node-01 to node-02',
      ].join('\n'),
    )
  })

  it('is counts and weak nodes for Prometheus', () => {
    const lines = renderMetrics(withMatrix()).split('\n')
    expect(lines).to.include.members([
      'dpdk_checkup_node_pairs{outcome="bad"} 23',
      'dpdk_checkup_node_pairs{outcome="hole"} 1',
      'dpdk_checkup_node_weak{node="node-07"} 1',
      'dpdk_checkup_node_weak{node="node-06"} 0',
    ])
    expect(renderMetrics(exampleReport('passed'))).not.to.include('dpdk_checkup_node')
  })

  it('is compared by its nodes', () => {
    const changes = (before: MatrixOptions, after: MatrixOptions) =>
      compareReports(withMatrix(before), withMatrix(after)).filter(({ section }) => section === 'Nodes')
    const weak = { section: 'Nodes', what: 'node-07', before: 'good', after: 'weak', kind: 'regression' }
    expect(changes({}, FAULTS)).to.deep.equal([weak])
    expect(changes(FAULTS, FAULTS)).to.deep.equal([])
    expect(changes(FAULTS, {})[0]).to.include({ after: 'good', kind: 'improvement' })
    expect(changes({ nodes: 5 }, FAULTS)).to.deep.equal([])
  })

  it('says how far an interrupted run came', () => {
    const matrix = matrixOf(FAULTS)
    const after = (cells: number): Report => ({
      ...exampleReport('passed'),
      nodeMatrix: { ...matrix, cells: matrix.cells.slice(0, cells) },
    })
    const report = after(5)
    const text = renderSummary(report, { colors: false, files: [] })
    expect(text).to.include('the run ended before all pairs of nodes were judged: 5 not judged')
    expect(text).to.include('--resume with the report of this run does not repeat them')
    const early = renderSummary(after(0), { colors: false, files: [] })
    expect(early).to.match(/^Pairs of nodes: 0 between \d+ nodes$/m)
    expect(early).to.include('judged: none').and.not.to.include('--resume')
    expect(configMapStatus(report)).to.include({ 'status.result.nodesWeak': '' })
  })

  it('is read back from report.json', () => {
    const report = withMatrix({ ...FAULTS, sameNode: true, zones: 3 })
    expect(parseReport(renderJson(report), 'report.json').nodeMatrix).to.deep.equal(report.nodeMatrix)
  })

  it('has no names of nodes in a redacted report', () => {
    const redacted = renderJson(redactReport(withMatrix()))
    expect(redacted).not.to.match(/(?<!redacted-)node-\d/)
    expect(redacted).to.include('"pairs": "all"')
  })
})
