/** `dpdk-checkup clean` as users run it. */
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { CONFIG_MAPS, JOBS } from '../apiserver/kinds.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { CONFIG_MAP, GuestlessLab, VALID } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import { type CommandEnd, runCommand } from './command.fixture.ts'

const COMMAND = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))

describe('dpdk-checkup clean', () => {
  let lab: GuestlessLab

  beforeEach(async () => {
    lab = await GuestlessLab.start()
    await lab.createConfigMap(VALID)
    for (const run of ['one', 'two']) leaveBehind(run)
  })
  afterEach(async () => {
    await lab[Symbol.asyncDispose]()
  })

  function leaveBehind(run: string): void {
    const metadata = { namespace: NAMESPACE, labels: { 'kubevirt-dpdk-checkup/uid': run } }
    const { store } = lab.server
    store.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...metadata, name: `config-${run}` },
    })
    store.create(VMI, {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { ...metadata, name: `vmi-${run}` },
      spec: { domain: { devices: {} } },
    })
  }
  const ALL = [
    'VirtualMachineInstance vmi-one',
    'VirtualMachineInstance vmi-two',
    'ConfigMap config-one',
    'ConfigMap config-two',
  ]

  async function clean(args: readonly string[], user = 'admin'): Promise<CommandEnd> {
    const kubeconfig = await lab.writeKubeconfig(lab.server.kubeconfig(user, NAMESPACE))
    return runCommand(COMMAND, ['clean', ...args], { KUBECONFIG: kubeconfig })
  }

  it("removes what runs left, and nothing of anybody else's", async () => {
    const { exitCode, stdout, stderr } = await clean(['--namespace', NAMESPACE])
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' })
    expect(stdout)
      .to.include(`removed VirtualMachineInstance ${NAMESPACE}/vmi-one (of run one, since `)
      .and.include(`removed ConfigMap ${NAMESPACE}/config-two (of run two, since `)
    expect(lab.leftovers()).to.deep.equal([])
    expect(lab.configMapData()).to.deep.equal(VALID)
    expect(await clean([])).to.deep.include({
      exitCode: 0,
      stdout: `no objects of any run are left in namespace ${NAMESPACE}\n`,
    })
  })

  it('removes what one run left', async () => {
    expect((await clean(['--run', 'one'])).exitCode).to.equal(0)
    expect(lab.leftovers()).to.deep.equal(['VirtualMachineInstance vmi-two', 'ConfigMap config-two'])
  })

  it('removes a Job that run --in-cluster left, if it has ended or its run is named', async () => {
    for (const [run, isOver] of [
      ['ended', true],
      ['going', false],
    ] as const)
      lab.server.store.create(JOBS, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          namespace: NAMESPACE,
          name: `job-${run}`,
          labels: { 'kubevirt-dpdk-checkup/started-by': run },
        },
        spec: { template: { spec: { containers: [] } } },
        status: isOver ? { conditions: [{ type: 'Failed', status: 'True' }] } : {},
      })
    const jobs = () => lab.server.store.list(JOBS, NAMESPACE).map(({ metadata }) => metadata.name)
    const dry = await clean(['--dry-run'])
    expect(dry.stdout).to.match(/^would remove Job target\/job-ended \(of run ended, since /m)
    expect(dry.stdout).to.match(
      /^left Job target\/job-going .* it has not ended; clean --run going removes it/m,
    )
    expect(jobs()).to.have.members(['job-ended', 'job-going'])
    const { stdout } = await clean([])
    expect(stdout)
      .to.match(/^removed Job target\/job-ended /m)
      .and.include('configmap,rolebinding,role,serviceaccount -l kubevirt-dpdk-checkup/started-by=ended')
    expect(jobs()).to.deep.equal(['job-going'])
    expect((await clean(['--run', 'going'])).exitCode).to.equal(0)
    expect(jobs()).to.deep.equal([])
  })

  it('says what it would remove, and removes nothing', async () => {
    const { exitCode, stdout } = await clean(['--dry-run'])
    expect(exitCode).to.equal(0)
    expect(stdout.match(/^would remove /gm)).to.have.length(4)
    expect(lab.leftovers()).to.have.members(ALL)
  })

  it("says which permissions the README's account lacks for it", async () => {
    const { exitCode, stderr } = await clean([], `system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`)
    expect(exitCode).to.equal(2)
    expect(stderr)
      .to.include(
        'this account lacks permission to list virtualmachineinstances.kubevirt.io, list configmaps in namespace target',
      )
      .and.include('- {apiGroups: ["kubevirt.io"], resources: ["virtualmachineinstances"], verbs: ["list"]}')
    expect(lab.leftovers()).to.have.members(ALL)
  })

  it('does not sweep under a run that goes on, unless it is made to', async () => {
    const started = { ...VALID, 'status.startTimestamp': new Date().toISOString() }
    lab.change(CONFIG_MAPS, CONFIG_MAP, () => ({ data: started }), NAMESPACE)
    const refused = await clean([])
    expect(refused.exitCode).to.equal(2)
    expect(refused.stderr).to.include(`ConfigMap ${NAMESPACE}/${CONFIG_MAP} belongs to a run that began at`)
    expect(lab.leftovers()).to.have.members(ALL)
    expect((await clean(['--force'])).exitCode).to.equal(0)
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('removes what a run left that cannot go on any more', async () => {
    const started = { ...VALID, 'status.startTimestamp': '2026-01-01T00:00:00Z' }
    lab.change(CONFIG_MAPS, CONFIG_MAP, () => ({ data: started }), NAMESPACE)
    expect((await clean([])).exitCode).to.equal(0)
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('has a help, and says what it does not understand', async () => {
    expect(await clean(['--help'])).to.deep.include({ exitCode: 0, stderr: '' })
    expect(await clean(['--nonsense'])).to.deep.include({
      exitCode: 2,
      stderr: "unknown option '--nonsense'\nHint: dpdk-checkup clean --help\n",
    })
    const { exitCode, stderr } = await clean(['--run', 'a,b'])
    expect(exitCode).to.equal(2)
    expect(stderr).to.include('--run needs the value of a run’s label')
  })
})
