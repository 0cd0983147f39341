import { expect } from 'chai'
import { ScriptedLab } from './scripted-lab.fixture.ts'

describe('VMIs of another size', () => {
  const SIZED = {
    'spec.param.vmiCpus': '12',
    'spec.param.vmiMemory': '3Gi',
    'spec.param.hugepageSize': '2Mi',
  }

  for (const [profile, sends] of [
    ['lab', /add_device \S+@0/],
    ['centos', /trex/],
  ] as const) {
    it(`pass with guests like those of the ${profile} images, all of whose parts follow`, async () => {
      await using lab = await ScriptedLab.start({ profile, hidden: false, parameters: SIZED })
      const { exitCode, output, report, bundled } = await lab.run()
      expect(exitCode, output).to.equal(0)
      expect(report?.guests.map(({ isolatedCpus }) => isolatedCpus)).to.deep.equal(['2-11', '2-11'])
      expect(bundled)
        .to.include('--lcores 0@2-3,1@4,2@5,3@6,4@7,5@8,6@9,7@10,8@11')
        .and.include('--nb-cores=8')
        .and.include('--rxq=8 --txq=8')
        .and.match(sends)
    })
  }

  it('leave CPUs idle where fewer queues were asked for', async () => {
    await using lab = await ScriptedLab.start({ parameters: { ...SIZED, 'spec.param.vmiQueues': '2' } })
    const { exitCode, output, report, bundled } = await lab.run()
    expect(exitCode, output).to.equal(0)
    expect(report?.guests.map(({ isolatedCpus }) => isolatedCpus)).to.deep.equal(['2-11', '2-11'])
    expect(bundled).to.include('--lcores 0@2-3,1@4,2@5 ').and.include('--rxq=2 --txq=2')
  })

  it('get by with the queues that their NICs have, and say so', async () => {
    await using lab = await ScriptedLab.start({ parameters: { 'spec.param.vmiCpus': '14' } })
    const { exitCode, output } = await lab.run()
    expect(exitCode, output).to.equal(0)
    expect(output).to.include('the NIC has 8 queues instead of 10; restarting testpmd with those')
  })

  it('are refused by the parameters before anything is created', async () => {
    await using lab = await ScriptedLab.start({ parameters: { 'spec.param.vmiCpus': '9' } })
    const { exitCode, data } = await lab.run()
    expect(exitCode).to.equal(2)
    expect(data?.['status.failureReason']).to.include(
      'spec.param.vmiCpus must be an even number of CPUs from 6 to 64',
    )
    expect(lab.leftovers()).to.deep.equal([])
  })
})
