import { expect } from 'chai'
import { API_VERSION, type Report, reportSchema } from '../model/report.ts'
import { exampleReport } from './example.fixture.ts'
import { Redaction, redactReport } from './redact.ts'

const report = (cluster: Partial<Report['cluster']> = {}, nodeName = 'worker-1'): Report => {
  const example = exampleReport('lossy')
  const [first, ...others] = example.guests
  if (first === undefined) throw new Error('the example has guests')
  return {
    ...example,
    cluster: { ...example.cluster, apiHost: 'api.prod-1.acme.example:6443', ...cluster },
    guests: [{ ...first, nodeName }, ...others],
  }
}

describe('a redacted report', () => {
  const said = (text: string, of: Report = report()) => new Redaction(of).text(text)

  it('names no node, with its domain and without', () => {
    const nodes = ['worker-1.prod.acme.example', 'worker-10.prod.acme.example', 'infra']
    const text = [
      'on worker-1.prod.acme.example, worker-10.prod.acme.example (or worker-10) and WORKER-1',
      'pod node-debugger-worker-1-x7k of infra; infrastructure, coworker-1, worker-100',
    ].join('\n')
    expect(said(text, report({ nodes }, 'worker-1.prod.acme.example'))).to.equal(
      [
        'on redacted-node-2, redacted-node-3 (or redacted-node-3) and redacted-node-2',
        'pod node-debugger-redacted-node-2-x7k of redacted-node-1; infrastructure, coworker-1, worker-100',
      ].join('\n'),
    )
  })

  it('names no target node that was asked for and is not there', () => {
    const asked = report()
    asked.parameters['trafficGenTargetNodeName'] = 'gone-7'
    expect(said('there is no node gone-7', asked)).to.match(/^there is no node redacted-node-\d$/)
  })

  it('has no MAC address, however it is written', () => {
    // The report contains four MAC addresses already, so these are 5 to 7.
    expect(said('mac 60:84:b5:fa:9e:01, iface:60-84-B5-FA-9E-02: 6084.b5fa.9e03')).to.equal(
      'mac redacted-mac-5, iface:redacted-mac-6: redacted-mac-7',
    )
    expect(said('60:84:B5:FA:9E:01 is 60:84:b5:fa:9e:01')).to.match(/^(redacted-mac-\d) is \1$/)
  })

  it('has no IP address, but those that everybody has', () => {
    const text = [
      'inet 10.128.0.7/14, gateway 10.128.0.1. Also fe80::5054:ff:fe12:3456%eth0',
      'and [2001:db8::1]:443 and ::ffff:192.168.3.4; 127.0.0.1, ::1, 0.0.0.0 are nobody’s',
    ].join('\n')
    expect(said(text)).to.equal(
      [
        'inet redacted-ip-1/14, gateway redacted-ip-2. Also redacted-ip-3%eth0',
        'and [redacted-ip-4]:443 and redacted-ip-5; 127.0.0.1, ::1, 0.0.0.0 are nobody’s',
      ].join('\n'),
    )
  })

  it('has no host of the API server, also where only what was said of it tells', () => {
    expect(said('https://api.prod-1.acme.example:6443 cannot be reached')).to.equal(
      'https://redacted-api-host:6443 cannot be reached',
    )
    const old = report({ apiHost: undefined })
    expect(said('https://api.prod-1.acme.example:6443 cannot be reached', old)).to.equal(
      'https://redacted-server-1:6443 cannot be reached',
    )
    const inside = report({ apiHost: '[fd00:10:96::1]:443' })
    expect(said('https://[fd00:10:96::1]:443', inside)).to.equal('https://[redacted-api-host]:443')
  })

  it('keeps what only looks like an address', () => {
    const kept = [
      'PCI 0000:06:00.0, at 07:12:15 on 2026-11-30T07:12:15.123Z, DPDK 22.11.11, kernel 5.14.0-427.13.1.el9',
      'quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main@sha256:0123456789abcdef0123456789abcdef',
      'CPUs 2-7, std::string, https://github.com/kiagnose, 60-byte frames, isolcpus=managed_irq,domain,2-7',
    ].join('\n')
    expect(said(kept)).to.equal(kept)
  })

  it('has the same alias for the same thing everywhere, each time', () => {
    const [one, other] = [new Redaction(report()), new Redaction(report())]
    const texts = ['10.0.0.9 on worker-1', 'worker-2, 10.0.0.8 and 60:84:b5:fa:9e:01']
    expect(texts.map((text) => one.text(text))).to.deep.equal(texts.map((text) => other.text(text)))
    expect(one.report()).to.deep.equal(other.report())
    const [guest] = one.report().guests
    expect(one.text('worker-1')).to.equal(guest?.nodeName)
  })

  it('is a report still, whatever nodes are called', () => {
    const nodes = ['passed', 'failed', 'vm-under-test', 'east', 'v1', '10.0.0.5', 'guest', 'udp-ports']
    const redacted = redactReport(report({ nodes }, '10.0.0.5'))
    expect(reportSchema.parse(redacted)).to.deep.equal(redacted)
    expect(redacted).to.include({ verdict: 'failed', apiVersion: API_VERSION })
    expect(JSON.stringify(redacted)).not.to.include('10.0.0.5')
  })

  it('is what it was where there is nothing to replace', () => {
    const bare: Report = { ...exampleReport('error'), guests: [], parameters: {} }
    expect(redactReport(bare)).to.deep.equal(bare)
  })
})
