/** What a run costs an API server. The predecessor makes 49 to 51 requests. */
import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ProcessUse, PROBE_FILE } from './process-use.ts'
import { ScriptedLab } from '../e2e/scripted-lab.fixture.ts'

const PROBE = pathToFileURL(join(import.meta.dirname, './suite-probe.mjs')).href
const FEWER_THAN = 50
/** Reads of both VMIs, if they boot at once: twice until they are ready, once until they are gone. */
const FEWEST_VMI_READS = 6

describe('the requests of a run', () => {
  for (const [rights, isPolled] of [
    ['the permissions of permissions.yaml, by which VMIs are polled', true],
    ['everything that the checkup may read, by which they are watched', false],
  ] as const)
    it(`are fewer than ${FEWER_THAN} with ${rights}`, async () => {
      await using lab = await ScriptedLab.start({ hidden: isPolled })
      const file = join(lab.cluster.folder, 'probe.json')
      const suite = await lab.startSuite({ env: { [PROBE_FILE]: file, NODE_OPTIONS: `--import=${PROBE}` } })
      const { exitCode, output } = await suite.end()
      expect(exitCode, output).to.equal(0)
      const uses = (await readFile(file, 'utf8')).trim().split('\n')
      // A slow machine reads the VMIs more often; vmi.test.ts holds how often at most.
      const processes = uses.map((line) => JSON.parse(line) as ProcessUse)
      const others = processes.reduce((sum, { requests, vmiReads }) => sum + requests - vmiReads, 0)
      expect(others + FEWEST_VMI_READS).to.be.below(FEWER_THAN)
      expect(processes.every(({ vmiWatches }) => vmiWatches === 0)).to.equal(isPolled)
    })
})
