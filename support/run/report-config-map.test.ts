import { expect } from 'chai'
import { ApiError } from '../cluster/api-error.ts'
import type { ConfigMap, ConfigMaps, NewConfigMap } from '../cluster/config-map.ts'
import { SuiteError } from '../common/errors.ts'
import { RUN_LABEL } from '../model/testbed.ts'
import type { Archive } from '../report/archive.ts'
import { REPORT_LABEL, ReportConfigMap, reportConfigMapName } from './report-config-map.ts'

const NOW = '2026-11-30T07:12:15.123Z'
const LIMITS = { signal: new AbortController().signal, timeout: 1000 }
const ENVIRONMENT = { namespace: 'ns', configMap: 'config', pod: undefined }
const ARCHIVE: Archive = {
  files: { 'report.json.gz': 'AAAA' },
  leftOut: ['consoles/a.log', 'consoles/b.log'],
}
const KEPT = { archive: ARCHIVE, verdict: 'passed', state: 'final' } as const

const refusal = (status: number) => new ApiError('asking', status, '')
const owned = (uid: string, name = 'config', kind = 'ConfigMap') => [{ kind, name, uid }]

/** ConfigMaps of a namespace, without an API server and its garbage collector. */
class Store implements Pick<ConfigMaps, 'get' | 'find' | 'create' | 'replace' | 'delete'> {
  readonly objects = new Map<string, ConfigMap>()
  readonly done: string[] = []
  /** Called before each change, to simulate a concurrent change by another client. */
  meanwhile: () => void = () => undefined
  #version = 1

  constructor() {
    this.put('config', 'owner', { data: { 'status.startTimestamp': NOW } })
  }

  put(
    name: string,
    uid: string,
    { metadata = {}, ...more }: Partial<Omit<ConfigMap, 'metadata'>> & { metadata?: object } = {},
  ): void {
    this.#version += 1
    const resourceVersion = String(this.#version)
    this.objects.set(name, { ...more, metadata: { ...metadata, name, uid, resourceVersion } })
  }

  get(_namespace: string, name: string): Promise<ConfigMap> {
    const found = this.objects.get(name)
    return found === undefined ? Promise.reject(refusal(404)) : Promise.resolve(structuredClone(found))
  }

  find(_namespace: string, name: string): Promise<ConfigMap | undefined> {
    return Promise.resolve(structuredClone(this.objects.get(name)))
  }

  create(_namespace: string, configMap: NewConfigMap): Promise<string> {
    this.#others()
    const { name } = configMap.metadata
    if (this.objects.has(name)) return Promise.reject(refusal(409))
    const uid = `${name}-${this.#version}`
    this.#store(`create ${name}`, uid, configMap)
    return Promise.resolve(uid)
  }

  replace(_namespace: string, found: Pick<ConfigMap, 'metadata'>, configMap: NewConfigMap): Promise<void> {
    this.#others()
    const { name } = configMap.metadata
    const stored = this.objects.get(name)?.metadata
    if (stored?.resourceVersion !== found.metadata.resourceVersion) return Promise.reject(refusal(409))
    this.#store(`replace ${name}`, stored?.uid ?? '', configMap)
    return Promise.resolve()
  }

  delete(_namespace: string, name: string, uid: string): Promise<void> {
    this.#others()
    if (this.objects.get(name)?.metadata.uid === uid) this.objects.delete(name)
    this.done.push(`delete ${name}`)
    return Promise.resolve()
  }

  #store(action: string, uid: string, { metadata, data, binaryData }: NewConfigMap): void {
    this.done.push(action)
    this.put(metadata.name, uid, { metadata, data, ...(binaryData === undefined ? {} : { binaryData }) })
  }

  #others(): void {
    const { meanwhile } = this
    this.meanwhile = () => undefined
    meanwhile()
  }
}

async function refusalOf(writing: Promise<unknown>): Promise<unknown> {
  return writing.then(
    (name) => `it was written: ${String(name)}`,
    (error: unknown) => (error instanceof SuiteError ? { code: error.code, message: error.message } : error),
  )
}

