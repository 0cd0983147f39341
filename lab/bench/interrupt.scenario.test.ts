import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { COMPILE_CACHE } from '../../support/common/compile-cache.mjs'

const MAIN = join(import.meta.dirname, 'bench-cli.ts')

/** The progress line at which each benchmark is interrupted, in the middle of its measurement. */
const MOMENTS = {
  run: 'run 1 of 4',
  'long-run': '0 of 7200 samples',
  console: 'lines',
  pairs: '5 pairs',
  api: '2000 times create',
}

describe('Ctrl-C during the benchmark', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'bench-test-'))))
  afterEach(() => rm(folder, { recursive: true }))

  for (const [name, moment] of Object.entries(MOMENTS)) {
    it(`${name} ends it there, with nothing left and no figures written`, async () => {
      const bench = spawn(process.execPath, [MAIN, '--only', name], {
        env: { ...process.env, TMPDIR: folder, NODE_COMPILE_CACHE: COMPILE_CACHE },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const said: string[] = []
      createInterface(bench.stderr).on('line', (line) => {
        said.push(line)
        if (line === `${name}: ${moment}`) bench.kill('SIGINT')
      })
      const [ended, printed] = await Promise.all([once(bench, 'close'), text(bench.stdout)])
      expect(ended[0], said.join('\n')).to.equal(2)
      expect(said).to.include(`${name}: ${moment}`)
      expect(said.at(-1)).to.include('interrupted by SIGINT')
      expect(printed).to.equal('')
      expect(await readdir(folder)).to.deep.equal([])
    })
  }
})
