import { expect } from 'chai'
import type { KubeObject } from './contract.ts'
import { JOB_COLUMNS, POD_COLUMNS } from './workload-columns.ts'

const object = (spec: object, status: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name: 'x', ...metadata },
  spec,
  status,
})

const cell = (columns: typeof POD_COLUMNS, name: string, of: KubeObject) =>
  columns.find((column) => column.name === name)?.value(of)

const pod = (phase: string, state: object, metadata?: object) =>
  object(
    { containers: [{}] },
    { phase, containerStatuses: [{ ready: phase === 'Running', restartCount: 0, state }] },
    metadata,
  )
const ending = { deletionTimestamp: '2026-01-01T00:00:30Z' }
const holds = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) })

describe('what kubectl get shows of workloads', () => {
  const STATUS_OF_POD: readonly (readonly [string, KubeObject])[] = [
    ['Pending', object({ containers: [{}] }, { phase: 'Pending' })],
    ['ContainerCreating', pod('Pending', { waiting: { reason: 'ContainerCreating' } })],
    ['ImagePullBackOff', pod('Pending', { waiting: { reason: 'ImagePullBackOff' } })],
    ['Running', pod('Running', { running: {} })],
    ['Terminating', pod('Running', { running: {} }, ending)],
    ['Completed', pod('Succeeded', { terminated: { reason: 'Completed', exitCode: 0 } })],
    ['Error', pod('Failed', { terminated: { reason: 'Error', exitCode: 1 } }, ending)],
    ['DeadlineExceeded', object({}, { phase: 'Failed', reason: 'DeadlineExceeded' })],
  ]
  for (const [status, shown] of STATUS_OF_POD)
    it(`a pod that is ${status}`, () => {
      expect(cell(POD_COLUMNS, 'Status', shown)).to.equal(status)
    })

  const STATUS_OF_JOB: readonly (readonly [string, KubeObject])[] = [
    ['Running', object({}, { active: 1 })],
    ['Suspended', object({ suspend: true }, {})],
    ['Terminating', object({}, {}, ending)],
    ['Complete', object({}, holds('SuccessCriteriaMet', 'Complete'))],
    ['FailureTarget', object({}, holds('FailureTarget'))],
    ['Failed', object({}, holds('FailureTarget', 'Failed'), ending)],
  ]
  for (const [status, shown] of STATUS_OF_JOB)
    it(`a Job that is ${status}`, () => {
      expect(cell(JOB_COLUMNS, 'Status', shown)).to.equal(status)
    })

  it('how long a Job took', () => {
    const times = { startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:03:20Z' }
    expect(cell(JOB_COLUMNS, 'Duration', object({}, times))).to.equal('3m20s')
    expect(cell(JOB_COLUMNS, 'Duration', object({}, {}))).to.equal('')
    expect(cell(JOB_COLUMNS, 'Completions', object({ completions: 2 }, { succeeded: 1 }))).to.equal('1/2')
  })
})
