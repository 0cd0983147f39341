import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const EARLY = new URL('early-signals.mjs', import.meta.url).href
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a program that sends itself a signal, after what a suite does before. */
function run(before: string, signal: NodeJS.Signals) {
  const program = `${before}; process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', EARLY, '-e', program], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('a signal before the suite handles signals', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`ends the process at once: ${signal}`, () => {
      expect(run('', signal)).to.deep.equal({
        status: 2,
        stdout: '',
        stderr: `interrupted by ${signal} before the run began: nothing was created\n`,
      })
    })

  it('is the suite’s own matter as soon as it listens', () => {
    const own = `process.on('SIGTERM', () => { console.log('own'); process.exit(3) })`
    expect(run(own, 'SIGTERM')).to.deep.equal({ status: 3, stdout: 'own\n', stderr: '' })
  })
})
