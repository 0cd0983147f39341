import { expect } from 'chai'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { VMIS } from './testing/recorded-world.ts'
import { type ApiServer, startApiServer } from './server.ts'
import { testExtension } from './testing/test-extension.ts'
import { describeWithKubectl } from '../../support/common/testing/with-kubectl.ts'

const configMap = (data: Record<string, string>) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data })

describeWithKubectl('the API server, used by kubectl', () => {
  let server: ApiServer
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-kubectl-'))
    server = await startApiServer({ extensions: testExtension().extension, tls: true })
    await writeFile(join(folder, 'kubeconfig'), server.kubeconfig('admin', 'ns1'))
    await kubectl('create', 'namespace', 'ns1')
  })

  after(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** Each test has its own discovery cache: kubectl must not use what it cached of another server. */
  const options = () => ({
    env: { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), KUBECACHEDIR: join(folder, 'cache') },
  })

  async function kubectl(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('kubectl', args, options())
    return stdout
  }

  async function applyText(text: string, ...args: string[]): Promise<string> {
    const file = join(folder, 'manifest.json')
    await writeFile(file, text)
    return kubectl('apply', ...args, '-f', file)
  }

  async function failure(...args: string[]): Promise<string> {
    try {
      await kubectl(...args)
    } catch (error) {
      return (error as { stderr: string }).stderr
    }
    throw new Error(`kubectl ${args.join(' ')} did not fail`)
  }

  function until(child: ChildProcess, pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    let seen = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      if (pattern.test(seen)) resolve(seen)
    })
    child.on('exit', (code) => {
      reject(new Error(`kubectl ended with ${code ?? 'a signal'} after: ${seen}`))
    })
    return promise
  }

  it('applies, changes and shows an object', async () => {
    expect(await applyText(configMap({ a: '1' }))).to.equal('configmap/cm created\n')
    expect(await applyText(configMap({ b: '2', c: '3' }))).to.equal('configmap/cm configured\n')
    expect(await applyText(configMap({ b: '2', c: '3' }))).to.equal('configmap/cm unchanged\n')
    expect(await kubectl('get', 'cm', 'cm')).to.match(/^NAME +DATA +AGE\ncm +2 +\d+s\n$/)
    expect(await kubectl('get', 'cm', 'cm', '-o', 'yaml')).to.match(/data:\n {2}b: "2"\n {2}c: "3"\n/)
    expect(await kubectl('describe', 'cm', 'cm')).to.match(/Name: +cm\n[^]*b:\n----\n2\n[^]*Events: +<none>/)
  })

  it('applies on the server, also after an apply by the client', async () => {
    expect(await applyText(configMap({ b: '2', d: '4' }), '--server-side')).to.equal(
      'configmap/cm serverside-applied\n',
    )
    expect(await kubectl('get', 'cm', 'cm', '-o', 'jsonpath={.data}')).to.equal('{"b":"2","d":"4"}')
    const conflict = await failure(
      'apply',
      '--server-side',
      '--field-manager=other',
      '-f',
      await rewritten({ b: '5' }),
    )
    expect(conflict).to.match(/conflict with "kubectl": \.data\.b/)
  })

  async function rewritten(data: Record<string, string>): Promise<string> {
    const file = join(folder, 'rewritten.json')
    await writeFile(file, configMap(data))
    return file
  }

  it('replaces, patches, labels and deletes', async () => {
    expect(await kubectl('replace', '-f', await rewritten({ e: '5' }))).to.equal('configmap/cm replaced\n')
    expect(await kubectl('patch', 'cm', 'cm', '-p', '{"data":{"f":"6"}}')).to.equal('configmap/cm patched\n')
    expect(await kubectl('label', 'cm', 'cm', 'x=y')).to.equal('configmap/cm labeled\n')
    expect(await kubectl('get', 'cm', '-l', 'x=y', '-o', 'name')).to.equal('configmap/cm\n')
    expect(await kubectl('delete', 'cm', 'cm')).to.equal('configmap "cm" deleted\n')
    expect(await failure('get', 'cm', 'cm')).to.equal(
      'Error from server (NotFound): configmaps "cm" not found\n',
    )
  })

  it('watches and waits', async () => {
    await applyText(configMap({ a: '1' }))
    const watching = spawn('kubectl', ['get', 'cm', 'cm', '-w'], options())
    await until(watching, /cm +1 /)
    const waiting = kubectl('wait', '--for=jsonpath={.data.done}=yes', 'cm/cm', '--timeout=10s')
    const seen = until(watching, /cm +2 /)
    await kubectl('patch', 'cm', 'cm', '-p', '{"data":{"done":"yes"}}')
    expect(await waiting).to.equal('configmap/cm condition met\n')
    await seen
    watching.removeAllListeners('exit').kill()
    await once(watching, 'exit')
    const gone = kubectl('wait', '--for=delete', 'cm/cm', '--timeout=10s')
    await kubectl('delete', 'cm', 'cm')
    // kubectl prints nothing if the object was already deleted when it started.
    expect(await gone).to.match(/^(configmap\/cm condition met\n)?$/)
  })

  it('gives up a wait in its own time', async () => {
    expect(await failure('wait', '--for=delete', 'ns/default', '--timeout=1s')).to.match(/timed out waiting/)
  })

  it('handles custom resources', async () => {
    const vmi = (cores: number) =>
      JSON.stringify({
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        metadata: { name: 'vmi' },
        spec: { domain: { cpu: { cores } } },
      })
    expect(await applyText(vmi(1))).to.equal('virtualmachineinstance.kubevirt.io/vmi created\n')
    expect(await applyText(vmi(2))).to.equal('virtualmachineinstance.kubevirt.io/vmi configured\n')
    expect(await kubectl('get', 'vmi')).to.match(/^NAME +AGE +PHASE\nvmi +\d+s +Pending\n$/)
    expect(await kubectl('describe', 'vmi', 'vmi')).to.match(/Cores: +2/)
    const waiting = kubectl('wait', '--for=condition=Ready', 'vmi/vmi', '--timeout=10s')
    const stored = server.store.get(VMIS, 'ns1', 'vmi')
    if (stored === undefined) throw new Error('there is no vmi')
    server.store.update(VMIS, { ...stored, status: { conditions: [{ type: 'Ready', status: 'True' }] } })
    expect(await waiting).to.equal('virtualmachineinstance.kubevirt.io/vmi condition met\n')
    expect(await kubectl('delete', 'vmi', 'vmi')).to.match(/deleted/)
  })

  it('creates objects that kubectl sends as protobuf, and refuses kinds that the server cannot decode', async () => {
    expect(await kubectl('create', 'configmap', 'lit', '--from-literal=a=b')).to.equal(
      'configmap/lit created\n',
    )
    expect(await kubectl('get', 'cm', 'lit', '-o', 'jsonpath={.data}')).to.equal('{"a":"b"}')
    expect(await kubectl('create', 'secret', 'generic', 'sec', '--from-literal=a=b')).to.equal(
      'secret/sec created\n',
    )
    expect(await kubectl('get', 'secret', 'sec', '-o', 'jsonpath={.data.a}')).to.equal('Yg==')
    const role = ['--clusterrole=preflight', '--serviceaccount=ns1:checker']
    await kubectl('create', 'clusterrolebinding', 'preflight', ...role)
    const binding = await kubectl('get', 'clusterrolebinding', 'preflight', '-o', 'json')
    expect(JSON.parse(binding)).to.deep.include({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'preflight' },
      subjects: [{ kind: 'ServiceAccount', name: 'checker', namespace: 'ns1' }],
    })
    expect(await failure('create', 'job', 'j', '--image=i')).to.match(
      /the body of the request was in an unknown format/,
    )
  })

  it('asks what a service account may do, and acts as one', async () => {
    expect(await kubectl('create', 'sa', 'checker')).to.equal('serviceaccount/checker created\n')
    await kubectl(
      'create',
      'role',
      'reader',
      '--verb=get',
      '--resource=configmaps',
      '--dry-run=client',
      '-o=yaml',
    ).then((yaml) => applyText(yaml))
    await kubectl('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=ns1:checker')
    const as = '--as=system:serviceaccount:ns1:checker'
    expect(await kubectl('auth', 'can-i', 'get', 'cm', as)).to.equal('yes\n')
    expect(await failure('auth', 'can-i', 'list', 'cm', as)).to.equal('')
    const token = (await kubectl('create', 'token', 'checker')).trim()
    await writeFile(join(folder, 'kubeconfig'), server.kubeconfig('system:serviceaccount:ns1:checker', 'ns1'))
    expect(await kubectl('get', 'cm', 'lit', '-o', 'name')).to.equal('configmap/lit\n')
    expect(await failure('get', 'cm')).to.equal(
      'Error from server (Forbidden): configmaps is forbidden: User "system:serviceaccount:ns1:checker" cannot list resource "configmaps" in API group "" in the namespace "ns1"\n',
    )
    expect(await kubectl('auth', 'whoami', `--token=${token}`)).to.match(/system:serviceaccount:ns1:checker/)
  })
})
