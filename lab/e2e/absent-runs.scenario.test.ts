/** What the commands say where there is no run, or no namespace. */
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { GuestlessLab } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import { runCommand } from './command.fixture.ts'

const COMMAND = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))

describe('where there is no run', () => {
  let lab: GuestlessLab

  before(async () => {
    lab = await GuestlessLab.start()
  })
  after(() => lab[Symbol.asyncDispose]())

  async function run(...args: string[]) {
    const kubeconfig = await lab.writeKubeconfig(lab.server.kubeconfig('admin', NAMESPACE))
    return runCommand(COMMAND, args, { KUBECONFIG: kubeconfig })
  }

  it('status says so, and tells a namespace that does not exist from it', async () => {
    expect(await run('status')).to.deep.equal({
      exitCode: 0,
      stdout: `there is no checkup in namespace ${NAMESPACE}\n`,
      stderr: '',
    })
    expect(await run('status', '-n', 'nope')).to.deep.equal({
      exitCode: 2,
      stdout: '',
      stderr: 'there is no namespace nope\n',
    })
  })

  it('wait and retrieve name the command that shows the runs', async () => {
    expect((await run('wait')).stderr).to.equal(
      `there is no Job ${NAMESPACE}/dpdk-checkup; dpdk-checkup status -n ${NAMESPACE} shows the runs in this namespace\n`,
    )
    expect((await run('retrieve')).stderr).to.equal(
      `there is no ConfigMap ${NAMESPACE}/dpdk-checkup-config; the reports of a run go with it\n` +
        'Hint: dpdk-checkup status shows the runs of the namespace\n',
    )
  })
})
