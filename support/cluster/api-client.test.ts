import { PATIENCE } from '../common/testing/patience.ts'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeConfig } from './client-node.ts'
import { expect } from 'chai'
import { ApiClient } from './api-client.ts'

const limits = { signal: new AbortController().signal, timeout: PATIENCE }

describe("the API client's connections", () => {
  let server: Server
  let client: ApiClient
  let impatient: ApiClient
  let opened: number
  let answer: (response: ServerResponse) => void

  beforeEach(async () => {
    opened = 0
    answer = (response) => response.end('{}')
    server = createServer((_, response) => {
      answer(response)
    })
    server.on('connection', () => (opened += 1))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const config = new KubeConfig()
    const { port } = server.address() as AddressInfo
    config.loadFromOptions({
      clusters: [{ name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }],
      users: [{ name: 'u', token: 'abcd' }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    })
    client = new ApiClient(config)
    impatient = new ApiClient(config, { rolesPatience: 100 })
  })
  afterEach(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })

  const ask = (by = client) => by.send({ method: 'GET', path: '/', doing: 'asking' }, limits)

  it('are kept open from request to request', async () => {
    for (let count = 0; count < 20; count += 1) await ask()
    // Two if a request starts before the client has noticed the end of the previous answer.
    expect(opened).to.be.at.most(2)
  })

  it('are opened again if the server closed them, without an error', async () => {
    await ask()
    answer = (response) => {
      answer = (next) => next.end('{}')
      response.destroy()
    }
    const before = opened
    await ask()
    expect(client.requests).to.equal(3)
    expect(opened).to.be.above(before)
  })

  it('are opened again after an Unauthorized, because the client certificate may have been renewed', async () => {
    await ask()
    answer = (response) => response.writeHead(401).end('{}')
    const refused: unknown = await ask().catch((error: unknown) => error)
    expect(refused).to.have.property('status', 401)
    answer = (response) => response.end('{}')
    const before = opened
    await ask()
    expect(opened).to.equal(before + 1)
  })

  describe('where roles are not found', () => {
    // kube-apiserver v1.36 answers this for up to two seconds after its start.
    const said =
      'configmaps "config" is forbidden: User "system:serviceaccount:ns:sa" cannot get resource "configmaps" in API ' +
      'group "" in the namespace "ns": RBAC: [clusterrole.rbac.authorization.k8s.io "system:discovery" not found, ' +
      'role.rbac.authorization.k8s.io "checker" not found]'
    const body = JSON.stringify({ kind: 'Status', message: said, reason: 'Forbidden', code: 403 })

    it('ask once more, as a server that has just started does not know them yet', async () => {
      let left = 2
      answer = (response) => {
        left -= 1
        if (left < 0) response.end('{}')
        else response.writeHead(403).end(body)
      }
      expect(await ask()).to.deep.equal({})
      expect(client.requests).to.equal(3)
    })

    it('believe it where it lasts, and then at once', async () => {
      answer = (response) => response.writeHead(403).end(body)
      const first: unknown = await ask(impatient).catch((error: unknown) => error)
      expect(first).to.have.property('status', 403)
      const { requests } = impatient
      expect(requests).to.be.above(1)
      const second: unknown = await ask(impatient).catch((error: unknown) => error)
      expect(second).to.have.property('status', 403)
      expect(impatient.requests).to.equal(requests + 1)
    })
  })

  const LASTING: readonly (readonly [string, number, string, RegExp])[] = [
    // HAProxy's page in front of an API server that is away.
    [
      'a page of a load balancer',
      503,
      '<html><head><style>b {color: red}</style></head>\n<body><h1>503 Service Unavailable</h1>\nNo server is available</body></html>',
      /^asking: the API server answered: HTTP 503: 503 Service Unavailable No server is available$/,
    ],
    [
      'an error of etcd',
      500,
      '{"message": "etcdserver: leader changed"}',
      /answered: etcdserver: leader changed$/,
    ],
  ]
  for (const [what, status, body, says] of LASTING)
    it(`end with ${what} in words and facts, where it lasts`, async () => {
      answer = (response) => response.writeHead(status).end(body)
      const short = { ...limits, timeout: 100 }
      const request = { method: 'GET', path: '/', doing: 'asking' } as const
      const failed: unknown = await client.send(request, short).catch((error: unknown) => error)
      expect(failed).to.have.property('code', 'timeout')
      expect(failed).to.have.property('message').that.matches(says)
      expect(failed).to.have.nested.property('facts.status', status)
      expect(failed).to.have.nested.property('facts.said')
    })

  it('serve one request for what the server cannot do at all, and more for what may pass', async () => {
    answer = (response) => response.writeHead(501).end('{"message": "not implemented"}')
    const refused: unknown = await ask().catch((error: unknown) => error)
    expect(refused).to.include({ status: 501, message: 'asking: not implemented' })
    expect(client.requests).to.equal(1)
    answer = (response) => {
      answer = (next) => next.end('{}')
      response.writeHead(500).end()
    }
    await ask()
    expect(client.requests).to.equal(3)
  })
})
