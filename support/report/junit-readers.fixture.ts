/** How Jenkins, Prow and Sonobuoy read a JUnit file: Jenkins' schema, Spyglass' view, and Sonobuoy's statuses. */
import { type SaxesAttributeNS, SaxesParser } from 'saxes'

interface ElementRule {
  readonly children: readonly string[]
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** Whether the element may contain text. */
  readonly text: boolean
}

const element = (
  children: readonly string[],
  required: readonly string[],
  optional: readonly string[] = [],
  text = false,
): ElementRule => ({ children, required, optional, text })
const problem = element([], [], ['type', 'message'], true)
const output = element([], [], [], true)

/** The rules of junit-10.xsd, published by Jenkins' xUnit plugin, which validates files against it. */
const RULES: Readonly<Record<string, ElementRule>> = {
  testsuites: element(['testsuite'], [], ['name', 'time', 'tests', 'failures', 'errors']),
  testsuite: element(
    ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    ['name', 'tests', 'failures', 'errors'],
    ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
  ),
  testcase: element(
    ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    ['name'],
    ['time', 'classname', 'group'],
  ),
  properties: element(['property'], []),
  property: element([], ['name', 'value']),
  failure: problem,
  error: problem,
  skipped: problem,
  'system-out': output,
  'system-err': output,
}
/** SUREFIRE_TIME of the schema, without commas, which Go's parser rejects. */
const TIME = /^\d+(\.\d+)?$/

/** A sentence for each violation of the rules. @throws if it is not XML */
export function junitViolations(xml: string): string[] {
  const violations: string[] = []
  const open: string[] = []
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const parent = open.at(-1)
    const allowed = parent === undefined ? ['testsuites'] : (RULES[parent]?.children ?? [])
    if (!allowed.includes(name)) violations.push(`${name} in ${parent ?? 'the document'}`)
    violations.push(...attributeViolations(name, attributes))
    open.push(name)
  })
  parser.on('closetag', () => {
    open.pop()
  })
  parser.on('text', (text) => {
    const parent = open.at(-1)
    if (text.trim() !== '' && parent !== undefined && RULES[parent]?.text !== true) {
      violations.push(`text in ${parent}`)
    }
  })
  parser.write(xml).close()
  return violations
}

function attributeViolations(name: string, attributes: Record<string, SaxesAttributeNS>): string[] {
  const { required = [], optional = [] } = RULES[name] ?? {}
  const given = Object.keys(attributes)
  const time = attributes['time']?.value
  return [
    ...required.filter((each) => !given.includes(each)).map((each) => `${name} without ${each}`),
    ...given
      .filter((each) => ![...required, ...optional].includes(each))
      .map((each) => `${name} with ${each}`),
    ...(time !== undefined && !TIME.test(time) ? [`${name} with the time ${time}`] : []),
  ]
}

/** A row in Spyglass' table of tests. */
export interface SpyglassTest {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped' | 'flaky'
  /** The expanded text: that of a failure; an error shows none. */
  readonly shown: string
}

/**
 * The tests as Prow's page shows them. Only a `failure` fails a test, cases with the same name are attempts of one
 * test, and a file with one malformed number or character is not shown at all.
 */
export function spyglassTests(xml: string): SpyglassTest[] {
  const tests = new Map<string, SpyglassTest>()
  let current: { name: string; status: SpyglassTest['status']; shown: string } | undefined
  let inFailure = false
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const { time = '0', classname = '', name: title = '' } = attributes
    if (!TIME.test(time)) throw new Error(`strconv.ParseFloat: parsing "${time}": invalid syntax`)
    if (name === 'testcase') current = { name: `${classname}: ${title}`, status: 'passed', shown: '' }
    if (current === undefined) return
    if (name === 'failure') current.status = 'failed'
    if (name === 'skipped') current.status = 'skipped'
    inFailure = name === 'failure'
  })
  parser.on('text', (text) => {
    if (inFailure && current !== undefined) current.shown += text
  })
  parser.on('closetag', ({ name }) => {
    inFailure = false
    if (name !== 'testcase' || current === undefined) return
    const before = tests.get(current.name)
    const isFlaky = before !== undefined && before.status !== current.status
    tests.set(current.name, isFlaky ? { ...current, status: 'flaky' } : current)
    current = undefined
  })
  parser.write(xml).close()
  return [...tests.values()]
}

/** What Sonobuoy makes of a JUnit file: `sonobuoy results` shows it. */
export interface SonobuoyResult {
  readonly status: 'passed' | 'failed' | 'unknown'
  readonly tests: readonly { readonly name: string; readonly status: 'passed' | 'failed' | 'skipped' }[]
}

const WHOLE = /^[+-]?\d+$/

/**
 * By vmware-tanzu/sonobuoy at 3075601, pkg/client/results/junit.go: a skipped test is skipped whatever else it has
 * (JUnitSkipped), a failure and an error are both `failed` (junitProcessReader), and a number that Go cannot read in a
 * suite makes the whole file unknown. processing.go, AggregateStatus: one failed test fails the file, skipped ones do not,
 * and a file without tests is unknown.
 */
export function sonobuoyResult(xml: string): SonobuoyResult {
  const tests: { name: string; status: 'passed' | 'failed' | 'skipped' }[] = []
  const unreadable: string[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'testsuite') {
      const { tests: count = '0', failures = '0', time = '0' } = attributes
      if (!WHOLE.test(count) || !WHOLE.test(failures) || !TIME.test(time)) unreadable.push(name)
    }
    if (name === 'testcase') tests.push({ name: attributes['name'] ?? '', status: 'passed' })
    const test = tests.at(-1)
    if (test === undefined || test.status === 'skipped') return
    if (name === 'skipped') test.status = 'skipped'
    else if (name === 'failure' || name === 'error') test.status = 'failed'
  })
  parser.write(xml).close()
  if (unreadable.length > 0) return { status: 'unknown', tests: [] }
  if (tests.length === 0) return { status: 'unknown', tests }
  return { status: tests.some(({ status }) => status === 'failed') ? 'failed' : 'passed', tests }
}
