/** `spec.param.keepOnFailure` on a run that fails and on a run that passes. */
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runCommand } from './command.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import { ScriptedLab } from './scripted-lab.fixture.ts'

const COMMAND = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))
const KEEP = { 'spec.param.keepOnFailure': 'true' }
const KINDS = ['VirtualMachineInstance', 'VirtualMachineInstance', 'ConfigMap', 'ConfigMap']

describe('keepOnFailure', () => {
  it('leaves the VMIs of a run that failed, and says how to reach and remove them', async () => {
    await using lab = await ScriptedLab.start({ parameters: KEEP, scripted: { links: { lostToVm: 0.01 } } })
    const { exitCode, data, report, output, junit } = await lab.run()
    expect(exitCode, output).to.equal(1)
    expect(report).to.deep.include({ verdict: 'failed', leftovers: [] })
    expect(lab.leftovers().map((left) => left.split(' ')[0])).to.have.members(KINDS)

    const warnings = report?.warnings.join('\n') ?? ''
    expect(warnings)
      .to.match(new RegExp(`virtctl console -n ${NAMESPACE} vmi-under-test-\\w{5}`))
      .and.match(new RegExp(`virtctl console -n ${NAMESPACE} dpdk-traffic-gen-\\w{5}`))
      .and.match(/kubectl delete -n target vmi,configmap -l kubevirt-dpdk-checkup\/uid=\S+/)
    for (const said of [data?.['status.result.warnings'], junit, output])
      expect(said).to.include('virtctl console').and.include('npx dpdk-checkup clean')

    // Run the printed command as the namespace's administrator.
    const [, words = ''] = /npx dpdk-checkup (clean .*?), or /.exec(warnings) ?? []
    const kubeconfig = await lab.writeKubeconfig('admin')
    const cleaned = await runCommand(COMMAND, words.split(' '), { KUBECONFIG: kubeconfig })
    expect(cleaned.exitCode, cleaned.stderr).to.equal(0)
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('leaves nothing of a run that passed', async () => {
    await using lab = await ScriptedLab.start({ parameters: KEEP })
    const { exitCode, data, output } = await lab.run()
    expect(exitCode, output).to.equal(0)
    expect(data).to.include({ 'status.result.warnings': '' })
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('leaves nothing, and says nothing of it, where nothing was made', async () => {
    const parameters = { ...KEEP, 'spec.param.trafficGenPacketsPerSecond': '20m' }
    await using lab = await ScriptedLab.start({ parameters })
    const { exitCode, data, output } = await lab.run()
    expect(exitCode, output).to.equal(2)
    expect(data?.['status.failureReason']).to.include('preflight.rate: the rate exceeds the port speed')
    expect(output).not.to.include('virtctl')
    expect(lab.leftovers()).to.deep.equal([])
  })
})
