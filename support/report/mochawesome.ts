/**
 * The report as mochawesome's HTML, in one self-contained file. The report is replayed to mochawesome as if mocha had
 * run its criteria. So the page agrees with the other reports even if a hook failed or the process ended early, where
 * mocha's own events are incomplete.
 */
import { plainText, shorten } from '../common/text.ts'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import Mocha from 'mocha'
import Mochawesome from 'mochawesome'
import { evidenceText, ledgerLines } from './evidence-text.ts'
import { pathNames } from './html/traffic.ts'
import { type Criterion, groupOf } from '../model/criterion-result.ts'
import type { Report } from '../model/report.ts'
import { directionText, testedDirections } from '../model/ledger.ts'
import { LIGHT, painted } from './pictures/palette.ts'
import { pathPicture } from './pictures/path-picture.ts'
import { timelinePicture } from './pictures/timeline-picture.ts'
import { timelineOf } from './timeline.ts'

const TEXT_LIMIT = 64 * 1024

/** @throws if the file cannot be written */
export async function renderMochawesome(report: Report, file: string): Promise<void> {
  const root = suiteOf(report)
  const runner = new Mocha.Runner(root, {})
  const reporter = new Mochawesome(runner, { reporterOptions: options(report, file) })
  replay(runner, root)
  // mochawesome measured the time of the replay.
  const { startedAt, completedAt } = report
  const [start, end] = [new Date(startedAt), new Date(completedAt)]
  Object.assign(reporter.output?.stats ?? {}, { start, end, duration: end.getTime() - start.getTime() })
  // mochawesome would hide an error of writing, or retry forever if the folder cannot be created.
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, '')
  await reporter.done(runner.failures, () => undefined)
  if ((await stat(file)).size === 0) throw new Error('mochawesome left the file empty')
}

function options(report: Report, file: string) {
  return {
    quiet: true,
    consoleReporter: 'none',
    code: false,
    html: true,
    json: false,
    reportDir: path.dirname(file),
    reportFilename: path.basename(file, '.html'),
    reportTitle: `DPDK checkup${report.simulated === true ? ' of a simulated cluster' : ''}: ${report.verdict}`,
    reportPageTitle: `DPDK checkup${report.simulated === true ? ' of a simulated cluster' : ''}`,
    inlineAssets: true,
    cdn: false,
    dev: false,
    autoOpen: false,
    overwrite: true,
    timestamp: false,
    charts: false,
    showHooks: 'never',
    showSkipped: true,
  }
}

/** One mocha suite per group of criteria, one test per criterion, with its outcome as state. */
function suiteOf(report: Report): Mocha.Suite {
  const root = new Mocha.Suite('', new Mocha.Context())
  root.root = true
  const groups = new Map<string, Mocha.Suite>()
  const drawn = pictures(report)
  const bearer = pictureBearer(report.criteria)
  for (const criterion of report.criteria) {
    const name = groupOf(criterion.id)
    const suite = groups.get(name) ?? Mocha.Suite.create(root, name)
    groups.set(name, suite)
    suite.addTest(testOf(criterion, report, criterion === bearer ? drawn : []))
  }
  return root
}

/** The traffic criterion that shows the pictures: the first that failed, else the last. */
function pictureBearer(criteria: readonly Criterion[]): Criterion | undefined {
  const all = criteria.filter(({ id }) => groupOf(id) === 'traffic')
  return all.find(({ outcome }) => outcome === 'failed') ?? all.at(-1)
}

interface Picture {
  readonly title: string
  readonly value: string
}

/** The path and the timeline from the summary page. */
function pictures(report: Report): Picture[] {
  const { traffic } = report
  if (traffic === undefined) return []
  const timeline = timelineOf(traffic)
  const drawn = testedDirections(traffic).map((direction) => ({
    title:
      traffic.directions === 2 ? `Path of the packets, ${directionText(direction)}` : 'Path of the packets',
    svg: pathPicture(direction, pathNames(report), 'wide'),
  }))
  if (timeline.intervals.length > 0) {
    drawn.push({
      title: 'Packets per second',
      svg: timelinePicture(timeline, { width: 920, height: 320 }).svg,
    })
  }
  return drawn.map(({ title, svg }) => ({ title, value: pictureAddress(svg) }))
}

/**
 * The picture as a data URL. mochawesome recognizes a picture by the last letters of a text; the part after `#` does
 * not belong to the picture.
 */
function pictureAddress(svg: string): string {
  const framed = svg.replace('<svg ', '<svg font-family="sans-serif" ')
  return `data:image/svg+xml;base64,${Buffer.from(painted(framed, LIGHT)).toString('base64')}#png`
}

function testOf(criterion: Criterion, report: Report, attached: readonly Picture[]): Mocha.Test {
  const { id, title, outcome, message, evidence, duration } = criterion
  const test = new Mocha.Test(line(title), () => undefined)
  test.duration = Math.round(duration)
  if (outcome === 'passed') test.state = 'passed'
  else if (outcome === 'not-judged') test.pending = true
  else {
    test.state = 'failed'
    const error = new Error(block(message))
    error.name = outcome
    error.stack = block([message, evidenceText(criterion)].filter(Boolean).join('\n\n'))
    test.err = error
  }
  // A single object, because mochawesome shows a text or a list as a link or a picture if it looks like one.
  const value: Record<string, unknown> = { id }
  if (outcome === 'not-judged') value['skipped'] = block(message)
  if (evidence.length > 0) value['evidence'] = evidence.map((each) => block(`${each.what}: ${each.value}`))
  if (report.traffic !== undefined && groupOf(id) === 'traffic') value['ledger'] = ledgerLines(report.traffic)
  return Object.assign(test, { context: [{ title: 'Criterion', value }, ...attached] })
}

/** Emits the events from which mochawesome counts. */
function replay(runner: Mocha.Runner, root: Mocha.Suite): void {
  const { constants } = Mocha.Runner
  const play = (suite: Mocha.Suite) => {
    runner.emit(constants.EVENT_SUITE_BEGIN, suite)
    for (const test of suite.tests) {
      runner.emit(constants.EVENT_TEST_BEGIN, test)
      if (test.isPending()) runner.emit(constants.EVENT_TEST_PENDING, test)
      else if (test.state === 'passed') runner.emit(constants.EVENT_TEST_PASS, test)
      else {
        runner.failures += 1
        runner.emit(constants.EVENT_TEST_FAIL, test, test.err)
      }
      runner.emit(constants.EVENT_TEST_END, test)
    }
    suite.suites.forEach(play)
    runner.emit(constants.EVENT_SUITE_END, suite)
  }
  runner.emit(constants.EVENT_RUN_BEGIN)
  play(root)
  runner.emit(constants.EVENT_RUN_END)
}

function line(text: string): string {
  return shorten(plainText(text), 1000)
}

function block(text: string): string {
  return shorten(plainText(text), TEXT_LIMIT)
}
