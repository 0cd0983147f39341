import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { runWithHeartbeat } = (await import(new URL('run-with-heartbeat.mjs', import.meta.url).href)) as {
  runWithHeartbeat: (
    what: string,
    commandLine: readonly string[],
    options: object,
    every?: number,
    tell?: (line: string) => void,
  ) => Promise<boolean>
}

describe('a step of the bootstrap', () => {
  const options = { stdio: 'ignore' } as const

  it('is told of while it goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'run-with-heartbeat-'))
    const told: string[] = []
    const end = join(folder, 'end')
    const tell = (line: string) => {
      told.push(line)
      if (told.length === 2) void writeFile(end, '')
    }
    const words = ['sh', '-c', `until [ -e ${end} ]; do sleep 0.02; done`] as const
    expect(await runWithHeartbeat('waiting', words, options, 1, tell)).to.equal(true)
    expect(told[0]).to.match(/^still waiting, for \d+ s$/)
    await rm(folder, { recursive: true })
  })

  it('has failed where its program did, or is not there', async () => {
    expect(await runWithHeartbeat('failing', ['false'], options)).to.equal(false)
    expect(await runWithHeartbeat('failing', ['/no/such/program'], options)).to.equal(false)
  })
})
