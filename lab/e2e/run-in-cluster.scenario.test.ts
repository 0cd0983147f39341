/** `dpdk-checkup run`, in the cluster and from here: one command from an empty namespace to unpacked reports. */
import { spawn } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { KubeObject } from '../apiserver/contract.ts'
import { CONFIG_MAPS, JOBS, PODS, ROLE_BINDINGS, ROLES, SERVICE_ACCOUNTS } from '../apiserver/kinds.ts'
import { WatchedProcess } from '../watched-process.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { LAB_CHECKUP_IMAGE } from '../workloads/local-image.ts'
import { JobLab } from './job-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const PROGRAM = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))
const KINDS = [JOBS, PODS, CONFIG_MAPS, SERVICE_ACCOUNTS, ROLES, ROLE_BINDINGS, VMI]

const ALL = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']
/** The relevant part of Kubernetes' ClusterRole `edit` and KubeVirt's `kubevirt.io:edit`. */
const EDIT = [
  { apiGroups: [''], resources: ['configmaps', 'pods', 'serviceaccounts'], verbs: ALL },
  { apiGroups: [''], resources: ['events', 'pods/log'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ALL },
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachineinstances'], verbs: ALL },
  {
    apiGroups: ['subresources.kubevirt.io'],
    resources: ['virtualmachineinstances/console', 'virtualmachineinstances/softreboot'],
    verbs: ['get', 'update'],
  },
]
/** `admin` can also manage roles and role bindings of the namespace. */
const ADMIN = [
  ...EDIT,
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ALL },
]

const RUN = [
  'run',
  '-n',
  NAMESPACE,
  '--network',
  'dpdk-network',
  '--engine',
  'pktgen',
  '--rate',
  '10k',
  '--duration',
  '2s',
]
const IN_CLUSTER = [...RUN, '--in-cluster', '--image', LAB_CHECKUP_IMAGE]

