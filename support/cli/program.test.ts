import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { COMMANDS } from './commands/index.ts'
import { type Call, defineCommand } from './command.ts'
import { helpOf, runProgram, UsageError } from './program.ts'

const OPTIONS = {
  name: { type: 'text', value: 'NAME', doc: 'a name' },
  size: { type: 'text', value: 'SIZE', choices: ['small', 'large'], default: 'small', doc: 'a size' },
  'dry-run': { type: 'flag', doc: 'do nothing' },
  set: { type: 'list', value: 'KEY=VALUE', doc: 'a parameter' },
} as const

interface Heard {
  readonly options: Call<typeof OPTIONS>['options']
  readonly args: readonly string[]
  readonly namespace: string | undefined
  readonly kubeconfig: string | undefined
}

/** Runs a command line of a program with three commands; the first two record their arguments. */
async function run(...args: string[]): Promise<{ exitCode: number; heard?: Heard }> {
  let heard: Heard | undefined
  const first = defineCommand({
    name: 'first',
    summary: 'The first',
    arguments: [
      { name: 'ONE', doc: 'a word', isRequired: true },
      { name: 'MORE', doc: 'more words', isList: true },
    ],
    options: OPTIONS,
    examples: [{ line: 'first x', doc: 'an example' }],
    usesCluster: true,
    run: ({ options, args: given, session }) => {
      const { askedNamespace: namespace, env } = session
      heard = { options, args: given, namespace, kubeconfig: env['KUBECONFIG'] }
      return 1
    },
  })
  const second = defineCommand({
    name: 'group second',
    summary: 'The second',
    options: {},
    examples: [],
    needsClone: true,
    passesOn: true,
    run: ({ args: given }) => (given.join(' ') === '--help --size 3 x' ? 0 : 2),
  })
  const third = defineCommand({
    name: 'third',
    summary: 'The third',
    options: {},
    examples: [],
    run: () => 0,
  })
  const exitCode = await runProgram([first, second, third], args, { env: {}, print: () => undefined })
  return heard === undefined ? { exitCode } : { exitCode, heard }
}

async function refusal(...args: string[]): Promise<[string, string]> {
  try {
    return [`it ended with ${(await run(...args)).exitCode}`, '']
  } catch (error) {
    if (error instanceof UsageError) return [error.violations.join('; '), error.hint]
    throw error
  }
}

describe('the command line', () => {
  it('hands a command its options and words', async () => {
    const { exitCode, heard } = await run(
      'first',
      'a',
      '--dry-run',
      '--set',
      'x=1',
      '-n',
      'dpdk',
      'b',
      '--set=y=2',
      '--name',
      '',
    )
    expect(exitCode).to.equal(1)
    expect(heard).to.deep.equal({
      options: { name: '', size: 'small', 'dry-run': true, set: ['x=1', 'y=2'] },
      args: ['a', 'b'],
      namespace: 'dpdk',
      kubeconfig: undefined,
    })
  })

  it('takes what every command takes before its name too, as kubectl does', async () => {
    const { heard } = await run('-n', 'dpdk', '--kubeconfig', '/k', 'first', 'a')
    expect(heard).to.deep.include({ namespace: 'dpdk', kubeconfig: path.resolve('/k') })
    expect(heard?.options).to.deep.equal({ name: undefined, size: 'small', 'dry-run': false, set: [] })
    expect(await refusal('-n', 'dpdk', 'third')).to.deep.equal([
      'third takes no --namespace',
      'dpdk-checkup third --help',
    ])
  })

  it('puts the context that is asked for in front of all kubeconfigs', async () => {
    const { heard } = await run('first', 'a', '--kubeconfig', '/k', '--context', 'other')
    const [file = '', rest] = heard?.kubeconfig?.split(path.delimiter) ?? []
    expect(path.basename(file)).to.equal('context')
    expect(rest).to.equal(path.resolve('/k'))
  })

  it('hands all words of a command of the clone to its program', async () => {
    expect(await run('group', 'second', '--help', '--size', '3', 'x')).to.deep.equal({ exitCode: 0 })
  })

  for (const [args, sentence, hint] of [
    [['frist'], "unknown command 'frist'; did you mean first?", 'dpdk-checkup --help'],
    [['group', 'secnd'], "unknown command 'secnd'; did you mean second?", 'dpdk-checkup group --help'],
    [
      ['first', 'a', '--dryrun'],
      "unknown option '--dryrun'; did you mean --dry-run?",
      'dpdk-checkup first --help',
    ],
    [['first'], "missing required argument 'ONE'", 'dpdk-checkup first --help'],
    [[], 'a command is missing', 'dpdk-checkup --help'],
    [['group'], 'a command is missing', 'dpdk-checkup group --help'],
    [['first', 'a', '--context', ''], '--context is empty', 'dpdk-checkup first --help'],
  ] as const)
    it(`answers ${args.join(' ') || 'nothing'} with a sentence and a hint`, async () => {
      expect(await refusal(...args)).to.deep.equal([sentence, hint])
    })

  it('refuses a value that is none of those there are, and words that nobody takes', async () => {
    expect((await refusal('first', 'a', '--size', 'huge'))[0]).to.include('Allowed choices are small, large')
    expect((await refusal('third', 'x'))[0]).to.include("too many arguments for 'third'")
  })
})

