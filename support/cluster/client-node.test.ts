import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { KubeConfig as OfIndex } from '@kubernetes/client-node'
import { KubeConfig } from './client-node.ts'

describe('what is used of client-node', () => {
  it('is client-node’s own', () => {
    expect(KubeConfig).to.equal(OfIndex)
  })

  it('loads without its typed API', () => {
    const script = `
      import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
      const { KubeConfig, RequestContext, Watch } = await import('${new URL('client-node.ts', import.meta.url).href}')
      const config = new KubeConfig()
      config.loadFromOptions({ clusters: [], users: [], contexts: [] })
      console.log(JSON.stringify({ has: [RequestContext, Watch].every(Boolean), typed: loaded.filter((url) => /gen\\/(index|apis|models)/.test(url)) }))`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(JSON.parse(output)).to.deep.equal({ has: true, typed: [] })
  })
})
