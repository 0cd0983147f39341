import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the image's entry point in the clone. */
function enter(...args: string[]): { status: number | null; stdout: string } {
  const program = ['support/cli/image.mjs', ...args]
  const { status, stdout } = spawnSync(process.execPath, program, { cwd: ROOT, encoding: 'utf8' })
  return { status, stdout }
}

describe('the entry point of the image', () => {
  it('is dpdk-checkup for its commands', () => {
    expect(enter('explain', 'lost-before-vm')).to.include({ status: 0 })
    const { status, stdout } = enter('list', 'criteria')
    expect(status).to.equal(0)
    expect(stdout).to.include('traffic.no-loss')
  })

  it('listens for signals before it loads anything else, because it is process 1 of a pod', () => {
    const source = readFileSync(new URL('image.mjs', import.meta.url), 'utf8')
    expect(source.match(/\bimport\b.*/g)?.[0]).to.equal("import '../common/early-signals.mjs'")
  })

  it('is mocha for options and spec files, as for none', () => {
    expect(enter('--version').stdout).to.match(/^\d+\.\d+\.\d+\n$/)
    for (const words of [[], ['specs'], ['specs/rootless']])
      expect(enter(...words, '--help').stdout, words.join()).to.match(/^Usage: mocha \[spec\.\.\]/m)
  })
})
