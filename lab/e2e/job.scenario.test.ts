/** The steps to run the checkup on a cluster with kubectl, command by command, against the lab. */
import { PATIENCE } from '../../support/common/testing/patience.ts'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { PODS } from '../apiserver/kinds.ts'
import { untilStored } from '../nodes/lab-clock.ts'
import { ISOLATION_ANNOTATION } from '../workloads/pod-life.ts'
import { plainProcess } from '../workloads/container-isolation.ts'
import { commandsIn } from '../dev/docs/documents.ts'
import { WatchedProcess } from '../watched-process.ts'
import { JobLab, type CommandResult } from './job-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import { describeWithKubectl } from '../../support/common/testing/with-kubectl.ts'

/** A page's commands that talk to a cluster, in order, except those with tests of their own. */
function commands(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
  const isOther = (line: string) => /^npx dpdk-checkup (run|manifests|preflight|report|diff) /.test(line)
  return commandsIn(text).filter((line) => /^(kubectl|npx dpdk-checkup) /.test(line) && !isOther(line))
}

const APPLY = ['permissions', 'configmap', 'job'].map(
  (name) => `kubectl apply -n <target-namespace> -f fixtures/manifests/${name}.yaml`,
)
const WAIT = 'npx dpdk-checkup wait -n <target-namespace> dpdk-checkup'
const LOGS = 'kubectl logs -n <target-namespace> job/dpdk-checkup'
const RESULT = 'kubectl get configmap dpdk-checkup-config -n <target-namespace> -o yaml'
const RETRIEVE = 'npx dpdk-checkup retrieve -n <target-namespace> dpdk-checkup-config'
const FETCH = [
  "kubectl get configmap dpdk-checkup-config-report -n <target-namespace> -o jsonpath='{.binaryData.bundle\\.tar\\.gz}' | base64 -d > bundle.tar.gz",
  'tar -xzf bundle.tar.gz',
]
const TERMINATION_MESSAGE = '{.items[*].status.containerStatuses[*].state.terminated.message}'
/** Deletes the two objects of one run. */
const DELETE = ['job dpdk-checkup', 'configmap dpdk-checkup-config'].map(
  (object) => `kubectl delete -n <target-namespace> ${object}`,
)
const OPTIONAL_RIGHTS = [
  'kubectl apply -n <target-namespace> -f fixtures/manifests/preflight-permissions.yaml',
  'kubectl create clusterrolebinding dpdk-checkup-preflight --clusterrole=dpdk-checkup-preflight --serviceaccount=<target-namespace>:dpdk-checkup-sa',
]

const STEPS = [...APPLY, WAIT, LOGS, RETRIEVE, RESULT]

async function runAll(lab: JobLab): Promise<Map<string, CommandResult>> {
  const said = new Map<string, CommandResult>()
  for (const line of STEPS) said.set(line, await lab.run(line))
  return said
}

function dataOf(result: CommandResult | undefined): Record<string, string> {
  return (parse(result?.stdout ?? '') as { data: Record<string, string> }).data
}

