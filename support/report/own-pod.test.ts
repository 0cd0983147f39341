import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import { fetchText, isOwnPod, leaveTerminationMessage } from './own-pod.ts'

const POD = { POD_UID: 'u-1' }

describe("the checkup's own pod", () => {
  let folder = ''
  let log = ''
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'own-pod-'))
    log = path.join(folder, 'termination-log')
    writeFileSync(log, 'what an earlier start has left, which is longer than the next one will be')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('is one that says so, or that uses the account of a pod', () => {
    expect(isOwnPod(POD)).to.equal(true)
    expect(isOwnPod({ KUBERNETES_SERVICE_HOST: '10.96.0.1' })).to.equal(true)
    expect(isOwnPod({ KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBECONFIG: '/etc/kubeconfig' })).to.equal(false)
    expect(isOwnPod({ POD_UID: '' })).to.equal(false)
    expect(isOwnPod({})).to.equal(false)
  })

  it('tells verdict and reason in its termination message', () => {
    leaveTerminationMessage(exampleReport('passed'), POD, log)
    expect(readFileSync(log, 'utf8')).to.equal('verdict: passed\n')
    const report = exampleReport('lossy')
    leaveTerminationMessage({ ...report, simulated: true }, POD, log)
    expect(readFileSync(log, 'utf8')).to.equal(
      `verdict: failed\nsimulated: true\nreason: ${report.failureReasons.join(',\n')}\n`,
    )
  })

  it('tells no more than the kubelet takes, and no half of a character', () => {
    const report = { ...exampleReport('error'), failureReasons: ['é'.repeat(2050), 'x'] }
    leaveTerminationMessage(report, POD, log)
    const written = readFileSync(log)
    expect(written.length).to.be.within(4000, 4096)
    expect(written.toString())
      .to.match(/^verdict: error\nreason: é+/)
      .and.not.to.include('\ufffd')
  })

  it('is told nothing outside of it, and no file is made where there is none', () => {
    const before = readFileSync(log, 'utf8')
    leaveTerminationMessage(exampleReport('passed'), {}, log)
    expect(readFileSync(log, 'utf8')).to.equal(before)
    rmSync(log)
    leaveTerminationMessage(exampleReport('passed'), POD, log)
    expect(existsSync(log)).to.equal(false)
  })

  it('ends its log with how to fetch the reports, where they are kept', () => {
    expect(fetchText(undefined)).to.equal('')
    expect(fetchText({ namespace: 'ns', configMap: 'config-report' }).split('\n').slice(1)).to.deep.equal([
      "  kubectl get configmap config-report -n ns -o jsonpath='{.binaryData.bundle\\.tar\\.gz}' | base64 -d > bundle.tar.gz",
      '  tar -xzf bundle.tar.gz',
    ])
  })
})
