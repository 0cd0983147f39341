/** Compares the README and the handwritten parts of docs/ with the code that they describe. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse, parseAllDocuments } from 'yaml'
import { grouped } from '../../support/common/text.ts'
import { planCpus } from '../../support/model/cpu-plan.ts'
import { writeCpuList } from '../../support/model/cpu-list.ts'
import { EXIT_CODES } from '../../support/model/exit-codes.ts'
import { FRAME_BYTES, FRAME_WITH_FCS_BYTES } from '../../support/model/frame.ts'
import { RATE_TO_REACH } from '../../support/model/shortfall.ts'
import { VMI_NEEDS } from '../../support/model/vmi-needs.ts'
import { USUAL_CRITERIA } from '../../support/readiness/criteria/criteria.ts'
import type { Parameter } from '../../support/readiness/parameter.ts'
import { PARAMETER_PREFIX, PARAMETERS, TIMEOUT, TIMEOUT_KEY } from '../../support/readiness/parameters.ts'
import { PERMISSIONS } from '../../support/readiness/preflight/permissions.ts'
import { LOSS_TOLERANCE, RATE_TOLERANCE } from '../../support/report/compare.ts'
import { configMapStatus } from '../../support/report/configmap.ts'
import { exampleCapacity } from '../../support/report/capacity.fixture.ts'
import { exampleLatency } from '../../support/report/latency.fixture.ts'
import { exampleReport } from '../../support/report/example.fixture.ts'
import { judgedMatrix } from '../../support/nodes/matrix.fixture.ts'
import { pathLines } from '../../support/report/path-text.ts'
import {
  BUNDLE_FILE,
  CERTIFICATE_FILE,
  HTML_FILE,
  JSON_FILE,
  JUNIT_FILE,
  METRICS_FILE,
  NODES_FILE,
  SUMMARY_FILE,
} from '../../support/report/report-folders.ts'
import { KEPT_RUNS } from '../../support/report/run-folders.ts'
import { outcomeCounts, verdictSentence } from '../../support/report/verdict-text.ts'
import { defaultRate } from '../default-rate.ts'
import { REPORT_CONFIG_MAP_KEY } from '../../support/model/status-keys.ts'

const ROOT = new URL('../..', import.meta.url)
const page = (name: string): string => readFileSync(new URL(name, ROOT), 'utf8')
const README = page('README.md')
const LAB = page('docs/lab.md')
const VERDICTS = page('docs/verdicts.md')

/** The rows of the table below a heading, each as its cells, without the header. */
function table(text: string, heading: string): string[][] {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
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
    const rows = table(README, 'Parameters')
    expect(rows).to.have.length(7)
    for (const [key = '', ...cells] of rows) {
      const { doc, default: usual, isMandatory } = records.get(code(key)) ?? expect.fail(key)
      const value = isMandatory ? 'mandatory' : usual === undefined ? '' : `\`${usual}\``
      expect(cells, key).to.deep.equal([doc.replaceAll('|', '\\|').replace('](', '](docs/'), value])
    }
  })

  it('counts the criteria', () => {
    expect(README).to.match(new RegExp(`^There are ${USUAL_CRITERIA.length} \\[criteria\\]`, 'm'))
  })

  it('has the exit code of each verdict, as the page of verdicts has it', () => {
    const expected = Object.entries(EXIT_CODES).map(([verdict, exit]) => [`${exit}`, `\`${verdict}\``])
    const ofReadme = table(README, 'Verdicts and exit codes').map((cells) => cells.slice(0, 2))
    const ofPage = table(VERDICTS, 'Verdicts').map(([verdict, exit]) => [exit, verdict])
    expect(ofReadme).to.have.deep.members(expected)
    expect(ofPage).to.have.deep.members(expected)
  })
})

