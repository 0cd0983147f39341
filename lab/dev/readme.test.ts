/** The README's tables against the code they speak of. */
import { ESSENTIAL, LOOKED_AT } from '../../support/readiness/claimed-criteria.ts'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse, parseAllDocuments } from 'yaml'
import { planCpus } from '../../support/model/cpu-plan.ts'
import { writeCpuList } from '../../support/model/cpu-list.ts'
import { FRAME_BYTES, FRAME_WITH_FCS_BYTES } from '../../support/model/frame.ts'
import { RATE_TO_REACH } from '../../support/model/shortfall.ts'
import { VMI_NEEDS } from '../../support/model/vmi-needs.ts'
import type { Parameter } from '../../support/readiness/parameter.ts'
import { PARAMETER_PREFIX, PARAMETERS, TIMEOUT, TIMEOUT_KEY } from '../../support/readiness/parameters.ts'
import { PERMISSIONS } from '../../support/readiness/preflight/permissions.ts'
import { configMapStatus } from '../../support/report/configmap.ts'
import { ledgerLines } from '../../support/report/evidence-text.ts'
import { exampleReport } from '../../support/report/example.fixture.ts'
import { BUNDLE_FILE, HTML_FILE, JSON_FILE, JUNIT_FILE, SUMMARY_FILE } from '../../support/report/places.ts'
import { outcomeCounts, verdictSentence } from '../../support/report/verdict-text.ts'
import { rootlessCriteria } from './docs/declared-criteria.ts'

const ROOT = new URL('../..', import.meta.url)
const README = readFileSync(new URL('README.md', ROOT), 'utf8')

