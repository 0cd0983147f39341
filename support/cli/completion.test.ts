import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { COMMANDS } from './commands/index.ts'
import { COMPLETIONS } from './completion.ts'

/** The words that bash offers after these. */
function offered(...words: readonly string[]): string[] {
  const all = ['dpdk-checkup', ...words]
  const script = `${COMPLETIONS.bash(COMMANDS)}
COMP_WORDS=(${all.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${all.length - 1}
_dpdk_checkup; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(stderr).to.equal('')
  return stdout.split('\n').filter((word) => word !== '')
}

describe('completion', () => {
  it('offers commands, those of a group, options, and the values of an option', () => {
    expect(offered('')).to.include.members(['run', 'preflight', 'rootless', 'lab', 'completion', '--version'])
    expect(offered('pre')).to.deep.equal(['preflight'])
    expect(offered('rootless', '')).to.deep.equal(['run', 'deploy', 'undeploy', 'render'])
    expect(offered('rootless', 'deploy', '--')).to.include.members(['--keep', '--render', '--namespace'])
    expect(offered('run', '--en')).to.deep.equal(['--engine'])
    expect(offered('run', '--engine', '')).to.deep.equal(['trex', 'pktgen'])
    expect(offered('preflight', '--format', 'j')).to.deep.equal(['json'])
  })

  it('goes by the command, whatever stands between', () => {
    expect(offered('clean', '-n', 'dpdk', '--dr')).to.deep.equal(['--dry-run'])
    expect(offered('report', 'run', '--o')).to.deep.equal(['--output'])
  })

  for (const shell of ['zsh', 'fish'] as const)
    it(`knows every command and option in ${shell}`, () => {
      const script = COMPLETIONS[shell](COMMANDS)
      for (const { name, options, passesOn } of COMMANDS) {
        expect(script).to.include(name)
        if (passesOn !== true)
          for (const option of Object.keys(options))
            expect(script).to.include(shell === 'fish' ? `-l ${option} ` : `--${option}:`)
      }
      // Every quote is closed.
      for (const line of script.split('\n')) expect((line.match(/'/g) ?? []).length % 2, line).to.equal(0)
    })
})