describe('dpdk-checkup run', () => {
  let lab: JobLab
  let before: string[]

  beforeEach(async () => {
    lab = await JobLab.start()
    account('boss', ADMIN)
    account('editor', EDIT)
    before = objects()
  })
  afterEach(() => lab[Symbol.asyncDispose]())

  /** Creates a user. The lab represents a person as a service account of the namespace. */
  function account(name: string, rules: readonly object[]): void {
    const metadata = { name, namespace: NAMESPACE }
    const rbac = 'rbac.authorization.k8s.io'
    lab.server.store.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    lab.server.store.create(ROLES, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: [...rules] })
    lab.server.store.create(ROLE_BINDINGS, {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    })
  }

  /** All objects of the kinds that a run can create, with their versions. */
  function objects(): string[] {
    return KINDS.flatMap((kind) => lab.server.store.list(kind, NAMESPACE)).map(describeObject)
  }

  async function start(args: readonly string[], user = 'boss'): Promise<WatchedProcess> {
    const kubeconfig = join(lab.folder, `${user}.kubeconfig`)
    const as = `system:serviceaccount:${NAMESPACE}:${user}`
    await lab.writeKubeconfig(kubeconfig, as)
    const env = { PATH: process.env['PATH'], HOME: lab.folder, KUBECONFIG: kubeconfig }
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: lab.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new WatchedProcess('dpdk-checkup', child)
  }

  async function run(
    args: readonly string[],
    user?: string,
  ): Promise<{ code: number | null; output: string }> {
    const program = await start(args, user)
    const code = await program.exitCode
    return { code, output: program.output }
  }

  /** The verdict and warnings of the only report. */
  async function retrieved(): Promise<{ verdict: string; warnings: readonly string[] }> {
    const folders = (await readdir(join(lab.folder, 'reports'), { withFileTypes: true })).filter((one) =>
      one.isDirectory(),
    )
    expect(folders).to.have.lengthOf(1)
    const text = await readFile(join(lab.folder, 'reports', folders[0]?.name ?? '', 'report.json'), 'utf8')
    return JSON.parse(text) as { verdict: string; warnings: readonly string[] }
  }

  it('in the cluster creates what it takes, follows the Job, fetches the reports, and leaves nothing', async () => {
    const { code, output } = await run(IN_CLUSTER)
    expect(code, output).to.equal(0)
    expect(output)
      .to.match(/^created ServiceAccount target\/dpdk-checkup-sa$/m)
      .and.match(/^created Job target\/dpdk-checkup-\w{5}$/m)
      .and.include('✔ Traffic ')
      .and.match(/^Verdict: passed \(simulated cluster\)$/m)
      .and.match(/^Open reports\/\S+-passed-dpdk-checkup-config-\w{5}\/dpdk-checkup-summary\.html$/m)
    expect((await retrieved()).verdict).to.equal('passed')
    expect(objects()).to.deep.equal(before)
  })

  it('in the cluster uses what is there, the roles of its predecessor too, and leaves it as it was', async () => {
    await lab.run(
      'sed -i "s/, \'virtualmachineinstances\\/softreboot\'//" fixtures/manifests/permissions.yaml && ' +
        'kubectl apply -n <target-namespace> -f fixtures/manifests/permissions.yaml',
    )
    const role = lab.server.store.get(ROLES, NAMESPACE, 'kubevirt-dpdk-checker')
    expect(JSON.stringify(role)).not.to.include('softreboot')
    before = objects()
    const { code, output } = await run(IN_CLUSTER, 'editor')
    expect(code, output).to.equal(0)
    expect(output).not.to.include('created Role')
    expect((await retrieved()).warnings.join()).to.include(
      'Without this permission the guests reboot themselves',
    )
    expect(objects()).to.deep.equal(before)
  })

  it('in the cluster asks for rights before it creates anything, and says who has to do what', async () => {
    const { code, output } = await run(IN_CLUSTER, 'editor')
    expect(code).to.equal(2)
    expect(output)
      .to.include('an administrator must run once:')
      .and.include('dpdk-checkup manifests -n target --only rbac | kubectl apply -f -')
    expect(objects()).to.deep.equal(before)
  })

  it('in the cluster prints what it would create, and starts a Job that it leaves, where it is told to', async () => {
    const printed = await run([...IN_CLUSTER, '--dry-run'])
    expect(printed.code).to.equal(0)
    expect(printed.output.match(/^kind: \w+/gm)).to.deep.equal(
      ['ServiceAccount', 'Role', 'RoleBinding', 'Role', 'RoleBinding', 'ConfigMap', 'Job'].map(
        (kind) => `kind: ${kind}`,
      ),
    )
    expect(objects()).to.deep.equal(before)
    const { code, output } = await run([...IN_CLUSTER, '--detach'])
    expect(code, output).to.equal(0)
    expect(objects()).not.to.deep.equal(before)
    // Run the printed commands one after the other.
    for (const line of output.match(/^ {2}(dpdk-checkup|kubectl) .*$/gm) ?? []) {
      const said = await lab.run(line.trim().replace(/^dpdk-checkup/, 'npx dpdk-checkup'))
      expect(said.exitCode, `${line}: ${said.stderr}`).to.equal(0)
      if (line.includes(' wait ')) expect(await statusOfAll()).to.deep.equal([['ended', 'passed', true]])
    }
    expect(await statusOfAll()).to.deep.equal([])
    expect((await retrieved()).verdict).to.equal('passed')
    expect(objects()).to.deep.equal(before)
  })

  /** The runs according to `dpdk-checkup status`: phase, verdict, and whether there are reports. */
  async function statusOfAll(): Promise<unknown> {
    const { code, output } = await run(['status', '-n', NAMESPACE, '-o', 'json'])
    expect(code, output).to.equal(0)
    const runs = JSON.parse(output) as { phase: string; verdict?: string; reports?: string }[]
    return runs.map(({ phase, verdict, reports }) => [phase, verdict, reports !== undefined])
  }

  it('in the cluster says that an image is not to be had, and leaves nothing', async () => {
    const args = [...RUN, '--in-cluster', '--image', 'registry.example/none:1']
    const { code, output } = await run(args)
    expect(code).to.equal(2)
    expect(output).to.match(/can ?not start: ImagePullBackOff/)
    expect(objects()).to.deep.equal(before)
  })

  for (const [when, said] of [
    ['its objects are created', 'created ConfigMap'],
    ['its Job is created', 'created Job'],
    ['its pod runs', 'is running'],
    ['packets are sent', 'send packets'],
  ] as const)
    it(`in the cluster ends the Job, fetches what there is and leaves nothing when it is interrupted while ${when}`, async () => {
      const args = [...IN_CLUSTER.map((word) => (word === '2s' ? '5m' : word)), '--set', 'verbose=true']
      const program = await start(args)
      await program.said(said)
      program.process.kill('SIGINT')
      expect(await program.exitCode, program.output).to.equal(2)
      // A line for what follows, and the last one for how it ended.
      const lines = program.output.trimEnd().split('\n')
      const about = lines.filter((line) => line.startsWith('interrupted by SIGINT: '))
      expect(about, program.output).to.have.lengthOf(2)
      expect(about[0]).to.match(/: (removing what was created for the run|ending the Job; .* Job running)$/)
      expect(lines.at(-1)).to.equal('interrupted by SIGINT: the run did not get to its end')
      expect(objects()).to.deep.equal(before)
      if (said === 'send packets') expect((await retrieved()).verdict).to.equal('error')
    })

  it('from here makes a ConfigMap of its own, and leaves nothing but the reports', async () => {
    const { code, output } = await run([...RUN, '--exit-code', 'failed=7'])
    expect(code, output).to.equal(0)
    expect((await retrieved()).verdict).to.equal('passed')
    expect(objects()).to.deep.equal(before)
    await rm(join(lab.folder, 'reports'), { recursive: true })
  })
})

function describeObject({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name} ${metadata.resourceVersion ?? ''}`
}
