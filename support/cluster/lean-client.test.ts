import { spawnSync } from 'node:child_process'
import { expect } from 'chai'

/** How many files of Kubernetes' client a process loads for its credentials, behind what comes first. */
function filesLoaded(first: string): number {
  const script = `
    import { registerHooks } from 'node:module'
    const files = new Set()
    registerHooks({ load: (url, context, next) => {
      if (url.includes('/@kubernetes/client-node/')) files.add(url)
      return next(url, context)
    } })
    ${first}
    const { loadCredentials } = await import('${import.meta.dirname}/credentials.ts')
    await import('${import.meta.dirname}/api-client.ts')
    if (typeof loadCredentials !== 'function') throw new Error('there are no credentials')
    console.log(files.size)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(stderr).to.equal('')
  return Number(stdout)
}

describe("Kubernetes' client", () => {
  it('is loaded without its hundreds of types behind the lean start, and whole without', () => {
    const lean = filesLoaded(
      `const { loadLeanClient } = await import('${import.meta.dirname}/lean-client.mjs'); await loadLeanClient()`,
    )
    expect(lean).to.be.within(10, 40)
    expect(filesLoaded('')).to.be.above(500)
  })
})
