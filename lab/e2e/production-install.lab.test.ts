/** A clone with its production packages only, run with this machine's own Node.js. */
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { COMMANDS } from '../../support/cli/commands/index.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NOT_COPIED = ['node_modules', 'reports', '.git']
/** Without the folders of packages, because `npm test` puts the Node.js from npm first. */
const OWN_PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)
/** Without variables that name a cluster, and without those that npm set for this run. */
const ENV = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE|KUBECONFIG|CONFIGMAP_)/.test(name)),
  ),
  PATH: OWN_PATH,
}

describe('the production packages', function () {
  let clone: string

  function run(command: string, args: readonly string[], env: Record<string, string | undefined> = ENV) {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: clone, env, encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  before(async () => {
    clone = await mkdtemp(join(tmpdir(), 'production-install-'))
    const filter = (path: string) => !NOT_COPIED.includes(relative(ROOT, path))
    await cp(ROOT, clone, { recursive: true, filter })
    const { status, stderr } = run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'])
    expect(status, stderr).to.equal(0)
  })

  after(() => rm(clone, { recursive: true, force: true }))

  it('bring no browser, no shell interpreter and no protobuf', async () => {
    const installed = await readdir(join(clone, 'node_modules'), { recursive: true })
    const folders = installed.filter((path) => path.endsWith('/package.json')).map(dirname)
    expect(folders).to.include.members(['mocha', 'zod'])
    expect(folders.filter((path) => /playwright|axe-core|bash|protobuf|hono/.test(path))).to.deep.equal([])
  })

  it('are enough for npx mocha to reach the first criterion', () => {
    const { status, stdout, stderr } = run('npx', ['mocha'])
    expect(stdout, stderr).to.include('! precondition.configmap: ')
    expect(stdout).to.include('the environment variable CONFIGMAP_NAMESPACE is missing or empty')
    expect(status).to.equal(2)
  })

  it('are enough for every command that needs no lab', () => {
    const report = 'reports/report.json'
    expect(run('npx', ['dpdk-checkup', 'report', report])).to.include({ status: 0, stderr: '' })
    expect(run('npx', ['dpdk-checkup', 'diff', report, report])).to.include({ status: 0, stderr: '' })
    for (const command of ['deploy:testpmd-tap', 'undeploy:testpmd-tap'])
      expect(run('npm', ['run', '-s', command, '--', '--help']), command).to.include({
        status: 0,
        stderr: '',
      })
    for (const { name } of COMMANDS.filter(({ passesOn }) => passesOn !== true))
      expect(run('npx', ['dpdk-checkup', ...name.split(' '), '--help']), name).to.include({
        status: 0,
        stderr: '',
      })
  })

  it('are completed by a command that needs the others', async () => {
    const programs = await mkdtemp(join(tmpdir(), 'no-npm-'))
    try {
      await writeFile(join(programs, 'npm'), '#!/bin/sh\necho "npm $*" >&2\nexit 1\n', { mode: 0o755 })
      const env = { ...ENV, PATH: [programs, OWN_PATH].join(delimiter) }
      const { status, stderr } = run('node', ['support/cli/bootstrap.mjs', 'start', '--help'], env)
      expect(stderr).to.include('npm ci --include=dev')
      expect(status).to.equal(2)
    } finally {
      await rm(programs, { recursive: true })
    }
  })

  it('say what to do where npm ran no install scripts and Node.js is too old', async () => {
    // Remove what the install script of the package `node` would have created.
    for (const path of ['.bin/node', 'node/bin', 'node/node_modules'])
      await rm(join(clone, 'node_modules', path), { recursive: true })
    const { status, stdout, stderr } = run('npx', ['mocha'])
    const own = run('node', ['--version']).stdout
    if (Number(/\d+/.exec(own)?.[0]) >= 24) expect(stdout).to.include('! precondition.configmap: ')
    else {
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' })
      const remedy = 'npm rebuild node --ignore-scripts=false'
      expect(stderr)
        .to.match(/^Node\.js 24 or newer is needed, .+\n$/)
        .and.include(remedy)
      const command = run('npx', ['dpdk-checkup', 'wait', '--help'])
      expect(command).to.deep.equal({ status: 2, stdout: '', stderr })
    }
    expect(run('npm', ['rebuild', 'node', '--ignore-scripts=false']).status).to.equal(0)
    expect(run('npx', ['mocha']).stdout).to.include('! precondition.configmap: ')
  })
})
