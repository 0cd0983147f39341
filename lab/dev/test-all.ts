/**
 * `npm test`: runs the steps in this order, quick ones first. A failed step does not stop the later ones, so that one
 * run shows everything that is broken. The static checks use one core each and run side by side; their output appears
 * when they end. A step that is silent for a while is announced.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { formatDuration } from '../../support/common/duration.ts'
import { COMPILE_CACHE } from '../../support/common/compile-cache.mjs'
import { onSignals } from '../../support/common/signals.ts'
import { TEST_TIERS } from './test-tiers.ts'
import { HEARTBEAT_INTERVAL } from '../../support/common/heartbeat.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

type Step = readonly [name: string, args: readonly string[]]

const LINT: Step = ['lint', ['node_modules/eslint/bin/eslint.js', '.']]
/** Checks that together take about as long as lint. */
const OTHER_CHECKS: readonly Step[] = [
  ['type check', ['node_modules/typescript/bin/tsc']],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['import directions', ['lab/dev/check-imports.ts']],
  ['unused files, exports and packages', ['node_modules/knip/bin/knip.js']],
]
const SUITES: readonly Step[] = TEST_TIERS.map(({ name, configuration }) => [
  name,
  ['node_modules/mocha/bin/mocha.js', '--config', configuration],
])

const running = new Set<ChildProcess>()
let interruptedBy: NodeJS.Signals | undefined
onSignals((signal) => {
  interruptedBy = signal
  for (const child of running) child.kill(signal === 'SIGPIPE' ? 'SIGTERM' : signal)
})

const results: string[] = []
let failed = 0

async function runStep([name, args]: Step, isAlone: boolean): Promise<void> {
  if (interruptedBy !== undefined) return
  const started = performance.now()
  if (isAlone) console.log(`\n── ${name}`)
  const env = {
    // Tests start hundreds of processes: without the cache, each would strip the types of all its files again.
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    ...process.env,
    ...(isAlone && process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
  }
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const silence = setInterval(() => {
    console.log(`\n… ${name}, for ${formatDuration(performance.now() - started)}`)
  }, HEARTBEAT_INTERVAL)
  const said: Buffer[] = []
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const)
    from.on('data', (chunk: Buffer) => {
      if (!isAlone) {
        said.push(chunk)
        return
      }
      silence.refresh()
      to.write(chunk)
    })
  const passed = await new Promise<boolean>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve(code === 0)
    })
  })
  clearInterval(silence)
  running.delete(child)
  if (!isAlone) process.stdout.write(`\n── ${name}\n${Buffer.concat(said).toString()}`)
  if (!passed) failed += 1
  results.push(`${passed ? '✔' : '✘'} ${name} (${formatDuration(performance.now() - started)})`)
}

async function oneByOne(steps: readonly Step[], isAlone: boolean): Promise<void> {
  for (const step of steps) await runStep(step, isAlone)
}

await Promise.all([runStep(LINT, false), oneByOne(OTHER_CHECKS, false)])
await oneByOne(SUITES, true)

console.log(`\n${results.join('\n')}`)
console.log(`steps: ${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 && interruptedBy === undefined ? 0 : 1