describe('the ConfigMap of the reports', () => {
  let store: Store
  const write = (kept: Parameters<ReportConfigMap['write']>[0] = KEPT, run = 'run-1') =>
    new ReportConfigMap(store, ENVIRONMENT, run, NOW).write(kept, LIMITS)

  beforeEach(() => {
    store = new Store()
  })

  it('is the checkup’s, of which it is told by another label than what a run has to remove', async () => {
    expect(await write()).to.equal('config-report')
    const { metadata, data, binaryData } = await store.get('ns', 'config-report')
    expect(metadata.ownerReferences).to.deep.equal([
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'config', uid: 'owner' },
    ])
    expect(metadata.labels)
      .to.include({ [REPORT_LABEL]: 'run-1', 'kiagnose/checkup-type': 'kubevirt-dpdk' })
      .and.not.to.have.property(RUN_LABEL)
    expect(data).to.deep.equal({
      startTimestamp: NOW,
      verdict: 'passed',
      state: 'final',
      leftOut: 'consoles/a.log\nconsoles/b.log',
    })
    expect(binaryData).to.deep.equal(ARCHIVE.files)
  })

  it('is replaced by what the same run writes later', async () => {
    await write({ ...KEPT, state: 'before-teardown' })
    await write()
    expect(store.done).to.deep.equal(['create config-report', 'replace config-report'])
    expect((await store.get('ns', 'config-report')).data).to.include({ state: 'final' })
  })

  it('is replaced where the ConfigMap it belonged to is gone, also if one of its name is there again', async () => {
    for (const ownerReferences of [owned('earlier'), owned('earlier', 'another')]) {
      store.put('config-report', 'old', {
        metadata: { labels: { [REPORT_LABEL]: 'run-0' }, ownerReferences },
      })
      store.done.splice(0)
      expect(await write()).to.equal('config-report')
      expect(store.done).to.deep.equal(['delete config-report', 'create config-report'])
    }
  })

  it('is left alone where what it belongs to is there', async () => {
    store.put('another', 'their-owner')
    const labels = { [REPORT_LABEL]: 'run-0' }
    for (const ownerReferences of [
      owned('owner'),
      owned('their-owner', 'another'),
      owned('pod-1', 'pod', 'Pod'),
      [...owned('earlier'), ...owned('their-owner', 'another')],
      undefined,
    ]) {
      store.put('config-report', 'old', { metadata: { labels, ownerReferences } })
      expect(await refusalOf(write())).to.deep.equal({
        code: 'there-already',
        message: 'ConfigMap ns/config-report holds the reports of another run; delete it to make room',
      })
    }
    expect(store.done).to.deep.equal([])
  })

  it('is none where somebody else’s object has its name', async () => {
    store.put('config-report', 'theirs', { metadata: { ownerReferences: owned('earlier') } })
    expect(await refusalOf(write())).to.deep.equal({
      code: 'there-already',
      message: 'ConfigMap ns/config-report is there and holds no reports; delete it to make room',
    })
    expect(store.done).to.deep.equal([])
  })

  it('is none where the checkup’s ConfigMap is not this run’s any more', async () => {
    store.put('config', 'owner', { data: { 'status.startTimestamp': 'later' } })
    expect(await refusalOf(write())).to.have.property('code', 'not-claimed')
    expect(store.done).to.deep.equal([])
  })

  it('is written where the garbage collector comes first, and where somebody changes it meanwhile', async () => {
    const metadata = { labels: { [REPORT_LABEL]: 'run-0' }, ownerReferences: owned('earlier') }
    store.put('config-report', 'old', { metadata })
    store.meanwhile = () => store.objects.delete('config-report')
    expect(await write()).to.equal('config-report')
    store.meanwhile = () => {
      const own = store.objects.get('config-report')
      store.put('config-report', own?.metadata.uid ?? '', { ...own, data: { note: 'theirs' } })
    }
    await write()
    expect((await store.get('ns', 'config-report')).data).to.include({ state: 'final' })
  })

  it('has a name that Kubernetes takes, however long the checkup’s is', () => {
    expect(reportConfigMapName('dpdk-checkup-config')).to.equal('dpdk-checkup-config-report')
    expect(reportConfigMapName(`${'a'.repeat(245)}.bcdefg`)).to.equal(`${'a'.repeat(245)}-report`)
    expect(reportConfigMapName('a'.repeat(253))).to.have.lengthOf(253)
  })
})
