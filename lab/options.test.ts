import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { parseLabArguments } from './lab-arguments.ts'
import { OPTION_NAMES, type RuntimeName, type SuiteName } from './options.ts'
import { parseRootlessArguments } from './rootless-arguments.ts'

const MAIN = fileURLToPath(new URL('lab-cli.ts', import.meta.url))

/** A value of each option, the suite and the runtime that it applies to; without a runtime, it applies to any. */
const OPTIONS: Readonly<Record<string, { value: string; suite: SuiteName; runtime?: RuntimeName }>> = {
  nic: { value: 'virtio', suite: 'readiness', runtime: 'qemu' },
  'guest-image': { value: 'minimal', suite: 'readiness' },
  iommu: { value: 'off', suite: 'readiness', runtime: 'qemu' },
  fault: { value: 'loss', suite: 'readiness', runtime: 'scripted' },
  'lab-nodes': { value: '4', suite: 'readiness' },
  variant: { value: 'root', suite: 'rootless', runtime: 'qemu' },
  without: { value: 'vf-mac', suite: 'rootless', runtime: 'qemu' },
}

/** The combinations of suite and runtime. The rootless suite has one runtime, because its node is a real guest. */
const ASKED = [
  { suite: 'readiness', runtime: 'qemu', words: ['--runtime', 'qemu'] },
  { suite: 'readiness', runtime: 'scripted', words: ['--runtime', 'scripted'] },
  { suite: 'rootless', runtime: 'qemu', words: ['--suite', 'rootless'] },
] as const

function parse(words: readonly string[], suite: SuiteName): void {
  if (suite === 'rootless') parseRootlessArguments(words)
  else parseLabArguments(words, 'net', {})
}

describe('options of npm start that a suite or a runtime cannot honour', () => {
  it('are all tried here, but for those that choose suite and runtime', () => {
    expect([...Object.keys(OPTIONS), 'suite', 'runtime', 'help']).to.have.members(OPTION_NAMES)
  })

  for (const [name, { value, ...scope }] of Object.entries(OPTIONS))
    for (const { suite, runtime, words } of ASKED) {
      const honoured = scope.suite === suite && (scope.runtime ?? runtime) === runtime
      it(`${honoured ? 'take' : 'refuse'} --${name} ${value} with ${words.join(' ')}`, () => {
        const attempt = () => {
          parse(['start', ...words, `--${name}`, value], suite)
        }
        if (honoured) expect(attempt).not.to.throw()
        else expect(attempt).to.throw(new RegExp(`--${name}(?: ${value})? works with --`))
      })
    }

  it('refuse simulated guests for the rootless suite', () => {
    expect(() => {
      parse(['start', '--suite', 'rootless', '--runtime', 'scripted'], 'rootless')
    }).to.throw('--runtime works with --suite readiness only')
  })

  it('end the command with a sentence each and exit code 2, before anything is started', () => {
    for (const [words, sentences] of [
      [['--fault', 'loss'], '--fault works with --runtime scripted only\n'],
      [
        ['--nic', 'virtio', '--iommu', 'off', '--runtime', 'scripted', 'trafficGenPacketsPerSecond=20k'],
        '--iommu works with --runtime qemu only\n--nic virtio works with --runtime qemu only\n',
      ],
      [['--suite', 'rootless', '--fault', 'loss'], '--fault works with --suite readiness only\n'],
    ] as const) {
      const command = [MAIN, 'start', ...words]
      const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
      expect({ status, stdout, stderr }).to.deep.equal({ status: 2, stdout: '', stderr: sentences })
    }
  })

  it('list the faults with their verdicts, on lines of a terminal', () => {
    const command = [MAIN, 'start', '--fault', 'list']
    const { status, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' })
    expect(status).to.equal(0)
    expect(stdout).to.match(/^loss \(failed\)\n {2}packets lost on the way to the VM under test$/m)
    for (const line of stdout.split('\n')) expect(line.length).to.be.at.most(80)
  })
})
