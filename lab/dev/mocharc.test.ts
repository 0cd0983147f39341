/** Which suite mocha runs for which arguments. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Configuration {
  readonly require: readonly string[]
  readonly spec: readonly string[]
}

function configuration(...args: string[]): Configuration {
  const print = `console.log(JSON.stringify(require('./.mocharc.cjs')))`
  const { stdout } = spawnSync(process.execPath, ['-e', print, '--', 'mocha', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return JSON.parse(stdout) as Configuration
}

describe("mocha's configuration", () => {
  for (const args of [[], ['specs/rootless'], ['specs/rootless/tap.spec.ts', '--bail']]) {
    it(`is of files that are there: npx mocha ${args.join(' ')}`, () => {
      const { require: required, spec } = configuration(...args)
      for (const file of [...required, ...spec]) expect(existsSync(`${ROOT}${file}`), file).to.equal(true)
    })
  }

  it('checks Node.js, then listens for signals, before all else, also for the rootless suite', () => {
    const first = ['./support/common/check-node.mjs', './support/common/early-signals.mjs']
    for (const args of [[], ['specs/rootless']])
      expect(configuration(...args).require.slice(0, 2)).to.deep.equal(first)
  })

  it('gives the rootless suite hooks of its own, and none of the readiness specs', () => {
    const readiness = configuration()
    const rootless = configuration('specs/rootless')
    expect(readiness.require.at(-1)).to.equal('./support/readiness/root-hooks.ts')
    expect(readiness.spec).to.have.length(9)
    expect(rootless.require.at(-1)).to.equal('./support/rootless/root-hooks.ts')
    expect(rootless.spec).to.deep.equal([])
    for (const words of [['--spec=specs/rootless'], ['--spec', './specs/rootless/'], ['specs/rootless/*.ts']])
      expect(configuration(...words), words.join(' ')).to.deep.equal(rootless)
  })
})
