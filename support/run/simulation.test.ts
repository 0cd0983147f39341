import { expect } from 'chai'
import type { Readable } from '../cluster/inventory.ts'
import { TimeoutError } from '../common/errors.ts'
import { labVersion } from '../common/lab-facts.ts'
import { SILENT } from '../report/silent-progress.ts'
import { SIMULATION_UNKNOWN } from '../report/verdict-text.ts'
import type { Cluster } from './connect.ts'
import { Run } from './run.ts'
import { recordSimulation, recordSimulationOrWarn } from './simulation.ts'

describe('whether a cluster is simulated', () => {
  const telling = (version: () => Promise<Readable<string>>) => () =>
    ({ inventory: { kubernetesVersion: version } }) as unknown as Pick<Cluster, 'inventory'>

  const found = (version: string) => telling(() => Promise.resolve({ found: version }))

  it('is told by its version', async () => {
    const run = new Run(SILENT)
    await recordSimulationOrWarn(run, found(labVersion('v1.32.4', true)))
    expect(run.journal.toReport()).to.deep.include({ simulated: true, warnings: [] })
    const other = new Run(SILENT)
    await recordSimulationOrWarn(other, found('v1.32.4'))
    expect(other.journal.toReport()).to.deep.include({ warnings: [] }).and.not.have.property('simulated')
  })

  const UNKNOWN: Readonly<Record<string, () => Pick<Cluster, 'inventory'>>> = {
    'may not be read': telling(() => Promise.resolve({ notReadable: 'it is not readable' })),
    'is refused for good': telling(() => Promise.reject(new TimeoutError('reading it: 503'))),
    'is of a cluster that nobody can be connected to': () => {
      throw new TypeError('no kubeconfig')
    },
  }
  for (const [what, connect] of Object.entries(UNKNOWN))
    it(`is not known where it ${what}, which a warning says and nothing fails`, async () => {
      const run = new Run(SILENT)
      await recordSimulation(run, connect)
      expect(run.journal.toReport().warnings).to.deep.equal([])
      await recordSimulationOrWarn(run, connect)
      expect(run.journal.toReport()).to.deep.include({ warnings: [SIMULATION_UNKNOWN] })
    })

  it('stays known once it was reported, and an interrupted run does not report it', async () => {
    const connect = UNKNOWN['may not be read']
    if (connect === undefined) throw new TypeError('there is no such case')
    const run = new Run(SILENT)
    await recordSimulation(run, found(labVersion('v1.32.4', true)))
    await recordSimulationOrWarn(run, connect)
    expect(run.journal.toReport().warnings).to.deep.equal([])
    const interrupted = new Run(SILENT)
    interrupted.interrupt('SIGTERM')
    await recordSimulationOrWarn(interrupted, connect)
    expect(interrupted.journal.toReport().warnings).to.deep.equal([])
  })
})
