/** The criteria of both suites, as their specs declare them, in the order they are judged. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Mocha from 'mocha'
import { criterionIdOf } from '../../../support/report/publish.ts'

const ROOT = new URL('../../../', import.meta.url)

export interface DeclaredCriterion {
  readonly id: string
  readonly title: string
}

/** Node.js loads a file once in a process: later askers are told what the first one found. */
let readiness: Promise<DeclaredCriterion[]> | undefined
let rootless: Promise<DeclaredCriterion[]> | undefined

export function readinessCriteria(): Promise<DeclaredCriterion[]> {
  const { spec } = JSON.parse(readFileSync(new URL('.mocharc.json', ROOT), 'utf8')) as { spec: string[] }
  return (readiness ??= declaredIn(spec))
}

export function rootlessCriteria(): Promise<DeclaredCriterion[]> {
  const files = ['forwarding', 'privileges', 'tap'].map((name) => `specs/rootless/${name}.spec.ts`)
  return (rootless ??= declaredIn(files))
}

async function declaredIn(specs: readonly string[]): Promise<DeclaredCriterion[]> {
  const names = ['describe', 'it', 'before', 'after', 'beforeEach', 'afterEach']
  const mine = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  const mocha = new Mocha()
  for (const file of specs) mocha.addFile(fileURLToPath(new URL(file, ROOT)))
  await mocha.loadFilesAsync()
  // Loading gave the globals to that suite.
  for (const [name, descriptor] of mine)
    if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor)
  const criteria: DeclaredCriterion[] = []
  mocha.suite.eachTest((test) => criteria.push({ id: criterionIdOf(test) ?? 'no id', title: test.title }))
  return criteria
}
