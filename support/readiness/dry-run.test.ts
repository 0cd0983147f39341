import { expect } from 'chai'
import type { ApiClient, ApiRequest } from '../cluster/api-client.ts'
import { ApiError } from '../cluster/api-error.ts'
import { TimeoutError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import { timeouts } from '../model/timeouts.ts'
import { SILENT } from '../report/silent-progress.ts'
import { SIMULATION_UNKNOWN } from '../report/verdict-text.ts'
import { type Cluster, clusterOf } from '../run/connect.ts'
import { Run } from '../run/run.ts'
import { checkPreconditions } from './configure.ts'
import { dryRun } from './dry-run.ts'
import { Survey } from './preflight/survey.ts'

/** An API server without objects, which always answers 503 for some paths. */
function failing(isFailing: (path: string) => boolean): { cluster: Cluster; asked: Map<string, number> } {
  const asked = new Map<string, number>()
  const send = ({ path, doing }: ApiRequest, { timeout }: Limits): Promise<unknown> => {
    asked.set(path, timeout)
    return Promise.reject(
      isFailing(path)
        ? new TimeoutError(`${doing}: the API server answered: HTTP 503`)
        : new ApiError(doing, 404, '{}'),
    )
  }
  const client = { send } as unknown as ApiClient
  const cluster = clusterOf(client)
  return { cluster, asked }
}

describe('a cluster whose version fails for good', () => {
  const { signal } = new AbortController()

  it('is looked at all the same, which says that it may be a simulated one', async () => {
    const { cluster, asked } = failing((path) => path === '/version')
    const options = { cluster, namespace: 'ns', configMap: 'c', data: {}, signal }
    const { criteria, warnings, simulated } = await dryRun(options)
    expect([simulated, warnings]).to.deep.equal([false, [SIMULATION_UNKNOWN]])
    expect(criteria.find(({ id }) => id === 'precondition.kubevirt')).to.have.property('outcome', 'failed')
    expect(asked.get('/version')).to.equal(timeouts.clusterKind)
  })

  it('is told from one that answers nothing', async () => {
    const { cluster } = failing(() => true)
    const options = { cluster, namespace: 'ns', configMap: 'c', data: {}, signal }
    const error: unknown = await dryRun(options).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(TimeoutError)
  })

  it('does not use up the time for the preconditions', async () => {
    const { cluster, asked } = failing((path) => path === '/version')
    const run = new Run(SILENT)
    const environment = { namespace: 'ns', configMap: 'c', pod: undefined }
    const { findings } = await checkPreconditions(run, { cluster, environment }, undefined)
    expect(findings.size).to.be.above(0)
    expect(asked.get('/version')).to.equal(timeouts.clusterKind)
    const { cluster: told, warnings } = run.journal.toReport()
    expect(told.kubernetesVersionUnknown).to.include('HTTP 503')
    expect(warnings).to.include(SIMULATION_UNKNOWN)
    // The remaining time limits a read if it is shorter.
    const survey = new Survey(cluster.inventory, 'ns', undefined, { signal, timeout: 1000 })
    await survey.kubernetesVersion().catch(() => undefined)
    expect(asked.get('/version')).to.equal(1000)
  })
})

describe('a ConfigMap that nobody can change any more', () => {
  it('is no ConfigMap for a run, and nothing is written to find that out', async () => {
    const methods = new Set<string>()
    const data = { 'spec.timeout': '10m', 'spec.param.networkAttachmentDefinitionName': 'n' }
    const send = ({ method, path, doing }: ApiRequest): Promise<unknown> => {
      if (path.endsWith('/configmaps/c')) {
        methods.add(method)
        return Promise.resolve({ metadata: { name: 'c' }, data, immutable: true })
      }
      return Promise.reject(new ApiError(doing, 404, '{}'))
    }
    const cluster = clusterOf({ send } as unknown as ApiClient)
    const { signal } = new AbortController()
    const { criteria } = await dryRun({ cluster, namespace: 'ns', configMap: 'c', data: {}, signal })
    const [found] = criteria
    expect(found).to.deep.include({ id: 'precondition.configmap', outcome: 'error' })
    expect(found?.message)
      .to.include('ConfigMap ns/c is immutable')
      .and.include('create the ConfigMap again without')
    expect([...methods]).to.deep.equal(['GET'])
  })
})
