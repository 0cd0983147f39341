/** A shell that really runs a guest's commands, on files that a test provides. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { stripTerminalCodes } from '../../common/text.ts'
import { ScriptedShell } from './scripted-shell.ts'
import type { CommandResult } from '../console/shell.ts'

const run = promisify(execFile)

export class FakeRoot implements AsyncDisposable {
  /** The folder on this machine that holds the guest's files. */
  readonly folder: string
  readonly shell: ScriptedShell

  private constructor(folder: string) {
    this.folder = folder
    this.shell = new FakeRootShell(folder)
  }

  static async create(files: Readonly<Record<string, string>> = {}): Promise<FakeRoot> {
    const root = new FakeRoot(await mkdtemp(path.join(tmpdir(), 'kdc-root-')))
    await mkdir(path.join(root.folder, 'bin'))
    await root.write(files)
    return root
  }

  /** @param files content by path without the leading slash */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.folder, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, content)
    }
  }

  async link(from: string, to: string): Promise<void> {
    const file = path.join(this.folder, from)
    await mkdir(path.dirname(file), { recursive: true })
    await mkdir(path.join(this.folder, to), { recursive: true })
    await symlink(path.join(this.folder, to), file)
  }

  /** A program of the guest, in sh; `$ROOT` is the folder of its files. */
  async program(name: string, script: string): Promise<void> {
    const file = path.join(this.folder, 'bin', name)
    await writeFile(file, `#!/bin/sh\nROOT=${this.folder}\n${script}\n`)
    await chmod(file, 0o755)
  }

  async read(name: string): Promise<string> {
    const text = await readFile(path.join(this.folder, name), 'utf8')
    return text.replaceAll(this.folder, '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}

class FakeRootShell extends ScriptedShell {
  readonly #folder: string

  constructor(folder: string) {
    super([])
    this.#folder = folder
  }

  override async run(commandLine: string): Promise<CommandResult> {
    this.commands.push(commandLine)
    const moved = commandLine.replaceAll(/(?<![\w}])\/(sys|proc|etc|mnt)\//g, `${this.#folder}/$1/`)
    const env = { PATH: `${this.#folder}/bin:/usr/bin:/bin` }
    // As on a guest's console: in a subshell by `eval`, without input, stdout and stderr on one terminal.
    const script = '( eval "$1" ) </dev/null 2>&1; echo "exit $?"'
    const { stdout } = await run('/bin/sh', ['-c', script, 'sh', moved], { env })
    const [, output = '', code] = /^([^]*?)exit (\d+)\n$/.exec(stdout) ?? []
    return {
      output: stripTerminalCodes(output.replaceAll(this.#folder, '')).replace(/\n+$/, ''),
      exitCode: Number(code),
    }
  }
}
