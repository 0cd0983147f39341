import { expect } from 'chai'
import { COMMANDS } from '../commands/index.ts'
import { runProgram } from '../program.ts'
import { sonobuoyPlugin } from '../sonobuoy/plugin.ts'
import { isSchedule, scheduleManifests } from './schedule.ts'

interface Pod {
  readonly serviceAccountName: string
  readonly containers: readonly {
    readonly image: string
    readonly command: readonly string[]
    readonly args: readonly string[]
    readonly env: readonly { readonly name: string }[]
  }[]
}

const WANTED = {
  namespace: 'ns',
  image: 'r.example/x:1',
  data: { 'spec.timeout': '10m', 'spec.param.networkAttachmentDefinitionName': 'sriov' },
}
const PARAMETERS = ['--set', 'timeout=10m', '--set', 'networkAttachmentDefinitionName=sriov']

describe('the manifests of a schedule', () => {
  it('have a CronJob whose runs create a ConfigMap of their own', () => {
    const all = scheduleManifests(WANTED, { schedule: '0 3 * * 0', keep: 5 })
    expect(all.map(({ kind }) => kind)).to.deep.equal(['Role', 'RoleBinding', 'CronJob'])
    const cronJob = all.at(-1) as unknown as {
      metadata: { namespace: string }
      spec: {
        schedule: string
        concurrencyPolicy: string
        jobTemplate: { spec: { backoffLimit: number; template: { spec: Pod } } }
      }
    }
    const { spec, metadata } = cronJob
    expect([metadata.namespace, spec.schedule, spec.concurrencyPolicy]).to.deep.equal([
      'ns',
      '0 3 * * 0',
      'Forbid',
    ])
    expect(spec.jobTemplate.spec.backoffLimit).to.equal(0)
    const pod = spec.jobTemplate.spec.template.spec
    const [container] = pod.containers
    expect(pod.serviceAccountName).to.equal('dpdk-checkup-sa')
    expect(container?.image).to.equal('r.example/x:1')
    expect(container?.args).to.deep.equal(['run', '--keep', '5', '--output', '/tmp/reports', ...PARAMETERS])
    const names = container?.env.map(({ name }) => name)
    expect(names).to.include.members(['CONFIGMAP_NAMESPACE', 'POD_UID']).and.not.include('CONFIGMAP_NAME')
  })

  it('ask for no right but the one to list ConfigMaps', () => {
    const [role] = scheduleManifests(WANTED, { schedule: '@weekly', keep: 1 })
    expect(role)
      .to.have.property('rules')
      .that.deep.equals([{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }])
  })

  it('take schedules as Kubernetes does', () => {
    for (const schedule of ['0 3 * * 0', '*/15 0-6 1,15 JAN SUN', '@daily', '@weekly'])
      expect(isSchedule(schedule), schedule).to.equal(true)
    for (const schedule of ['', 'weekly', '0 3 * *', '0 3 * * 0 0', '@often', '0 3 * * 0; rm'])
      expect(isSchedule(schedule), schedule).to.equal(false)
  })

  it('are refused with options that contradict each other', async () => {
    const refusal = (...args: string[]) =>
      runProgram(COMMANDS, ['manifests', '--network', 'x', '--image', 'r.example/x:1', ...args], {
        env: {},
      }).then(
        () => 'printed',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
    expect(await refusal('--schedule', '@weekly')).to.equal('--schedule goes with --only cronjob')
    expect(await refusal('--only', 'cronjob', '--schedule', 'soon')).to.match(
      /^--schedule must be five fields/,
    )
    expect(await refusal('--only', 'cronjob', '--keep', '0')).to.match(/^--keep must be a number of runs/)
  })
})

describe('the Sonobuoy plugin', () => {
  it('runs the checkup in the namespace, and mounts the folder that its worker reads', () => {
    const { spec, ...config } = sonobuoyPlugin(WANTED) as {
      spec: { image: string; command: string[]; args: string[]; volumeMounts: object[] }
      'sonobuoy-config': object
    }
    expect(config['sonobuoy-config']).to.include({
      'plugin-name': 'dpdk-checkup',
      'result-format': 'junit',
      driver: 'Job',
    })
    expect(spec.image).to.equal('r.example/x:1')
    expect(spec.command).to.deep.equal(['node', 'support/cli/checkup-cli.ts', 'sonobuoy'])
    expect(spec.args).to.deep.equal(['-n', 'ns', ...PARAMETERS])
    expect(spec.volumeMounts).to.deep.equal([{ name: 'results', mountPath: '/tmp/sonobuoy/results' }])
  })
})
