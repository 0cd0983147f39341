import { expect } from 'chai'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { KubeObject } from './contract.ts'
import { CONFIG_MAPS } from './kinds.ts'
import { VMIS } from './testing/recorded-world.ts'
import { type ApiServer, startApiServer } from './server.ts'
import { type TestExtension, testExtension } from './testing/test-extension.ts'

const SUBRESOURCES = '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances'

const vmi: KubeObject = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name: 'vmi', namespace: 'default' },
  spec: {},
  status: { phase: 'Running' },
}

describe('the API server on its port', () => {
  let server: ApiServer
  let kubevirt: TestExtension

  beforeEach(async () => {
    kubevirt = testExtension()
    server = await startApiServer({ extensions: kubevirt.extension })
    server.store.create(VMIS, vmi)
  })

  afterEach(() => server[Symbol.asyncDispose]())

  const authorization = (user = 'admin') => ({ Authorization: `Bearer ${server.token(user)}` })

  function dial(path: string, protocol = 'plain.kubevirt.io', headers = authorization()): WebSocket {
    return new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocol, { headers })
  }

  /** The HTTP response to a refused WebSocket. */
  async function refusal(socket: WebSocket): Promise<{ code: number | undefined; body: string }> {
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      NodeJS.ReadableStream & { statusCode?: number },
    ]
    let body = ''
    for await (const chunk of response) body += String(chunk)
    return { code: response.statusCode, body }
  }

  it('hands a subresource’s WebSocket to its extension', async () => {
    const socket = dial(`${SUBRESOURCES}/vmi/console`)
    await once(socket, 'open')
    expect(socket.protocol).to.equal('plain.kubevirt.io')
    socket.send(Buffer.from('echo'))
    const [data] = (await once(socket, 'message')) as [Buffer]
    expect(data.toString()).to.equal('echo')
    socket.terminate()
  })

  it('answers a WebSocket that may not be opened in plain HTTP', async () => {
    const missing = await refusal(dial(`${SUBRESOURCES}/absent/console`))
    expect(missing.code).to.equal(404)
    expect(JSON.parse(missing.body)).to.deep.include({ kind: 'Status', reason: 'NotFound' })
    server.store.update(VMIS, { ...vmi, status: { phase: 'Failed' } })
    expect((await refusal(dial(`${SUBRESOURCES}/vmi/console`))).code).to.equal(409)
    expect((await refusal(dial(`${SUBRESOURCES}/vmi/vnc`))).code).to.equal(404)
  })

  it('refuses another subprotocol, another user and no user', async () => {
    const path = `${SUBRESOURCES}/vmi/console`
    expect((await refusal(dial(path, 'other'))).code).to.equal(400)
    expect((await refusal(dial(path, 'plain.kubevirt.io', authorization('somebody')))).body).to.match(
      /cannot get resource \\"virtualmachineinstances\/console\\" in API group \\"subresources.kubevirt.io\\"/,
    )
    expect((await refusal(dial(path, 'plain.kubevirt.io', { Authorization: 'Bearer wrong' }))).code).to.equal(
      401,
    )
  })

  it('hands a plain subresource to its extension', async () => {
    const ask = (name: string) =>
      fetch(`${server.url}${SUBRESOURCES}/${name}/softreboot`, { method: 'PUT', headers: authorization() })
    expect((await ask('vmi')).status).to.equal(202)
    expect(kubevirt.reboots.map(({ namespace, name, user }) => ({ namespace, name, user }))).to.deep.equal([
      { namespace: 'default', name: 'vmi', user: 'admin' },
    ])
    expect((await ask('absent')).status).to.equal(404)
  })

  it('sends a watch’s headers before there is anything to tell, and its end on dispose', async () => {
    const query = 'watch=true&fieldSelector=metadata.name%3Dnone'
    const answer = await fetch(`${server.url}/api/v1/configmaps?${query}`, { headers: authorization() })
    expect(answer.status).to.equal(200)
    const reader = answer.body?.getReader()
    const reading = reader?.read().then(
      ({ done }) => done,
      () => true,
    )
    await server[Symbol.asyncDispose]()
    expect(await reading).to.equal(true)
    server = await startApiServer()
  })

  it('lets go of a watch whose client went away', async () => {
    const leaving = new AbortController()
    const { headers } = { headers: authorization() }
    await fetch(`${server.url}/api/v1/configmaps?watch=true`, { headers, signal: leaving.signal })
    leaving.abort()
    const metadata = { name: 'later', namespace: 'default' }
    server.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    const answer = await fetch(`${server.url}/api/v1/namespaces/default/configmaps/later`, { headers })
    expect(answer.status).to.equal(200)
  })

  it('ends a service account’s token with the account', async () => {
    const accounts = `${server.url}/api/v1/namespaces/default/serviceaccounts`
    const headers = { ...authorization(), 'Content-Type': 'application/json' }
    await fetch(accounts, { method: 'POST', headers, body: JSON.stringify({ metadata: { name: 'sa' } }) })
    const own = authorization('system:serviceaccount:default:sa')
    expect((await fetch(`${server.url}/api`, { headers: own })).status).to.equal(200)
    await fetch(`${accounts}/sa`, { method: 'DELETE', headers })
    expect((await fetch(`${server.url}/api`, { headers: own })).status).to.equal(401)
  })
})
