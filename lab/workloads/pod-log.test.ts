import { expect } from 'chai'
import { PODS } from '../apiserver/kinds.ts'
import { ContainerLog } from './container-log.ts'
import { NAMESPACE, scriptJob, TestCluster } from './cluster.fixture.ts'
import { plainProcess } from './container-isolation.ts'

describe('the log of a pod', () => {
  let cluster: TestCluster

  before(async () => {
    cluster = await TestCluster.start({ runtime: plainProcess('it is tested so') })
    await cluster.create(scriptJob('echo one; echo two; printf three'))
    await cluster.untilCondition('Complete')
  })
  after(() => cluster[Symbol.asyncDispose]())

  const ANSWERS: readonly (readonly [query: string, answer: string])[] = [
    ['', 'one\ntwo\nthree\n'],
    ['?container=main', 'one\ntwo\nthree\n'],
    ['?follow=true', 'one\ntwo\nthree\n'],
    ['?tailLines=1', 'three\n'],
    ['?tailLines=0', ''],
    ['?limitBytes=5', 'one\nt'],
    ['?sinceTime=2100-01-01T00:00:00Z', ''],
  ]
  for (const [query, answer] of ANSWERS)
    it(`answers ${query === '' ? 'all of it' : query}`, async () => {
      expect(await cluster.log(query)).to.equal(answer)
    })

  it('has the time of each line', async () => {
    expect(await cluster.log('?timestamps=true&tailLines=1')).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/)
  })

  const REFUSALS: readonly (readonly [query: string, code: number, message: RegExp])[] = [
    ['?container=zz', 400, /^container zz is not valid for pod job-\w+$/],
    ['?previous=true', 400, /^previous terminated container "main" in pod "job-\w+" not found$/],
    ['?tailLines=-1', 422, /tailLines: Invalid value: -1: must be greater than or equal to 0$/],
    ['?tailLines=many', 422, /tailLines: Invalid value: many/],
  ]
  for (const [query, code, message] of REFUSALS)
    it(`refuses ${query}`, async () => {
      const status = JSON.parse(await cluster.log(query)) as { code: number; message: string }
      expect(status.code).to.equal(code)
      expect(status.message).to.match(message)
    })

  it('of a launcher says that there is none in the lab', async () => {
    cluster.server.store.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'launcher', namespace: NAMESPACE, labels: { 'kubevirt.io': 'virt-launcher' } },
      spec: { nodeName: 'elsewhere', containers: [{ name: 'compute', image: 'x' }] },
      status: { phase: 'Running' },
    })
    const answer = await cluster.ask(`/api/v1/namespaces/${NAMESPACE}/pods/launcher/log?container=compute`)
    expect(answer.status).to.equal(200)
    expect(await answer.text()).to.match(/^lab: no virt-launcher runs in this pod/)
  })

  it('is of a pod that is there', async () => {
    const answer = await cluster.ask(`/api/v1/namespaces/${NAMESPACE}/pods/absent/log`)
    expect(answer.status).to.equal(404)
    expect(((await answer.json()) as { message: string }).message).to.equal('pods "absent" not found')
  })
})

describe('what is kept of a container’s output', () => {
  it('is its last part, line by line, and readers keep their place', () => {
    const log = new ContainerLog()
    const stream = {}
    const line = 'x'.repeat(1023)
    for (let written = 0; written < 30_000; written++) log.write(stream, `${line}\n`)
    log.write(stream, 'the last')
    const place = log.length
    log.end()
    expect(log.from(place).map(({ text }) => text)).to.deep.equal(['the last'])
    expect(log.from(0).length).to.be.within(5000, 10_300)
    expect(log.length).to.equal(30_001)
  })

  it('breaks a line that does not end', () => {
    const log = new ContainerLog()
    log.write({}, 'x'.repeat(100_000))
    expect(log.from(0).every(({ text }) => text.length <= 16_384)).to.equal(true)
    expect(log.length).to.equal(6)
  })
})
