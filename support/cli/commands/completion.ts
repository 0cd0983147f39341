/** `dpdk-checkup completion`: prints a completion script for a shell. */
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { type AnyCommand, defineCommand } from '../command.ts'
import { COMPLETIONS, isShell } from '../completion.ts'

/** @param records all commands, including this one */
export function completionOf(records: () => readonly AnyCommand[]) {
  const shells = Object.keys(COMPLETIONS)
  return defineCommand({
    name: 'completion',
    summary: `Print the completion script of a shell: ${shells.join(', ')}`,
    details:
      'The script completes commands, options, and the values of options that have a fixed list of values.',
    arguments: [{ name: 'SHELL', doc: shells.join(', '), isRequired: true }],
    options: {},
    examples: [
      { line: 'completion bash > ~/.local/share/bash-completion/completions/dpdk-checkup', doc: 'bash' },
      { line: 'completion zsh > "${fpath[1]}/_dpdk-checkup"', doc: 'zsh' },
      { line: 'completion fish > ~/.config/fish/completions/dpdk-checkup.fish', doc: 'fish' },
    ],
    run: ({ args, session }) => {
      const [shell = ''] = args
      if (!isShell(shell)) throw new InvalidInputError([`${shell} is not one of ${shells.join(', ')}`])
      session.print(COMPLETIONS[shell](records()))
      return EXIT_CODE.ok
    },
  })
}