describe('the commands', () => {
  const program = path.join(import.meta.dirname, 'checkup-cli.ts')
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      env: { ...process.env, KUBECONFIG: '/nonexistent', ...env },
    })
    return { status, stdout, stderr }
  }

  it('have a help with an example each', () => {
    for (const { name, examples, passesOn } of COMMANDS) {
      expect(examples, name).not.to.deep.equal([])
      const help = helpOf(COMMANDS, name)
      expect(help, name)
        .to.match(new RegExp(`^Usage: dpdk-checkup ${name}`))
        .and.include('Examples:\n')
      if (passesOn !== true) expect(help, name).to.include('-v, --verbose')
    }
    const all = helpOf(COMMANDS)
    for (const { name, needsClone } of COMMANDS)
      expect(all, name).to.match(new RegExp(`^ {2}${name} +\\w.*${needsClone === true ? '\\*' : ''}$`, 'm'))
  })

  it('have one line of help each on a wide terminal, and none too long for a narrow one', () => {
    for (const columns of [80, 200])
      for (const line of helpOf(COMMANDS, undefined, columns).split('\n'))
        expect(line.length, line).to.be.at.most(columns)
  })

  it('start without the Kubernetes client, which takes a second to load, where they need no cluster', () => {
    const refusing = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (name.startsWith('@kubernetes/client-node')) throw new Error('it loads the Kubernetes client')
        return next(name, context)
      } })`
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(refusing)}` }
    for (const args of [
      ['--version'],
      ['run', '--help'],
      ['list', 'criteria'],
      ['explain', 'traffic.no-loss'],
    ])
      expect(start(args, env), args.join(' ')).to.include({ status: 0, stderr: '' })
    expect(start(['status'], env).stderr).to.include('it loads the Kubernetes client')
  })

  it('say version and commit', () => {
    const { version } = JSON.parse(
      readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as {
      version: string
    }
    expect(start(['--version']).stdout.startsWith(version)).to.equal(true)
  })

  it('end with a sentence, a hint and exit code 2', () => {
    expect(start(['preflihgt'])).to.deep.equal({
      status: 2,
      stdout: '',
      stderr: "unknown command 'preflihgt'; did you mean preflight?\nHint: dpdk-checkup --help\n",
    })
    const { status, stderr } = start(['status', '-n', 'x'])
    expect(status).to.equal(2)
    expect(stderr).to.match(
      /^the kubeconfig .*\nHint: name a kubeconfig with --kubeconfig or KUBECONFIG.*\n$/,
    )
  })

  it('say before anything is asked of a cluster what a run lacks', () => {
    const args = ['run', '-n', 'x', '--network', 'y', '--in-cluster']
    expect(start(args).stderr).to.include('name an image with --image').and.include('images build')
    expect(start(['run', '--network', 'y', '--detach']).stderr).to.include('--detach goes with --in-cluster')
    const resumed = start(['run', '-n', 'x', '--network', 'y', '--nodes', 'all', '--resume', 'missing.json'])
    expect(resumed.stderr).to.match(/^missing\.json cannot be read: /)
  })

  it('name the context that a kubeconfig does not have, and no file of their own', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'context-'))
    const file = path.join(folder, 'config')
    try {
      writeFileSync(file, 'contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: a}}]')
      expect(start(['status', '--kubeconfig', file, '--context', 'nope']).stderr).to.match(
        new RegExp(`^the kubeconfig ${file} has no context "nope"; those in it: a, b\nHint: `),
      )
      const missing = start(['status', '--kubeconfig', `${file}.none`, '--context', 'nope']).stderr
      expect(missing).to.match(
        new RegExp(`^the kubeconfig ${file}.none cannot be used: there is no such file\n`),
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('explain criteria and causes, and list them', () => {
    expect(start(['explain', 'lost-before-vm']).stdout).to.match(/^lost-before-vm: .*\n\n(.*\n)+Remedy {5}\w/)
    const explained = start(['explain', 'traffic.no-loss']).stdout
    expect(explained).to.match(/^Causes\n(?:.*\n)* {2}lost-before-vm: \w/m)
    // Causes of a whole group are named once, in lines that a terminal of 80 columns shows.
    expect(explained).to.match(/^Causes of all traffic\.\* criteria\n {2}\w/m)
    for (const line of explained.split('\n')) expect(line.length, line).to.be.at.most(80)
    expect(start(['explain', 'lost-befor-vm']).stderr).to.include('did you mean lost-before-vm?')
    expect(start(['list', 'criteria']).stdout).to.match(/^traffic\.no-loss {2,}\w/m)
    const parameters = JSON.parse(start(['list', 'parameters', '-o', 'json']).stdout) as { name: string }[]
    expect(parameters.map(({ name }) => name)).to.include.members(['timeout', 'trafficGenEngine'])
    // The lab's own program lists the faults.
    expect(start(['list', 'faults']).stdout).to.match(/^loss /m)
  })

  for (const platform of ['darwin', 'win32'])
    it(`need nothing of Linux, as far as that can be seen by faking ${platform}`, () => {
      const code = `Object.defineProperty(process, 'platform', { value: '${platform}' })`
      const env = {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
        TEMP: tmpdir(),
      }
      const report = fileURLToPath(new URL('../../fixtures/reports/0.1.0.json', import.meta.url))
      const output = mkdtempSync(path.join(tmpdir(), 'report-'))
      try {
        for (const args of [
          ['--help'],
          ['run', '--help'],
          ['list', 'causes'],
          ['explain', 'lost-before-vm'],
          ['manifests', '--network', 'x', '--image', 'r.example/x:1'],
          ['report', report, '--output', output],
          ['diff', report, report],
        ])
          expect(start(args, env), args.join(' ')).to.include({ status: 0, stderr: '' })
      } finally {
        rmSync(output, { recursive: true })
      }
      expect(start(['wait', '--context', 'x'], env).stderr).to.include('Hint: ')
    })
})
