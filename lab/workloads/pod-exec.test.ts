import { expect } from 'chai'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, PODS } from '../apiserver/kinds.ts'
import { NAMESPACE, scriptDeployment, scriptJob, TestCluster } from './cluster.fixture.ts'
import { chooseIsolation, plainProcess } from './container-isolation.ts'
import { describeWithKubectl } from '../../support/common/testing/with-kubectl.ts'

interface ExecResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

describeWithKubectl('running programs in pods, by kubectl', () => {
  let cluster: TestCluster
  let kubeconfig: string

  const started = async (options: Parameters<typeof TestCluster.start>[0]) => {
    cluster = await TestCluster.start(options)
    kubeconfig = join(cluster.folder, 'kubeconfig')
    await writeFile(kubeconfig, cluster.server.kubeconfig('admin', NAMESPACE))
    const container = { terminationMessagePolicy: 'FallbackToLogsOnError' }
    const script = 'trap "exit 0" TERM; echo first; while :; do sleep 0.05 2>&-; done 2>/dev/null'
    await cluster.create(scriptDeployment(script, { container }))
    await cluster.until(() => cluster.state['running'] !== undefined)
  }

  before(async () => {
    await started({ runtime: plainProcess('it is tested so') })
  })
  after(async () => {
    await cluster[Symbol.asyncDispose]()
  })

  const env = () => ({
    ...process.env,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(cluster.folder, 'cache'),
  })
  function kubectl(args: readonly string[], stdin = ''): Promise<ExecResult> {
    const { promise, resolve } = Promise.withResolvers<ExecResult>()
    const child = execFile('kubectl', args, { env: env(), maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
    child.stdin?.end(stdin)
    return promise
  }
  const exec = (...args: string[]) => kubectl(['exec', 'deploy/web', '--', ...args])

  it('gives back what the program printed, where it printed it', async () => {
    expect(
      await exec('sh', '-c', 'echo out; echo err >&2; echo "$FROM_IMAGE $1"', 'sh', 'a b'),
    ).to.deep.equal({
      code: 0,
      stdout: 'out\nyes a b\n',
      stderr: 'err\n',
    })
  })

  it('ends with the exit code of the program', async () => {
    const { code, stderr } = await exec('sh', '-c', 'exit 37')
    expect(code).to.equal(37)
    expect(stderr).to.equal('command terminated with exit code 37\n')
    expect((await exec('sh', '-c', 'kill -TERM $$')).code).to.equal(143)
  })

  it('hands over standard input, and its end', async () => {
    const text = 'line\n'.repeat(50_000)
    const args = ['exec', '-i', 'deploy/web', '--', 'sh', '-c', 'wc -c; echo ended']
    const { code, stdout } = await kubectl(args, text)
    expect({ code, stdout: stdout.trim().split(/\s+/) }).to.deep.equal({
      code: 0,
      stdout: ['250000', 'ended'],
    })
  })

  it('has much output come whole', async () => {
    const { code, stdout } = await exec('sh', '-c', 'yes 123456789 | head -n 200000')
    expect(code).to.equal(0)
    expect(stdout.length).to.equal(2_000_000)
  })

  it('says that there is no such program', async () => {
    const { code, stderr } = await exec('/no/such/program', 'x')
    expect(code).to.equal(127)
    expect(stderr).to.include('/no/such/program').and.include('No such file or directory')
    expect(stderr).to.match(/command terminated with exit code 127\n$/)
  })

  const REFUSED: readonly (readonly [what: string, words: string[], stderr: RegExp])[] = [
    [
      'a pod that is not there',
      ['exec', 'absent', '--', 'true'],
      /^Error from server \(NotFound\): pods "absent" not found\n$/,
    ],
    [
      'a container that the pod does not have',
      ['exec', 'deploy/web', '-c', 'zz', '--', 'true'],
      /container(?: not found: |.*)zz/,
    ],
  ]
  for (const [what, words, stderr] of REFUSED)
    it(`refuses ${what}`, async () => {
      const said = await kubectl(words)
      expect(said.code).to.equal(1)
      expect(said.stderr).to.match(stderr)
    })

  it('refuses a container that does not run', async () => {
    await cluster.create(
      scriptJob('true', { pod: { restartPolicy: 'OnFailure' }, container: { image: 'quay.io/x/y:v1' } }),
    )
    await cluster.until(() =>
      cluster.pods.some((pod) => pod.metadata.name.startsWith('job-') && pod.spec.nodeName !== undefined),
    )
    const name = cluster.pods.find((pod) => pod.metadata.name.startsWith('job-'))?.metadata.name ?? ''
    const { code, stderr } = await kubectl(['exec', name, '--', 'true'])
    expect(code).to.equal(1)
    expect(stderr).to.equal('error: unable to upgrade connection: container not found ("main")\n')
    expect((await kubectl(['delete', 'job', 'job'])).code).to.equal(0)
  })

  it('asks for the right to create pods/exec, and for nothing more than to get the pod', async () => {
    const { store } = cluster.server
    const role = (resource: string, verb: string) => ({
      apiGroups: [''],
      resources: [resource],
      verbs: [verb],
    })
    store.create(CLUSTER_ROLES, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'looks' },
      rules: [role('pods', 'get'), role('pods', 'list')],
    })
    store.create(CLUSTER_ROLE_BINDINGS, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'looks' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'looks' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'eve' }],
    })
    const own = join(cluster.folder, 'eve')
    await writeFile(own, cluster.server.kubeconfig('eve', NAMESPACE))
    const name = cluster.pods.find((pod) => pod.metadata.name.startsWith('web-'))?.metadata.name ?? ''
    const args = ['--kubeconfig', own, 'exec', name, '--', 'echo', 'in']
    const refused = await kubectl(args)
    expect(refused.code).to.equal(1)
    expect(refused.stderr).to.include(
      `pods "${name}" is forbidden: User "eve" cannot create resource "pods/exec" in API group "" in the namespace "${NAMESPACE}"`,
    )
    const [looks] = store.list(CLUSTER_ROLES).filter(({ metadata }) => metadata.name === 'looks')
    if (looks === undefined) throw new Error('the role is not there')
    const rules = [...(looks['rules'] as object[]), role('pods/exec', 'create')]
    store.update(CLUSTER_ROLES, { ...looks, rules })
    expect(await kubectl(args)).to.deep.equal({ code: 0, stdout: 'in\n', stderr: '' })
  })

  it('ends the program where the client goes', async () => {
    const child = spawn('kubectl', ['exec', 'deploy/web', '--', 'sh', '-c', 'echo "$$"; sleep 1000'], {
      env: env(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    const pid = Number(chunk.toString())
    child.kill('SIGKILL')
    await once(child, 'close')
    while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
  })

  it('shows logs by the name of the Deployment: the last lines, and what is to come', async () => {
    expect((await kubectl(['logs', 'deploy/web', '--tail=1'])).stdout).to.equal('first\n')
    expect((await kubectl(['logs', 'deploy/web', '--since=1h', '--tail=-1'])).stdout).to.equal('first\n')
    const [following, running] = await Promise.all(
      [
        ['logs', '-f', 'deploy/web'],
        ['exec', 'deploy/web', '--', 'sh', '-c', 'echo in; exec sleep 1000'],
      ].map(async (args) => {
        const child = spawn('kubectl', args, { env: env(), stdio: ['ignore', 'pipe', 'ignore'] })
        const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
        return { said: chunk.toString(), ended: once(child, 'close') as Promise<[number]> }
      }),
    )
    expect([following?.said, running?.said]).to.deep.equal(['first\n', 'in\n'])
    const [pod] = cluster.pods.filter(({ metadata }) => metadata.name.startsWith('web-'))
    cluster.server.store.delete(PODS, NAMESPACE, pod?.metadata.name ?? '')
    expect((await following?.ended)?.[0]).to.equal(0)
    // Programs of `exec` end with the container.
    expect((await running?.ended)?.[0]).to.equal(137)
    await cluster.until(() => cluster.state['running'] !== undefined)
  })

  it('can be typed to, where a terminal is asked for', async () => {
    const name = cluster.pods.find((pod) => pod.metadata.name.startsWith('web-'))?.metadata.name ?? ''
    const path = `api/v1/namespaces/${NAMESPACE}/pods/${name}/exec?command=sh&stdin=true&stdout=true&tty=true`
    const url = `${cluster.server.url.replace('https', 'wss')}/${path}`
    const talk = async (...typed: string[]) => {
      const headers = { Authorization: `Bearer ${cluster.server.token('admin')}` }
      const socket = new WebSocket(url, ['v5.channel.k8s.io'], { headers, ca: cluster.server.certificate })
      let shown = ''
      let outcome = ''
      socket.on('message', (data: Buffer) => {
        if (data[0] === 3) outcome = data.subarray(1).toString()
        else shown += data.subarray(1).toString()
      })
      await once(socket, 'open')
      for (const text of typed) socket.send(Buffer.from(`\0${text}`))
      await once(socket, 'close')
      return { shown, outcome: JSON.parse(outcome) as { status: string; reason?: string } }
    }
    const { shown, outcome } = await talk('echo "a$((1+1))"; lsx\x7f /none\r', '\x04')
    expect(shown)
      .to.include('lsx\b \b /none\r\n')
      .and.include('a2\r\n')
      .and.match(/No such file[^\n]*\r\n/)
    expect(outcome.reason).to.equal('NonZeroExitCode')
    // Ctrl-C ends a program that would not end by itself.
    expect((await talk('sleep 1000\r', '\x03')).shown).to.equal('sleep 1000\r\n^C\r\n')
  })

  it('speaks the older protocol too, and hears no channel that nobody has', async () => {
    const name = cluster.pods.find((pod) => pod.metadata.name.startsWith('web-'))?.metadata.name ?? ''
    const url = `${cluster.server.url.replace('https', 'wss')}/api/v1/namespaces/${NAMESPACE}/pods/${name}/exec`
    const socket = new WebSocket(`${url}?command=cat&stdin=true&stdout=true`, ['v4.channel.k8s.io'], {
      headers: { Authorization: `Bearer ${cluster.server.token('admin')}` },
      ca: cluster.server.certificate,
    })
    const messages: Buffer[] = []
    socket.on('message', (data: Buffer) => messages.push(data))
    await once(socket, 'open')
    for (const bytes of [[9, 65], [], [4, 123], [0, 72, 105, 10]]) socket.send(Buffer.from(bytes))
    await once(socket, 'message')
    expect(messages[0]?.toString('latin1')).to.equal('\u0001Hi\n')
    socket.close()
    await once(socket, 'close')
  })
})

describe('running programs in containers with namespaces of their own', () => {
  it('has the container’s user, processes and files', async function () {
    if (process.getuid?.() !== 0) this.skip()
    await using cluster = await TestCluster.start({})
    if ((await chooseIsolation(cluster.folder)).description.includes('plain process')) this.skip()
    const container = { volumeMounts: [{ name: 'run', mountPath: '/mnt/run' }] }
    const pod = {
      volumes: [{ name: 'run', emptyDir: {} }],
      securityContext: { runAsUser: 1001, runAsGroup: 2001, fsGroup: 2002 },
    }
    const script =
      'echo hello > /mnt/run/file; trap "exit 0" TERM; while :; do sleep 0.05 2>&-; done 2>/dev/null'
    await cluster.create(scriptDeployment(script, { container, pod }))
    await cluster.until(() => cluster.state['running'] !== undefined)
    const kubeconfig = join(cluster.folder, 'kubeconfig')
    await writeFile(kubeconfig, cluster.server.kubeconfig('admin', NAMESPACE))
    const inside =
      'id -u; id -g; id -G; cat /mnt/run/file; tr "\\0" " " < /proc/1/cmdline | cut -c1-5; grep NoNewPrivs /proc/self/status'
    const args = ['exec', 'deploy/web', '--', 'sh', '-c', inside]
    const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(cluster.folder, 'cache') }
    const { promise, resolve } = Promise.withResolvers<string>()
    execFile('kubectl', args, { env }, (_, stdout, stderr) => {
      resolve(stdout + stderr)
    })
    expect((await promise).split('\n')).to.deep.equal([
      '1001',
      '2001',
      '2001 2002',
      'hello',
      'sh -c',
      'NoNewPrivs:\t1',
      '',
    ])
  })
})

/** Whether a process runs; a zombie does not. */
function isThere(pid: number): boolean {
  return (
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
      .stdout.trim()
      .replace(/^Z.*/, '') !== ''
  )
}
