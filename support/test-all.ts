/**
 * What `npm test` runs, in this order, each to its end: what is quick comes first, and a later step runs
 * though an earlier one failed, so that one run shows everything there is to mend.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { formatDuration } from './common/duration.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const STEPS = [
  ['type check', ['node_modules/typescript/bin/tsc']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.']],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['import directions', ['support/check-imports.ts']],
  ['unit tests', ['node_modules/mocha/bin/mocha.js', '--config', '.mocharc.unit.json']],
  ['the lab end to end', ['node_modules/mocha/bin/mocha.js', '--config', '.mocharc.lab.json']],
] as const

let interruptedBy: NodeJS.Signals | undefined

function runStep(words: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
  const passOn = (signal: NodeJS.Signals) => {
    interruptedBy = signal
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, passOn)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      for (const signal of signals) process.off(signal, passOn)
      resolve(code === 0)
    })
  })
}

const results: string[] = []
let failed = 0
for (const [name, words] of STEPS) {
  console.log(`\n── ${name}`)
  const started = performance.now()
  const passed = await runStep(words)
  if (!passed) failed += 1
  results.push(`${passed ? '✔' : '✘'} ${name} (${formatDuration(performance.now() - started)})`)
  if (interruptedBy !== undefined) break
}

console.log(`\n${results.join('\n')}`)
console.log(`steps: ${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 && interruptedBy === undefined ? 0 : 1
