import { expect } from 'chai'
import type { ConfigMap, NewConfigMap } from '../../cluster/config-map.ts'
import { isSuiteError, SuiteError } from '../../common/errors.ts'
import { RUN_LABEL } from '../../model/testbed.ts'
import { SILENT } from '../../report/silent-progress.ts'
import { Run } from '../../run/run.ts'
import type { Configured } from '../configure.ts'
import { readParameters } from '../read-parameters.ts'
import { CAMPAIGN_CONFIG_MAP, holdCampaign } from './campaign.ts'

/** A namespace with at most one campaign, and what is in other namespaces. */
class Store {
  stored: ConfigMap | undefined
  elsewhere: readonly ConfigMap[] | undefined
  #uid = 0

  configured(): Configured {
    const configMaps = {
      create: (_namespace: string, manifest: NewConfigMap) => {
        if (this.stored !== undefined) return Promise.reject(new SuiteError('there-already', 'exists'))
        const uid = `uid-${(this.#uid += 1)}`
        this.stored = { ...manifest, metadata: { ...manifest.metadata, uid } } as ConfigMap
        return Promise.resolve(uid)
      },
      find: () => Promise.resolve(this.stored),
      delete: (_namespace: string, _name: string, uid: string) => {
        if (this.stored?.metadata.uid === uid) this.stored = undefined
        return Promise.resolve()
      },
    }
    const inventory = {
      configMapsLabelled: () =>
        Promise.resolve(this.elsewhere === undefined ? { notReadable: 'no' } : { found: this.elsewhere }),
    }
    return {
      cluster: { configMaps, inventory },
      environment: { namespace: 'ns', configMap: 'second', pod: undefined },
      parameters: readParameters({
        'spec.timeout': '1h',
        'spec.param.networkAttachmentDefinitionName': 'net',
        'spec.param.nodes': 'all',
      }),
    } as unknown as Configured
  }
}

function campaign(holder: string, expires: number): ConfigMap {
  return {
    metadata: { name: CAMPAIGN_CONFIG_MAP, uid: 'first' },
    data: { holder, since: '2026-01-01T00:00:00.000Z', expires: new Date(expires).toISOString() },
  }
}

const LATER = Date.now() + 3_600_000
const OVER = Date.now() - 1

async function refusalOf(store: Store): Promise<string> {
  try {
    await holdCampaign(new Run(SILENT), store.configured())
  } catch (error) {
    if (isSuiteError(error, 'in-use')) return error.message
    throw error
  }
  return ''
}

describe('a campaign', () => {
  it('is held until the run has ended', async () => {
    const store = new Store()
    const run = new Run(SILENT)
    await holdCampaign(run, store.configured())
    expect(store.stored?.data?.['holder']).to.equal('ns/second')
    // By which clean finds it if the run is killed.
    expect(store.stored?.metadata.labels).to.include({ [RUN_LABEL]: run.id })
    expect(await run.cleanup.run(run.teardownLimits(0))).to.deep.equal([])
    expect(store.stored).to.equal(undefined)
  })

  it('refuses a second one, and names the first', async () => {
    const store = new Store()
    store.stored = campaign('ns/first', LATER)
    expect(await refusalOf(store)).to.match(
      /the run of ConfigMap ns\/first, which began at 2026-01-01T00:00:00.000Z and ends at /,
    )
    expect(store.stored.metadata.uid).to.equal('first')
  })

  it('sees those of other namespaces, as far as it may', async () => {
    const store = new Store()
    store.elsewhere = [campaign('other/first', LATER)]
    expect(await refusalOf(store)).to.include('ConfigMap other/first')
    expect(store.stored).to.equal(undefined)
  })

  it('takes the place of one whose time is over', async () => {
    const store = new Store()
    store.stored = campaign('ns/first', OVER)
    store.elsewhere = [campaign('other/first', OVER)]
    expect(await refusalOf(store)).to.equal('')
    expect(store.stored.data?.['holder']).to.equal('ns/second')
  })
})
