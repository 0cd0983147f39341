/** `npm start` and `npm run lab` with real guests: two boots, real packets, nothing left behind. */
import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { grouped } from '../../support/common/text.ts'
import { lastRunFolder } from '../../support/report/run-folders.fixture.ts'
import { LabSurroundings } from './lab-command.fixture.ts'

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

async function ended(child: ChildProcess): Promise<Ended> {
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  const [exitCode, stdout, stderr] = await Promise.all([
    exit,
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ])
  return { exitCode, stdout, stderr }
}

describe('the lab with real guests', () => {
  let surroundings: LabSurroundings

  beforeEach(async () => {
    surroundings = await LabSurroundings.create()
  })
  afterEach(async () => {
    await surroundings[Symbol.asyncDispose]()
  })

  async function expectNothingLeft(): Promise<void> {
    expect(await surroundings.leftovers()).to.deep.equal([])
  }

  it('passes, with every packet accounted for', async () => {
    const { exitCode, stdout, stderr } = await ended(surroundings.start(['start']))
    expect(exitCode, stderr + stdout).to.equal(0)
    const { verdict, traffic, guests: found, leftovers, warnings } = await surroundings.report()
    // The lab chose the rate for this machine.
    const packets = ((traffic?.requestedPacketsPerSecond ?? 0) * (traffic?.requestedDuration ?? 0)) / 1000
    expect(packets).to.be.above(0)
    expect({ verdict, leftovers }).to.deep.equal({ verdict: 'passed', leftovers: [] })
    // On an emulated NIC, a pass has exactly this warning.
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(/^all packets came in on queue 0 of 4 .*vmxnet3 has no RSS/)
    expect(traffic?.ledger.eastToWest).to.deep.equal({
      generatorTx: packets,
      vmRx: packets,
      vmRxDropped: 0,
      vmTx: packets,
      vmTxDropped: 0,
      generatorRx: packets,
    })
    // The suite takes one sample a second, but emulated guests that forward may answer more slowly.
    const times = traffic?.samples.map(({ at }) => at) ?? []
    expect(times.length, 'samples').to.be.above(2)
    expect(times).to.deep.equal(times.toSorted((one, other) => one - other))
    expect(found.map(({ isolatedCpus, rebooted }) => ({ isolatedCpus, rebooted }))).to.deep.equal([
      { isolatedCpus: '2-7', rebooted: true },
      { isolatedCpus: '2-7', rebooted: true },
    ])
    const count = packets.toLocaleString('en-US')
    expect(stdout)
      .to.match(/^PASSED {2}/m)
      .and.include(`generator east  sent      ${count}`)
      .and.include(`generator west  received  ${count}   0 lost`)
    await expectNothingLeft()
  })

  it('fails where a port loses packets, and says which and how many, everywhere', async () => {
    const args = ['start', '--nic', 'virtio', 'trafficGenPacketsPerSecond=40k']
    const { exitCode, stdout, stderr } = await ended(surroundings.start(args))
    expect(exitCode, stderr + stdout).to.equal(1)
    const { verdict, traffic } = await surroundings.report()
    const dropped = traffic?.ledger.eastToWest.vmTxDropped ?? 0
    expect(verdict).to.equal('failed')
    expect(dropped).to.be.above(0)
    const sentence = `TX drops at the VM under test: ${grouped(dropped)} packets`
    const folder = lastRunFolder(surroundings.reports)
    const junit = await readFile(join(folder, 'junit_dpdk-checkup.xml'), 'utf8')
    const html = await readFile(join(folder, 'mochawesome.html'), 'utf8')
    for (const said of [stdout, junit, html]) expect(said).to.include(sentence)
    expect(stdout).to.match(/^FAILED {2}/m)
    await expectNothingLeft()
  })

  it('leaves nothing where nobody reads what it says any more', async () => {
    const child = surroundings.startInto(`grep -m 1 'Preflight'`, ['start'])
    const { stdout, stderr } = await ended(child)
    expect(stdout, stderr).to.include('✔ Preflight')
    await expectNothingLeft()
  })

  it('stays up as a lab until Ctrl-C, then leaves nothing', async () => {
    const lab = surroundings.start(['lab'])
    const end = ended(lab)
    const kubeconfig = await new Promise<string>((resolve, reject) => {
      let printed = ''
      lab.stdout?.on('data', (chunk: Buffer) => {
        printed += chunk.toString()
        const path = /KUBECONFIG=(\S+)/.exec(printed)?.[1]
        if (path !== undefined && printed.includes('Ctrl-C')) resolve(path)
      })
      lab.once('exit', () => {
        reject(new Error(`the lab ended: ${printed}`))
      })
    })
    expect(await readFile(kubeconfig, 'utf8')).to.include('current-context: lab')
    lab.kill('SIGINT')
    const { exitCode, stderr } = await end
    expect(exitCode, stderr).to.equal(0)
    await expectNothingLeft()
  })
})
