import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'

const MODULE = new URL('./own-folder.ts', import.meta.url).href

/** A process that takes a folder and says which it got; it lives until its stdin is closed. */
function owner(folder: string) {
  const script =
    `import { ownFolder } from ${JSON.stringify(MODULE)}; ` +
    `console.log(ownFolder(process.argv[1])); process.stdin.resume()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said = once(child.stdout, 'data').then(([data]) => String(data).trim())
  const end = async (signal?: NodeJS.Signals) => {
    const ended = once(child, 'exit')
    if (signal === undefined) child.stdin.end()
    else child.kill(signal)
    await ended
  }
  return { said, end, pid: child.pid }
}

describe('a folder of reports', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dpdk-checkup-test-'))
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('belongs to one run as long as that lives, and to the next one after it', async () => {
    const first = owner(folder)
    expect(await first.said).to.equal(folder)
    const second = owner(folder)
    expect(await second.said).to.equal(path.join(folder, `run-${second.pid ?? 0}`))
    await second.end()
    expect(readdirSync(folder)).to.deep.equal(['.in-use'])
    await first.end()
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('is free again where its run was killed, or its number is another process by now', async () => {
    const killed = owner(folder)
    await killed.said
    await killed.end('SIGKILL')
    expect(existsSync(path.join(folder, '.in-use'))).to.equal(true)
    const next = owner(folder)
    expect(await next.said).to.equal(folder)
    await next.end()
    writeFileSync(path.join(folder, '.in-use'), `${process.pid} 1`)
    const other = owner(folder)
    expect(await other.said).to.equal(folder)
    await other.end()
  })

  it('is as it is where nothing can be written', async () => {
    const file = path.join(folder, 'file')
    writeFileSync(file, '')
    const process_ = owner(file)
    expect(await process_.said).to.equal(file)
    await process_.end()
  })
})
