/** How the cluster's evidence about a VMI that does not become ready gets into reports and bundle. */
import { expect } from 'chai'
import { ROLES } from '../../support/model/role.ts'
import { attachments } from '../../support/report/attachments.ts'
import { cleanReport } from '../../support/report/publish.ts'
import { runAgainst } from './cluster-run.fixture.ts'
import { EVENTS } from '../apiserver/kinds.ts'
import { BOOT_MESSAGES } from '../guests/scripted/boot-messages.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { GuestlessLab } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const MAPPING = 'found no SR-IOV networks to PCI-Address mapping'
/** Characters that would corrupt a terminal or XML. */
const HOSTILE = '\u001b[31mred\u001b[0m \u0007bell \u202eturned\u0000'

describe('evidence of the cluster', () => {
  it('holds events and the log of the launcher, without control characters and secrets', async () => {
    const known: string[] = []
    const podLog = () =>
      [
        ...Array.from({ length: 5000 }, (_, index) => `{"level":"info","msg":"line ${index}"}`),
        `${HOSTILE} password ${known.join(' token ')}`,
        `{"level":"error","msg":"${MAPPING}","pos":"hostdevice.go:64"}`,
      ].join('\n')
    await using lab = await GuestlessLab.start({ preflightPermissions: true, images: true, podLog })
    // Conditions and events do not show the cause here; only the log does.
    lab.runtime.booting = () => Promise.reject(new Error(`context deadline exceeded ${HOSTILE}`))
    const { report, password, token } = await runAgainst(lab, { onPlanned: (secret) => known.push(secret) })
    expect(token).to.have.length.above(20)
    const [first] = report.diagnosis?.causes ?? []
    expect(first?.id).to.equal('vf-not-mapped')
    expect(first?.evidence.map(({ what }) => what).join()).to.include("its launcher's log")

    const [vmi = ''] = report.guests.map(({ vmiName }) => vmiName)
    const named = new Map(attachments().map(({ name, text }) => [name, text]))
    const log = named.get(`cluster/launcher-${vmi}.log`) ?? ''
    const events = named.get(`cluster/events-${vmi}.log`) ?? ''
    expect(log).to.include(MAPPING).and.include('[redacted]').and.include('red bell turned')
    expect(log.length).to.be.below(256 * 1024 + 1)
    expect(events).to.match(/^\d{4}-\S+ Normal SuccessfulCreate VirtualMachineInstance vmi-under-test-/m)
    expect(events).to.match(/Warning SyncFailed .*context deadline exceeded red bell turned/)
    for (const text of [log, events, JSON.stringify(cleanReport(report))]) {
      expect(text).to.not.include(password).and.not.include(token)
      expect(text).to.not.match(/[\x00-\x08\x0b-\x1f\u202e]/)
    }
  })

  it('is not flooded by an event of a mebibyte, nor stopped by one that makes no sense', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true, images: true })
    lab.runtime.booting = () => Promise.reject(new Error('context deadline exceeded'))
    lab.server.store.onChange(VMI, ({ type, object: { metadata } }) => {
      if (type !== 'ADDED') return
      const odd = { message: `${HOSTILE} ${'x'.repeat(2 ** 20)}`, reason: 'Flood', type: 'Warning' }
      for (const [suffix, event] of Object.entries({ flood: odd, none: { reason: null, count: 'many' } }))
        lab.server.store.create(EVENTS, {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: `${metadata.name}.${suffix}`, namespace: NAMESPACE },
          involvedObject: { kind: 'VirtualMachineInstance', name: metadata.name },
          ...event,
        })
    })
    const { report } = await runAgainst(lab)
    expect(report.diagnosis?.causes[0]?.id).to.equal('domain-not-started')
    const flood = report.diagnosis?.evidence.filter(({ what }) => what.includes('event Flood')) ?? []
    expect(flood.map(({ value }) => value.length)).to.deep.equal([1000, 1000])
    expect(flood[0]?.value).to.match(/^red bell turned x+…$/)
    const kept = attachments().filter(({ name }) => name.startsWith('cluster/events-'))
    expect(kept.every(({ text }) => text.length < 50_000)).to.equal(true)
  })

  it('holds what a guest said while it booted, which never became ready', async () => {
    await using lab = await GuestlessLab.start({ images: true })
    const words = BOOT_MESSAGES['drops to an emergency shell'].map((line) => `${line}\r\n`).join('')
    // KubeVirt does not keep console output for later readers, so repeat it until the suite reads it.
    const speaking = setInterval(() => {
      for (const { output } of lab.runtime.guests) output.write(words)
    }, 20)
    const { report } = await runAgainst(lab).finally(() => {
      clearInterval(speaking)
    })
    expect(report.diagnosis?.causes.map(({ id }) => id)).to.deep.equal(['guest-in-emergency-mode'])
    const named = new Map(attachments().map(({ name, text }) => [name, text]))
    for (const role of ROLES)
      expect(named.get(`consoles/${role}.log`)).to.include('[FAILED] Failed to mount /data.')
  })

  it('says of what may not be read that it may not', async () => {
    await using lab = await GuestlessLab.start({ images: true, podLog: () => MAPPING })
    lab.runtime.booting = () => Promise.reject(new Error('context deadline exceeded'))
    const { report } = await runAgainst(lab)
    expect(report.diagnosis?.causes.map(({ id }) => id)).to.deep.equal(['domain-not-started'])
    const said = (report.diagnosis?.evidence ?? []).map(({ what, value }) => `${what}: ${value}`).join('\n')
    expect(said).to.match(/no permission to read the list of events about vmi-under-test-\S+/)
    expect(said).to.match(/no permission to read the virt-launcher pod of vmi-under-test-\S+/)
    expect(said).to.not.include(MAPPING)
  })

  it('does without the log where reading it fails', async () => {
    const podLog = () => {
      throw new Error('the kubelet is gone')
    }
    await using lab = await GuestlessLab.start({ preflightPermissions: true, images: true, podLog })
    lab.runtime.booting = () => Promise.reject(new Error('context deadline exceeded'))
    const { report } = await runAgainst(lab)
    expect(report.diagnosis?.causes[0]?.id).to.equal('domain-not-started')
    const said = (report.diagnosis?.evidence ?? []).map(({ what }) => what).join()
    expect(said).to.include("launcher's log")
  })
})
