import { expect } from 'chai'
import { ScriptedLab } from './scripted-lab.fixture.ts'

const ID = 'guest.numa-aligned'

describe('NUMA nodes', () => {
  it('are one and the same where both guests show it', async () => {
    const numa = { numa: 'aligned' } as const
    await using lab = await ScriptedLab.start({ scripted: { vmUnderTest: numa, trafficGenerator: numa } })
    const { exitCode, output, report } = await lab.run()
    expect(exitCode, output).to.equal(0)
    expect(report?.criteria.find(({ id }) => id === ID)?.outcome).to.equal('passed')
  })

  it('are skipped where a guest shows none, with what was missing and why', async () => {
    await using lab = await ScriptedLab.start({
      scripted: { vmUnderTest: { numa: 'aligned' } },
      hidden: false,
    })
    const { output, report } = await lab.run()
    expect(report?.verdict, output).to.equal('passed')
    const { outcome, message } = report?.criteria.find(({ id }) => id === ID) ?? {}
    expect(outcome).to.equal('not-judged')
    expect(message)
      .to.include(
        'unknown for VFs, CPUs, hugepages of the traffic generator: its guest shows no NUMA nodes of its node ' +
          '(KubeVirt’s numa.guestMappingPassthrough)',
      )
      .and.match(/no permission to read the kubelet's configuration on lab-node-\d/)
      .and.match(/the NodeResourceTopology of lab-node-\d does not exist/)
  })
})
