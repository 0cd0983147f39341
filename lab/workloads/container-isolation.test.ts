import { expect } from 'chai'
import { SERVICE_ACCOUNT_FOLDER } from '../apiserver/workload-defaults.ts'
import { scriptJob, TestCluster } from './cluster.fixture.ts'
import { chooseIsolation, plainProcess } from './container-isolation.ts'
import { ISOLATION_ANNOTATION } from './pod-life.ts'

const STRICT = { readOnlyRootFilesystem: true, runAsNonRoot: true }
const WRITABLE = {
  pod: { volumes: [{ name: 'tmp', emptyDir: {} }] },
  container: { securityContext: STRICT, volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] },
}

async function logOf(cluster: TestCluster, ...job: Parameters<typeof scriptJob>): Promise<string[]> {
  await cluster.create(scriptJob(...job))
  await cluster.until(() =>
    cluster.job.status.conditions?.some(({ type }) => /^(Complete|Failed)$/.test(type)),
  )
  return (await cluster.log()).trim().split('\n')
}

describe('a container in namespaces of its own', () => {
  let cluster: TestCluster

  beforeEach(async function () {
    if (process.getuid?.() !== 0) this.skip()
    cluster = await TestCluster.start()
    const { description } = await chooseIsolation(cluster.folder)
    if (description.includes('plain process')) {
      console.log(`${description}: not tested here`)
      this.skip()
    }
  })
  afterEach(() => cluster[Symbol.asyncDispose]())

  it('is the first process, of a user without rights', async () => {
    const script =
      'echo "$$$$ $(id -u):$(id -g) $(cat /proc/self/status | grep -c "^Cap.*:.0000000000000000$")"; grep NoNewPrivs /proc/self/status'
    expect(await logOf(cluster, script)).to.deep.equal(['1 1001:0 5', 'NoNewPrivs:\t1'])
    expect(cluster.pod.metadata.annotations?.[ISOLATION_ANNOTATION]).to.include('namespaces of its own')
  })

  it('takes the user the pod asks for, and no root where the pod forbids it', async () => {
    const securityContext = { runAsUser: 1000680000, runAsNonRoot: true }
    expect(await logOf(cluster, 'id -u; id -g', { container: { securityContext } })).to.deep.equal([
      '1000680000',
      '0',
    ])
  })

  it('is not started as root where the pod forbids that', async () => {
    const securityContext = { runAsUser: 0, runAsNonRoot: true }
    await cluster.create(scriptJob('true', { container: { securityContext } }))
    await cluster.until(() => cluster.state['waiting']?.['reason'] === 'CreateContainerConfigError')
    expect(cluster.state['waiting']?.['message']).to.include(
      'container\'s runAsUser breaks non-root policy (pod: "job-',
    )
  })

  it('writes to its volumes, and nowhere else where its root file system is read-only', async () => {
    const script =
      'for place in /tmp /run /var /opt; do touch $place/x 2>/dev/null && echo "$place"; done; rm -f /tmp/x; ls -A /tmp | wc -l'
    expect(await logOf(cluster, script, WRITABLE)).to.deep.equal(['/tmp', '0'])
  })

  it('finds its service account where every pod does, and the API server lets it in as that', async () => {
    const script =
      `ls ${SERVICE_ACCOUNT_FOLDER}; cat ${SERVICE_ACCOUNT_FOLDER}/namespace; echo; touch ${SERVICE_ACCOUNT_FOLDER}/x 2>&1 | grep -c Read-only; ` +
      'node --input-type=module -e "$SCRIPT"'
    const program = `
      import { readFileSync } from 'node:fs'
      import { get } from 'node:https'
      const read = (name) => readFileSync('${SERVICE_ACCOUNT_FOLDER}/' + name, 'utf8')
      const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
      const headers = { Authorization: 'Bearer ' + read('token') }
      get({ host, port, path: '/api/v1/pods', headers, ca: read('ca.crt') }, (answer) => answer.pipe(process.stdout))`
    const env = [
      { name: 'SCRIPT', value: program },
      { name: 'PATH', value: process.env['PATH'] },
    ]
    const [first, second, third, namespace, readOnly, answer = ''] = await logOf(cluster, script, {
      container: { env },
    })
    expect([first, second, third, namespace, readOnly]).to.deep.equal([
      'ca.crt',
      'namespace',
      'token',
      'target',
      '1',
    ])
    expect(answer).to.include(
      'User \\"system:serviceaccount:target:default\\" cannot list resource \\"pods\\"',
    )
  })

  it('says its last words to the cluster where every container does, and has no devices of the machine', async () => {
    const script = 'echo "the reason" > /dev/termination-log; ls /dev; echo lost > /dev/null; exit 3'
    const devices = await logOf(cluster, script, WRITABLE)
    expect(devices).to.deep.equal(
      'fd full null ptmx pts random shm stderr stdin stdout termination-log tty urandom zero'.split(' '),
    )
    expect(cluster.state['terminated']).to.include({ exitCode: 3, message: 'the reason\n' })
  })

  it('takes all it started with it, and leaves no mount behind', async () => {
    const { readFile } = await import('node:fs/promises')
    const mounts = () => readFile('/proc/self/mountinfo', 'utf8')
    const before = await mounts()
    expect(await logOf(cluster, 'setsid sleep 1000 & echo gone')).to.deep.equal(['gone'])
    expect(await mounts()).to.equal(before)
  })

  it('says why a program that is not there did not start', async () => {
    const [line] = await logOf(cluster, 'true', { container: { command: ['/no/such/program'] } })
    expect(line).to.include('/no/such/program').and.include('No such file')
    expect(cluster.state['terminated']).to.include({ exitCode: 127, reason: 'Error' })
  })
})

describe('a container as a plain process', () => {
  it('has a kubeconfig of its account, and its volumes by other names', async () => {
    await using cluster = await TestCluster.start({ runtime: plainProcess('it is tested so') })
    const env = [{ name: 'DPDK_CHECKUP_REPORTS', value: '/tmp/reports' }]
    const { pod, container } = WRITABLE
    const script = 'mkdir "$DPDK_CHECKUP_REPORTS" && echo written; cat "$KUBECONFIG"'
    const [written, kubeconfig = ''] = await logOf(cluster, script, { pod, container: { ...container, env } })
    expect(written).to.equal('written')
    const { clusters, users } = JSON.parse(kubeconfig) as {
      clusters: [{ cluster: { server: string } }]
      users: [{ user: object }]
    }
    expect(clusters[0].cluster.server).to.equal(cluster.server.url)
    expect(users[0].user).to.include.keys('tokenFile')
    expect(cluster.pod.metadata.annotations?.[ISOLATION_ANNOTATION])
      .to.include('plain process')
      .and.include('it is tested so')
  })
})
