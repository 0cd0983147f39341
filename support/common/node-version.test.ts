/** On an old Node.js, users get one sentence, before it loads a file that it cannot parse. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CHECK = './support/common/check-node.mjs'
const OLD = '20.20.2'
/** Makes this Node.js report an old version. */
const AS_OLD_NODE = {
  NODE_OPTIONS: `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${OLD}'}})`,
}

interface NodeVersion {
  readonly NODE_TO_RUN: number
  readonly isOldNode: (needed: number, version?: string) => boolean
  readonly oldNodeSentence: (found: { folder?: string; program?: string }, version: string) => string
}
const { isOldNode, NODE_TO_RUN, oldNodeSentence } = (await import(
  new URL('node-version.mjs', import.meta.url).href
)) as NodeVersion

const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}

function runAsOldNode(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...AS_OLD_NODE },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('the version of Node.js', () => {
  it('that is run by developers is the one that npm brings', () => {
    expect(readFileSync(`${ROOT}.nvmrc`, 'utf8')).to.equal(`${NODE_TO_RUN}\n`)
  })

  it('is compared by its major number', () => {
    expect(isOldNode(24, '20.20.2')).to.equal(true)
    expect(isOldNode(24, '24.0.0')).to.equal(false)
    expect(isOldNode(24, '100.0.0')).to.equal(false)
  })

  it('is told with what to do about it', () => {
    const needed = 'Node.js 24 or newer is needed, and this is Node.js 20.20.2: '
    const folder = '/clone/node_modules/node'
    expect(oldNodeSentence({ folder, program: `${folder}/bin/node` }, OLD)).to.equal(
      `${needed}run it with ${folder}/bin/node, as npx and npm run do by themselves.`,
    )
    expect(oldNodeSentence({ folder }, OLD)).to.equal(
      `${needed}install it, or let npm fetch it for this folder with "npm rebuild node --ignore-scripts=false".`,
    )
    expect(oldNodeSentence({}, OLD)).to.equal(
      `${needed}install it, or let npm fetch it for this folder with "npm ci".`,
    )
  })

  for (const args of [[], ['specs/rootless'], ...configurations().map((name) => ['--config', name])]) {
    it(`is checked first by mocha ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = runAsOldNode('node_modules/mocha/bin/mocha.js', ...args)
      expect(stderr).to.match(
        /^Node\.js 24 or newer is needed, and this is Node\.js 20\.20\.2: run it with .+\.\n$/,
      )
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' })
    })
  }

  it('is checked before anything else that a configuration of mocha loads', () => {
    for (const name of configurations()) {
      const { require } = JSON.parse(readFileSync(`${ROOT}${name}`, 'utf8')) as { require: string[] }
      expect(require[0], name).to.equal(CHECK)
    }
  })

  it('is checked first by every script of package.json that starts Node.js', () => {
    const direct = Object.values(scripts).filter((line) =>
      /^node (?!support\/cli\/bootstrap\.mjs )/.test(line),
    )
    expect(direct).not.to.have.length(0)
    for (const line of direct) expect(line).to.match(new RegExp(`^node --import ${CHECK} `))
    const { status, stderr } = runAsOldNode('--import', CHECK, 'lab/dev/check-imports.ts')
    expect(stderr).to.include('Node.js 24 or newer is needed')
    expect(status).to.equal(2)
  })
})

function configurations(): string[] {
  return readdirSync(ROOT).filter((name) => /^\.mocharc.*\.json$/.test(name))
}