describeWithKubectl('the checkup as a Job', () => {
  it('is run and repeated by these commands of its page, with these rights', () => {
    expect(commands('docs/cluster.md')).to.deep.equal([...STEPS, ...DELETE, APPLY[1], APPLY[2]])
    expect(commands('docs/results.md')).to.deep.equal([LOGS, RETRIEVE, FETCH[0]])
    expect(commands('docs/permissions.md')).to.deep.equal([APPLY[0], ...OPTIONAL_RIGHTS])
  })

  it('passes, by its page alone', async () => {
    await using lab = await JobLab.start()
    const said = await runAll(lab)
    const all = JSON.stringify([...said], undefined, 2)
    expect(said.get(APPLY[0] ?? '')?.stdout, all).to.match(/^serviceaccount\/dpdk-checkup-sa created\n/)
    expect(said.get(APPLY[1] ?? '')?.stdout, all).to.equal('configmap/dpdk-checkup-config created\n')
    expect(said.get(APPLY[2] ?? '')?.stdout, all).to.equal('job.batch/dpdk-checkup created\n')
    const waited = said.get(WAIT)
    expect(waited?.exitCode, all).to.equal(0)
    expect(waited?.stdout)
      .to.match(/^pod dpdk-checkup-\w{5} is running$/m)
      .and.match(/^Job target\/dpdk-checkup is complete$/m)
      .and.match(/^Verdict: passed \(simulated cluster\)$/m)
    expect(said.get(LOGS)?.stdout, all).to.include('PASSED  ')
    expect(dataOf(said.get(RESULT))).to.include({
      'status.succeeded': 'true',
      'status.failureReason': '',
      'status.result.vmUnderTestReceivedPackets': '20000',
    })
    expect(lab.leftovers()).to.deep.equal([])

    const log = said.get(LOGS)?.stdout.trimEnd().split('\n') ?? []
    expect(log.slice(-3).map((line) => line.trim())).to.deep.equal([
      ...FETCH.map((line) => line.replace('<target-namespace>', NAMESPACE)),
      'Exit code 0',
    ])
    expect(log.join('\n')).not.to.include('/tmp/reports')
    for (const line of log.slice(-3, -1)) {
      const { exitCode, stderr } = await lab.run(line)
      expect({ exitCode, stderr }, line).to.deep.equal({ exitCode: 0, stderr: '' })
    }
    const listed = await lab.run(
      'ls dpdk-checkup-*Z && cd dpdk-checkup-*Z && sha256sum --check --quiet manifest.sha256',
    )
    expect(listed.exitCode, listed.stderr).to.equal(0)
    expect(listed.stdout.split('\n')).to.include.members([
      'report.json',
      'dpdk-checkup-summary.html',
      'run.log',
    ])

    const retrieved = said.get(RETRIEVE)
    expect(retrieved?.stdout, retrieved?.stderr).to.match(
      /^Open reports\/\S+Z-passed-dpdk-checkup-config\/dpdk-checkup-summary\.html$/m,
    )

    const shown = await lab.run(`kubectl get jobs,pods -n ${NAMESPACE}`)
    expect(shown.stdout).to.match(/job\.batch\/dpdk-checkup +Complete +1\/1 +\d+s +\d+s/)
    expect(shown.stdout).to.match(/pod\/dpdk-checkup-\w{5} +0\/1 +Completed +0 +\d+s/)
    const waitedFor = await lab.run(`kubectl wait --for=condition=complete -n ${NAMESPACE} job/dpdk-checkup`)
    expect(waitedFor.stdout).to.equal('job.batch/dpdk-checkup condition met\n')
    const labelled = await lab.run(`kubectl get pods -n ${NAMESPACE} -l job-name=dpdk-checkup -o name`)
    expect(labelled.stdout).to.match(/^pod\/dpdk-checkup-\w{5}\n$/)
    const described = await lab.run(`kubectl describe job -n ${NAMESPACE} dpdk-checkup`)
    expect(described.stdout)
      .to.match(/Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed/)
      .and.match(/Normal +SuccessfulCreate .* job-controller +Created pod: dpdk-checkup-\w{5}/)
      .and.match(/Normal +Completed .* job-controller +Job completed/)
    const tail = await lab.run(`kubectl logs -n ${NAMESPACE} job/dpdk-checkup --tail=1`)
    expect(tail.stdout.split('\n')).to.have.length(2)
    const again = await lab.run(APPLY[2] ?? '')
    expect(again.stdout).to.equal('job.batch/dpdk-checkup unchanged\n')

    for (const line of [...DELETE, ...OPTIONAL_RIGHTS, ...APPLY.slice(1)]) {
      const { exitCode, stderr } = await lab.run(line)
      expect(exitCode, `${line}: ${stderr}`).to.equal(0)
    }
    const next = await lab.run(WAIT)
    expect(next.exitCode, next.stdout + next.stderr).to.equal(0)
    // This cluster has no SR-IOV operator, which also knows the NICs that the engine must fit; no target nodes were
    // requested, and its guests show no NUMA nodes.
    expect((await lab.run(LOGS)).stdout).to.include('37 passed, 4 skipped:')
    // With the optional role it reads the status of its own pod.
    await lab.run(`${RETRIEVE} --output second`)
    const environment = await lab.run('cat second/*/environment.json')
    const { suite } = JSON.parse(environment.stdout) as { suite: { image?: string } }
    expect(suite.image, environment.stderr).to.match(/^localhost\/kubevirt-dpdk-checkup@sha256:[0-9a-f]{64}$/)
  })

  it('fails where packets get lost, and kubectl is told so', async () => {
    await using lab = await JobLab.start({ faults: { links: { lostToVm: 0.1 } } })
    const said = await runAll(lab)
    const waited = said.get(WAIT)
    expect(waited?.exitCode, waited?.stderr).to.equal(1)
    expect(waited?.stdout)
      .to.match(
        /^Job target\/dpdk-checkup failed: BackoffLimitExceeded: .*, its pod ended with exit code 1$/m,
      )
      .and.match(/^Verdict: failed \(simulated cluster\)$/m)
      .and.match(/^Failure reason: .*lost/m)
    expect(dataOf(said.get(RESULT))['status.succeeded']).to.equal('false')
    const failed = await lab.run(`kubectl wait --for=condition=failed -n ${NAMESPACE} job/dpdk-checkup`)
    expect(failed.stdout).to.equal('job.batch/dpdk-checkup condition met\n')
    const [pod] = lab.server.store.list(PODS, NAMESPACE)
    // A plain process has no file system of its own, so the kubelet finds no termination log.
    const isIsolated =
      pod?.metadata.annotations?.[ISOLATION_ANNOTATION]?.includes('namespaces of its own') === true
    const message = await lab.run(`kubectl get pods -n ${NAMESPACE} -o jsonpath='${TERMINATION_MESSAGE}'`)
    expect(message.stdout).to.match(
      isIsolated
        ? /^verdict: failed\nsimulated: true\nreason: traffic\.no-loss: 2,000 of 20,000 packets /
        : /^$/,
    )
    const pods = await lab.run(`kubectl get pods -n ${NAMESPACE} -l job-name=dpdk-checkup`)
    expect(pods.stdout).to.match(/dpdk-checkup-\w{5} +0\/1 +Error /)
    expect(lab.leftovers()).to.deep.equal([])
  })

  it('ends when its Job is deleted in the middle: status written, nothing left', async () => {
    await using lab = await JobLab.start({ testDuration: '5m' })
    // With hostNetwork, HOSTNAME is the node's name; the pod is still recognised as the owner.
    await lab.run(
      "sed -i 's/^( *)restartPolicy:/\\1hostNetwork: true\\n&/; /POD_NAME/,+3d' -E fixtures/manifests/job.yaml",
    )
    for (const line of APPLY) expect((await lab.run(line)).exitCode).to.equal(0)
    const waiting = lab.run(WAIT)
    await untilStored(
      lab.server.store,
      [PODS],
      () => lab.server.store.list(PODS, NAMESPACE).some(({ status }) => isRunning(status)) || undefined,
      AbortSignal.timeout(PATIENCE),
    )
    const follow = new AbortController()
    const following = followUntil(lab, '✔ Links', follow.signal)
    await following
    const names = (what: string, path: string) =>
      lab.run(`kubectl get ${what} -n ${NAMESPACE} -o jsonpath='{.items[*].metadata.${path}}'`)
    const pod = (await names('pods -l job-name=dpdk-checkup', 'name')).stdout
    expect((await names('vmi', 'ownerReferences[*].name')).stdout).to.equal(`${pod} ${pod}`)
    const deleted = await lab.run(`kubectl delete job -n ${NAMESPACE} dpdk-checkup`)
    expect(deleted.stdout).to.equal('job.batch "dpdk-checkup" deleted\n')
    await untilStored(
      lab.server.store,
      [PODS],
      () => (lab.server.store.list(PODS, NAMESPACE).length === 0 ? true : undefined),
      AbortSignal.timeout(PATIENCE),
    )
    expect(lab.configMapData()).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'error' })
    expect(lab.configMapData()?.['status.failureReason']).to.include('interrupted by SIGTERM')
    expect(lab.leftovers()).to.deep.equal([])
    const waited = await waiting
    expect(waited.exitCode).to.equal(2)
    expect(waited.stderr).to.include('Job target/dpdk-checkup was deleted during the wait')
  })

  it('runs as a plain process as well, where there are no namespaces, and with the roles of its predecessor', async () => {
    await using lab = await JobLab.start({ runtime: plainProcess('it is tested so') })
    await lab.run(
      'sed -i "s/, \'virtualmachineinstances\\/softreboot\'//" fixtures/manifests/permissions.yaml',
    )
    const said = await runAll(lab)
    expect(said.get(WAIT)?.exitCode, JSON.stringify([...said])).to.equal(0)
    expect(said.get(LOGS)?.stdout).to.include('Without this permission the guests reboot themselves')
  })

  it('does not wait for a Job that does not exist or cannot start', async () => {
    await using lab = await JobLab.start()
    const absent = await lab.run(WAIT)
    expect(absent.exitCode).to.equal(2)
    expect(absent.stderr)
      .to.include('there is no Job target/dpdk-checkup')
      .and.include('dpdk-checkup status -n target')
    await lab.run(APPLY[2] ?? '')
    const late = await lab.run(`${WAIT} --timeout 5s`)
    expect(late.exitCode).to.equal(2)
    expect(late.stdout).to.include('serviceaccount "dpdk-checkup-sa" not found')
    expect(late.stderr).to.match(
      /^waiting for Job target\/dpdk-checkup to end: last saw warning: FailedCreate: .* after [\d.ms]+; the Job continues\n$/,
    )
    await lab.run(`kubectl delete job -n ${NAMESPACE} dpdk-checkup`)
    await lab.run(APPLY[0] ?? '')
    await lab.run("sed -i 's/image: .*/image: <not-filled-in>/' fixtures/manifests/job.yaml")
    await lab.run(APPLY[2] ?? '')
    const stuck = await lab.run(WAIT)
    expect(stuck.exitCode).to.equal(2)
    expect(stuck.stderr).to.match(/pod dpdk-checkup-\w{5} cannot start: InvalidImageName: /)
  })
})

function isRunning(status: unknown): boolean {
  return (status as { phase?: string } | undefined)?.phase === 'Running'
}

/** Follows the Job's log with kubectl until it contains the text. */
async function followUntil(lab: JobLab, text: string, signal: AbortSignal): Promise<void> {
  const env = { ...process.env, KUBECONFIG: `${lab.folder}/kubeconfig`, KUBECACHEDIR: `${lab.folder}/cache` }
  const args = ['logs', '-f', '-n', NAMESPACE, 'job/dpdk-checkup']
  const kubectl = spawn('kubectl', args, { env, signal, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new WatchedProcess('kubectl logs', kubectl).said(text)
  } finally {
    kubectl.kill()
  }
}
