import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { planCpus } from '../../model/cpu-plan.ts'
import { DEFAULT_FRAMES } from '../../model/frame.ts'
import { FakeShell, soon } from '../testing/fake-shell.ts'
import type { GeneratorPlan } from './engine.ts'
import { ENGINES } from './engines.ts'
import { trex } from './trex/engine.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

describe('the traffic engines', () => {
  const mac = '60:00:00:00:00:01'
  const port = (pciAddress: string) => ({ pciAddress, mac })
  const plan: GeneratorPlan = {
    ports: { east: port('0000:06:00.0'), west: port('0000:07:00.0') },
    peers: { east: mac, west: mac },
    cpus: planCpus(),
    portBandwidthGbps: 10,
    frames: DEFAULT_FRAMES,
    flows: 1024,
  }
  const shell = new FakeShell({ run: () => ({ output: 'Unit trex.service not found.', exitCode: 5 }) })

  for (const engine of ENGINES) {
    it(`are created by their records: ${engine.name}`, () => {
      expect(engine.create({ shell, plan }).engine).equals(engine.name)
    })
  }

  it('say themselves that they are not there', async () => {
    const error: unknown = await trex
      .create({ shell, plan })
      .prepare(soon)
      .catch((thrown: unknown) => thrown)
    expect(error).includes({ code: 'engine-not-available' })
    expect(error).has.property('message').that.includes('Unit trex.service not found.')
  })

  it('are told apart by their records, nowhere by their names', () => {
    const byName = new RegExp(`(?:[!=]==? ?|case )'(?:${ENGINES.map(({ name }) => name).join('|')})'`)
    const files = globSync('{support,specs,lab}/**/*.{ts,mjs}', { cwd: ROOT }).filter(
      (file) => !/(?:^support\/dataplane\/engines\/|\.test\.ts$|^lab\/guests\/scripted\/)/.test(file),
    )
    expect(files).includes('support/readiness/prepare.ts')
    expect(files.filter((file) => byName.test(readFileSync(ROOT + file, 'utf8')))).deep.equals([])
  })
})
