/** `dpdk-checkup preflight` as users run it. */
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { SIMULATED_NOTICE } from '../../support/report/verdict-text.ts'
import { type CommandEnd, runCommand } from './command.fixture.ts'
import { CONFIG_MAP, GuestlessLab, VALID } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import { BOTH, onNodes, withAllocatable } from './preflight-case.fixture.ts'

const COMMAND = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))

/** The output as one line of text, without the table's borders. */
function flat(output: string): string {
  return output.replace(/[│┌┐└┘├┤┬┴┼─\s]+/g, ' ')
}

describe('dpdk-checkup preflight', () => {
  let lab: GuestlessLab

  beforeEach(async () => {
    lab = await GuestlessLab.start({ preflightPermissions: true })
  })
  afterEach(async () => {
    await lab[Symbol.asyncDispose]()
  })

  async function preflight(args: readonly string[], env: Record<string, string> = {}): Promise<CommandEnd> {
    const kubeconfig = await lab.writeKubeconfig()
    return runCommand(COMMAND, ['preflight', ...args], { KUBECONFIG: kubeconfig, ...env })
  }
  const CONFIGURED = { CONFIGMAP_NAMESPACE: NAMESPACE, CONFIGMAP_NAME: CONFIG_MAP }

  it('passes on a healthy cluster and leaves everything as it was', async () => {
    await lab.createConfigMap(VALID)
    const { exitCode, stdout, stderr } = await preflight([], CONFIGURED)
    expect(exitCode, stdout + stderr).to.equal(0)
    expect(stderr).to.equal('')
    expect(stdout.startsWith(`${SIMULATED_NOTICE}\n`)).to.equal(true)
    expect(flat(stdout))
      .to.include('✔ preflight.hugepages each VMI takes: 4Gi of hugepages-1Gi')
      .and.include('Preflight passed on the simulated cluster (20 passed; nothing was created or changed')
    expect(lab.configMapData()).to.deep.equal(VALID)
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('exits with 1 if the cluster is not ready, and names every violation', async () => {
    await lab.createConfigMap(VALID)
    onNodes(lab, BOTH, withAllocatable({ 'hugepages-1Gi': '0', cpu: '8' }))
    const { exitCode, stdout } = await preflight([], CONFIGURED)
    expect(exitCode).to.equal(1)
    expect(flat(stdout))
      .to.include('✘ preflight.hugepages the nodes have hugepages-1Gi for neither of the two VMIs')
      .and.include('✘ preflight.cpus the nodes have cpu for neither')
      .and.include('The simulated cluster is not ready (17 passed, 2 failed, 1 skipped;')
    expect(lab.configMapData()).to.deep.equal(VALID)
  })

  it('ends with 2 where parameters are invalid, and still looks at what does not depend on them', async () => {
    await lab.createConfigMap({ ...VALID, 'spec.timeout': 'soon' })
    const { exitCode, stdout } = await preflight([], CONFIGURED)
    expect(exitCode).to.equal(2)
    expect(flat(stdout))
      .to.include('! precondition.parameters spec.timeout must be a duration above zero')
      .and.include('✔ precondition.permissions')
      .and.include('– preflight.rate skipped: the parameters are invalid')
  })

  it('says what would stop a run: a ConfigMap that was used', async () => {
    const used = { ...VALID, 'status.startTimestamp': '2026-01-01T00:00:00Z' }
    await lab.createConfigMap(used)
    const { exitCode, stdout } = await preflight([], CONFIGURED)
    expect(exitCode).to.equal(2)
    expect(flat(stdout)).to.include('is in use or was used before').and.include('✔ preflight.nodes')
    expect(lab.configMapData()).to.deep.equal(used)
  })

  it('does without a ConfigMap where the parameters are given', async () => {
    const { exitCode, stdout } = await preflight([
      '-n',
      NAMESPACE,
      'networkAttachmentDefinitionName=dpdk-network',
      'timeout=10m',
    ])
    expect(exitCode, stdout).to.equal(0)
    expect(flat(stdout)).to.include('– precondition.configmap skipped: no ConfigMap was named')
  })

  it('takes the usual parameters as options, and prints JSON for programs', async () => {
    const args = ['-n', NAMESPACE, '--network', 'dpdk-network', '--rate', '2m', '-o', 'json']
    const { exitCode, stdout, stderr } = await preflight([...args, '--exit-code', 'inconclusive=3'])
    expect(exitCode, stdout + stderr).to.equal(0)
    const { verdict, criteria } = JSON.parse(stdout) as {
      verdict: string
      criteria: { id: string; evidence: { what: string; value: string }[] }[]
    }
    expect(verdict).to.equal('passed')
    expect(criteria.find(({ id }) => id === 'precondition.parameters')?.evidence).to.deep.include.members([
      { what: 'trafficGenPacketsPerSecond', value: '2m' },
      { what: 'timeout', value: '15m' },
    ])
  })

  it('names each missing permission with the rule that grants it', async () => {
    const { exitCode, stdout } = await preflight(
      ['-n', 'elsewhere', 'networkAttachmentDefinitionName=dpdk-network', 'timeout=10m'],
      {},
    )
    expect(exitCode).to.equal(2)
    expect(flat(stdout))
      .to.include('get virtualmachineinstances.subresources.kubevirt.io/console')
      .and.include(
        '- {apiGroups: ["kubevirt.io"], resources: ["virtualmachineinstances"], verbs: ["create", "get", "delete"]}',
      )
  })

  it('says in one sentence that the account is not known', async () => {
    const kubeconfig = lab.server.kubeconfig('admin').replace(/token: .*/, 'token: a-token-nobody-knows')
    const path = await lab.writeKubeconfig(kubeconfig)
    const { exitCode, stdout, stderr } = await runCommand(COMMAND, ['preflight'], {
      KUBECONFIG: path,
      ...CONFIGURED,
    })
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' })
    expect(stderr).to.match(/^reading the Kubernetes version: the API server does not accept the token.*\n$/)
    expect(stderr).not.to.include('a-token-nobody-knows')
  })

  it('has a help, and says what it does not understand', async () => {
    expect(await preflight(['--help'])).to.deep.include({ exitCode: 0, stderr: '' })
    const { exitCode, stderr } = await preflight(['nonsense'])
    expect({ exitCode, stderr }).to.deep.equal({
      exitCode: 2,
      stderr: 'nonsense is not a parameter=value pair\nHint: dpdk-checkup preflight --help\n',
    })
    const nothing = await preflight([], { CONFIGMAP_NAMESPACE: NAMESPACE })
    expect(nothing.exitCode).to.equal(2)
    expect(nothing.stderr).to.include('specify a ConfigMap (--configmap or CONFIGMAP_NAME), or parameters')
  })
})
