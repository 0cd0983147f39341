import { expect } from 'chai'
import { ScriptedLab } from './scripted-lab.fixture.ts'
import { OF_OPTIONAL_ROLE } from './preflight-case.fixture.ts'
import { GIVEN_UP } from '../faults/fault.ts'

const SENT = 20_000

describe('the whole checkup on simulated guests', () => {
  const hidden = (what: string) => `no permission to read ${what}`
  const facts = {
    lab: {
      dataPlanes: ['DPDK 22.11.11', 'pktgen'],
      cluster: { kubevirtVersion: 'v1.8.0' },
      digest: { imageDigest: /^sha256:[0-9a-f]{64}$/, launcherImage: /virt-launcher@sha256:[0-9a-f]{64}$/ },
    },
    centos: {
      dataPlanes: ['DPDK 22.11.4', 'TRex v3.08'],
      cluster: { kubevirtVersionUnknown: hidden("KubeVirt's configuration") },
      digest: { imageDigestUnknown: /^no permission to read the virt-launcher pods of [^ ]* and [^ ]*$/ },
    },
  }

  /** With every permission that a role grants in one run, with only the required permissions in the other. */
  const SKIPPED = {
    lab: ['scheduling.nodes', 'guest.numa-aligned'],
    centos: [...OF_OPTIONAL_ROLE, 'scheduling.nodes', 'guest.numa-aligned'],
  }

  for (const profile of ['lab', 'centos'] as const) {
    it(`passes with guests like those of the ${profile} images, and leaves nothing behind`, async () => {
      await using lab = await ScriptedLab.start({ profile, hidden: profile === 'centos' })
      const { exitCode, data, junit, report, output, bundled, leaks } = await lab.run()
      expect(exitCode, output).to.equal(0)
      // trex-console's events redraw its prompt in the middle of answers; the suite still reads each to its end.
      expect(output).to.not.include(GIVEN_UP)
      expect(data).to.include({
        'status.succeeded': 'true',
        'status.failureReason': '',
        'status.result.verdict': 'passed',
        'status.result.simulated': 'true',
        'status.result.trafficGenSentPackets': String(SENT),
        'status.result.vmUnderTestReceivedPackets': String(SENT),
        'status.result.vmUnderTestRxDroppedPackets': '0',
        'status.result.vmUnderTestTxDroppedPackets': '0',
      })
      expect(report?.traffic?.ledger).to.deep.include({
        eastToWest: {
          generatorTx: SENT,
          vmRx: SENT,
          vmRxDropped: 0,
          vmTx: SENT,
          vmTxDropped: 0,
          generatorRx: SENT,
        },
      })
      const skipped = report?.criteria.filter(({ outcome }) => outcome === 'not-judged').map(({ id }) => id)
      expect(skipped).to.deep.equal(SKIPPED[profile])
      expect(junit).to.include('failures="0"').and.include('errors="0"')
      expect(report?.cluster).to.include({
        kubernetesVersion: 'v1.32.4+dpdk-checkup-lab.simulated',
        ...facts[profile].cluster,
      })
      const { dataPlanes, digest } = facts[profile]
      expect(report?.guests.map(({ dataPlane }) => dataPlane)).to.deep.equal(dataPlanes)
      for (const guest of report?.guests ?? [])
        for (const [name, pattern] of Object.entries(digest)) expect(guest[name]).to.match(pattern)
      expect(report?.simulated).to.equal(true)
      expect(output).to.include('the simulated cluster is ready').and.not.to.include('— the cluster is ready')
      expect(leaks).to.deep.equal([])
      for (const name of ['run.log', 'consoles/vm-under-test.log']) expect(bundled).to.include(`/${name}`)
      expect(bundled).to.match(/^\d{4}-\d\d-\d\dT\S+Z ✔ the path carries packets at a low rate$/m)
      expect(lab.leftovers()).to.deep.equal([])
    })
  }

  it('knows that it is simulated before it ends, however early that is', async () => {
    await using lab = await ScriptedLab.start({
      // The run is refused at once, long before the server answers with its version.
      parameters: { 'status.startTimestamp': '2026-01-01T00:00:00Z' },
      api: [{ request: /^GET \/version$/, fault: { late: 1500 } }],
    })
    const { exitCode, report, output } = await lab.run()
    expect(exitCode, output).to.equal(2)
    expect(report).to.include({ verdict: 'error', simulated: true })
  })
})