describe('the pages of docs/', () => {
  it('tell what the plan of the testbed and the rules of the verdict say', () => {
    const { topology, isolated } = planCpus()
    const oneLine = (text: string) => text.replace(/\s+/g, ' ')
    expect(oneLine(page('docs/cluster.md')))
      .to.include(
        `takes ${VMI_NEEDS.vcpus} CPUs and one more for its emulator thread, ${VMI_NEEDS.memoryGi} GiB of hugepages and ${VMI_NEEDS.vfs} VFs`,
      )
      .and.include(`${topology.cores} cores of ${topology.threads} threads on dedicated CPUs`)
      .and.include(`${VMI_NEEDS.memoryGi} GiB of 1 GiB hugepages and two VFs`)
      .and.include(`isolates CPUs ${writeCpuList(isolated)} if`)
      .and.include(`frames of ${FRAME_BYTES} bytes (${FRAME_WITH_FCS_BYTES} with their FCS)`)
    expect(oneLine(VERDICTS))
      .to.include(`less than ${RATE_TO_REACH * 100} % of the requested packets`)
      .and.include(`less than ${RATE_TO_REACH * 100} % of the rate`)
    expect(VMI_NEEDS.vfs).to.equal(2)
  })

  it('tell what counts as a regression, and how many runs are kept', () => {
    const text = page('docs/results.md').replace(/\s+/g, ' ')
    expect(text)
      .to.include(`a share of lost packets that grew by more than ${LOSS_TOLERANCE * 100} %`)
      .and.include(`lower by more than ${RATE_TOLERANCE * 100} %`)
      .and.include(`The last ${KEPT_RUNS} are kept`)
  })

  it('tell the rates that the lab chooses', () => {
    const rate = (execution: 'tcg' | 'kvm', cpus: number) =>
      grouped(defaultRate(execution, cpus).packetsPerSecond)
    const text = LAB.replace(/\s+/g, ' ')
    expect(text)
      .to.include(`without KVM ${rate('tcg', 2)} packets/s on two or three cores and ${rate('tcg', 4)} from`)
      .and.include(`with KVM ${rate('kvm', 2)}, ${rate('kvm', 4)} from four cores, ${rate('kvm', 8)} from`)
  })

  it('have all results', () => {
    const keys = table(page('docs/results.md'), 'Keys in the ConfigMap').flatMap(([key = '']) =>
      key.split(', ').map(code),
    )
    const example = exampleReport('passed')
    const traffic = example.traffic && { ...example.traffic, directions: 2 as const }
    const more = {
      simulated: true as const,
      capacity: exampleCapacity(),
      latency: exampleLatency(),
      nodeMatrix: judgedMatrix(),
      waivers: [],
    }
    const all = { ...example, traffic, ...more }
    expect(keys).to.have.members([...Object.keys(configMapStatus(all)), REPORT_CONFIG_MAP_KEY])
  })

  it('have all report files', () => {
    const files = table(page('docs/results.md'), 'Report files').map(([file]) => code(file))
    expect(files).to.have.members([
      SUMMARY_FILE,
      JUNIT_FILE,
      JSON_FILE,
      HTML_FILE,
      METRICS_FILE,
      NODES_FILE,
      BUNDLE_FILE,
      CERTIFICATE_FILE,
    ])
  })

  it("show the manifests' ConfigMap as it is", () => {
    const shown = /```yaml\n([^]*?kind: ConfigMap[^]*?)```/.exec(page('docs/parameters.md'))?.[1] ?? ''
    const file = page('fixtures/manifests/configmap.yaml')
    expect(parse(shown)).to.deep.equal(parse(file))
  })
})

describe('the output of npm start on the page of the lab', () => {
  const block = /<!-- output:start -->\s+```\n([^]*?)```\s+<!-- output:end -->/.exec(LAB)?.[1] ?? ''
  const criteria = USUAL_CRITERIA.length

  it('is a pass of all criteria but those that ask for target nodes, NUMA nodes and a tracer', () => {
    const report = exampleReport('passed')
    const one = { id: 'x.y', title: '', message: '', evidence: [], duration: 0 }
    const outcomes = outcomeCounts([
      ...Array.from({ length: criteria - 3 }, () => ({ ...one, outcome: 'passed' as const })),
      ...Array.from({ length: 3 }, () => ({ ...one, outcome: 'not-judged' as const })),
    ])
    expect(block).to.include(`\nPASSED  ${verdictSentence(report)}: nodes `)
    expect(block).to.include(`\n${outcomes}:\n  scheduling.nodes: `)
    expect(block).to.include(`\nExit code ${EXIT_CODES.passed}\n`)
  })

  it('has the groups and the path of such a run', () => {
    const { traffic } = exampleReport('passed')
    const path = traffic === undefined ? [] : pathLines(traffic)
    expect(path).to.have.lengthOf(4)
    for (const line of path) expect(block).to.include(line.trim().split(/ {2,}/)[0] ?? line)
    for (const title of ['Preflight', 'Scheduling', 'Guests', 'Links', 'Traffic'])
      expect(block).to.match(new RegExp(`^✔ ${title} +\\S.* \\S+s$`, 'm'))
    expect(block).to.match(
      new RegExp(`^Reports {2}reports/\\d{4}-\\d\\d-\\d\\dT\\d{6}Z-passed/ +open ${SUMMARY_FILE}$`, 'm'),
    )
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
    // The role grants both verbs on both subresources, but the suite needs only one verb on each.
    const spare = [
      'update subresources.kubevirt.io/virtualmachineinstances/console',
      'get subresources.kubevirt.io/virtualmachineinstances/softreboot',
    ]
    expect(new Set(granted)).to.deep.equal(new Set([...asked, ...spare]))
  })
})
