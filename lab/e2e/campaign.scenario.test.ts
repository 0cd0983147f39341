/** `dpdk-checkup certify` as users run it, with shorter traffic than its profile asks for. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runCommand } from './command.fixture.ts'
import { JobLab } from './job-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const PROGRAM = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))

describe('dpdk-checkup certify', () => {
  it('makes the runs of a profile, and packs them with what verify needs', async () => {
    await using lab = await JobLab.start()
    const env = { HOME: lab.folder, KUBECONFIG: join(lab.folder, 'kubeconfig') }
    const words = ['certify', '-n', NAMESPACE, '--network', 'dpdk-network', '--profile', 'baseline']
    const shorter = ['--engine', 'pktgen', '--rate', '10k', '--duration', '2s', '--repetitions', '1']
    const output = join(lab.folder, 'reports')
    const { exitCode, stdout, stderr } = await runCommand(
      PROGRAM,
      [...words, ...shorter, '--output', output],
      env,
    )
    expect(stderr).to.match(/^the campaign will give no certificate: it deviates from profile baseline: /m)
    expect(stdout)
      .to.match(/^run 1: frameSize=64, pass 1 of 1$/m)
      .and.match(/^Campaign of 1 run on the simulated cluster: passed$/m)
      .and.match(/^Certificate {2}none: run 1 gives none: it deviates from profile baseline/m)
    expect(exitCode, stdout + stderr).to.equal(0)
    const [, packed = ''] = /^Package +(\S+)$/m.exec(stdout) ?? []
    const verified = await runCommand(PROGRAM, ['verify', packed], env)
    expect(verified.stdout, verified.stderr)
      .to.match(/^ {2}verdict {6}passed \(simulated cluster/m)
      .and.match(/^ {2}runs {9}1, of which 0 did not pass; 1 bundle verified$/m)
    expect(verified.exitCode, verified.stderr).to.equal(0)
    expect(lab.leftovers()).to.deep.equal([])
  })
})