/** Rows of the table under a heading, cell by cell, without the header. */
function table(heading: string): string[][] {
  const section = README.split(/^###? /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function code(cell = ''): string {
  return cell.replace(/^`|`$/g, '')
}

describe('the README', () => {
  it('has the usual parameters with their meaning and defaults', () => {
    const records = new Map<string, Parameter<unknown>>([
      [TIMEOUT_KEY, TIMEOUT],
      ...Object.entries(PARAMETERS).map(([name, record]) => [PARAMETER_PREFIX + name, record] as const),
    ])
    const rows = table('Parameters')
    expect(rows).to.have.length(7)
    for (const [key = '', ...cells] of rows) {
      const { doc, default: usual, isMandatory } = records.get(code(key)) ?? expect.fail(key)
      const value = isMandatory ? 'mandatory' : usual === undefined ? '' : `\`${usual}\``
      expect(cells, key).to.deep.equal([doc.replaceAll('|', '\\|').replace('](', '](docs/'), value])
    }
  })

  it('tells what the plan of the testbed and the rules of the verdict say', () => {
    const { topology, isolated } = planCpus()
    const words = README.replace(/\s+/g, ' ')
    expect(words)
      .to.include(`${topology.cores} cores of ${topology.threads} threads on dedicated CPUs`)
      .and.include(`${VMI_NEEDS.hugepages} GiB of 1 GiB hugepages and two VFs`)
      .and.include(`isolates CPUs ${writeCpuList(isolated)} where`)
      .and.include(`frames of ${FRAME_BYTES} bytes (${FRAME_WITH_FCS_BYTES} with their FCS)`)
      .and.include(`less than ${RATE_TO_REACH * 100} % of the packets asked for`)
      .and.include(`less than ${RATE_TO_REACH * 100} % of the rate`)
    expect(VMI_NEEDS.vfs).to.equal(2)
  })

  it('has all results', () => {
    const keys = table('Results in the ConfigMap').flatMap(([key = '']) => key.split(', ').map(code))
    expect(keys).to.have.members(
      Object.keys(configMapStatus({ ...exampleReport('passed'), simulated: true })),
    )
  })

  it('has all criteria of the rootless pods', async () => {
    const declared = await rootlessCriteria()
    expect(table('Criteria of the rootless pods')).to.deep.equal(
      declared.map(({ id, title }) => [`\`${id}\``, title]),
    )
  })

  it("shows the manifests' ConfigMap as it is", () => {
    const shown = /```yaml\n([^]*?kind: ConfigMap[^]*?)```/.exec(README)?.[1] ?? ''
    const file = readFileSync(new URL('fixtures/manifests/configmap.yaml', ROOT), 'utf8')
    expect(parse(shown)).to.deep.equal(parse(file))
  })

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { scripts: object }
    const named = [...README.matchAll(/npm (?:run )?(start|test|(?<=run )[a-z:-]+)(?= |`|\n)/g)].map(
      ([, name]) => name,
    )
    const own = ['start', 'test', 'lab', 'images', 'deploy:machineconfig', 'deploy:testpmd-portforwarder']
    const more = ['preflight', 'sweep', 'report', 'diff', 'bench']
    const all = [...own, 'deploy:testpmd-tap', 'undeploy:testpmd-tap', ...more]
    expect(new Set(named)).to.deep.equal(new Set(all))
    expect(scripts).to.include.keys(all)
  })
})

describe('the output of npm start in the README', () => {
  const block = /<!-- output:start -->\s+```\n([^]*?)```\s+<!-- output:end -->/.exec(README)?.[1] ?? ''
  const criteria = ESSENTIAL.length + LOOKED_AT.length

  it('is a pass of all criteria but the one that asks for target nodes', () => {
    const report = exampleReport('passed')
    const one = { id: 'x.y', title: '', message: '', evidence: [], duration: 0 }
    const outcomes = outcomeCounts([
      ...Array.from({ length: criteria - 1 }, () => ({ ...one, outcome: 'passed' as const })),
      { ...one, outcome: 'not-judged' as const },
    ])
    expect(block).to.include(`\nVerdict: passed — ${verdictSentence(report)} (${outcomes})\n`)
    expect(block).to.include(`\nSkipped: 1 of ${criteria} criteria\n  scheduling.nodes: `)
  })

  it('has the tables, files and keys of such a run', () => {
    const { traffic } = exampleReport('passed')
    const ledger = traffic === undefined ? [] : ledgerLines(traffic.ledger)
    for (const line of ledger) expect(block).to.include(line.trim().split(/ {2,}/)[0] ?? line)
    expect(block).to.match(/^│phase +│ *from │ *took │spent on │outcome +│$/m)
    for (const file of [JSON_FILE, JUNIT_FILE, SUMMARY_FILE, HTML_FILE, BUNDLE_FILE])
      expect(block).to.match(new RegExp(`^  reports/\\d{4}-\\d\\d-\\d\\dT\\d{6}Z-passed/${file}$`, 'm'))
    for (const key of Object.keys(configMapStatus(exampleReport('passed'))))
      expect(block).to.include(`\n  ${key}: `)
  })
})

describe('the permissions manifest', () => {
  it('grants what the suite asks for and nothing more', () => {
    const file = readFileSync(new URL('fixtures/manifests/permissions.yaml', ROOT), 'utf8')
    const objects = parseAllDocuments(file).map(
      (document) => document.toJS() as { kind: string; rules?: Rule[] },
    )
    interface Rule {
      apiGroups: string[]
      resources: string[]
      verbs: string[]
    }
    const granted = objects.flatMap(({ rules = [] }) =>
      rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
        ),
      ),
    )
    const asked = PERMISSIONS.map(({ verb, group, resource }) => `${verb} ${group}/${resource}`)
    // The role grants both verbs on both subresources; each needs one of them.
    const spare = [
      'update subresources.kubevirt.io/virtualmachineinstances/console',
      'get subresources.kubevirt.io/virtualmachineinstances/softreboot',
    ]
    expect(new Set(granted)).to.deep.equal(new Set([...asked, ...spare]))
  })
})
