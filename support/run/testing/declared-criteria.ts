/** The criteria that spec files declare, in order, to compare them with the records. */
import { fileURLToPath } from 'node:url'
import Mocha from 'mocha'
import { criterionOf } from '../../report/publish.ts'

const ROOT = new URL('../../../', import.meta.url)

export interface DeclaredCriterion {
  readonly id: string
  readonly title: string
  /** Title of the mocha test. */
  readonly testTitle: string
}

/**
 * Loads the spec files. Node.js loads a file once per process, so nothing may have loaded them before.
 * @param specs relative to the root folder
 */
export async function declaredIn(specs: readonly string[]): Promise<DeclaredCriterion[]> {
  const names = ['describe', 'it', 'before', 'after', 'beforeEach', 'afterEach']
  const mine = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  const mocha = new Mocha()
  for (const file of specs) mocha.addFile(fileURLToPath(new URL(file, ROOT)))
  await mocha.loadFilesAsync()
  // Loading gave the globals to that suite.
  for (const [name, descriptor] of mine)
    if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor)
  const criteria: DeclaredCriterion[] = []
  mocha.suite.eachTest((test) => {
    const { id = 'no id', title = 'no title' } = criterionOf(test) ?? {}
    criteria.push({ id, title, testTitle: test.title })
  })
  return criteria
}
