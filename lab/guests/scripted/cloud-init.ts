/** Simulates the parts of cloud-init with a NoCloud seed that the checkup relies on. */
import { parse } from 'yaml'
import { encrypt } from 'unixcrypt'
import type { GuestShell } from './shell.ts'
import type { GuestSystem } from './system.ts'

interface UserData {
  readonly bootcmd?: readonly (string | readonly string[])[]
  readonly chpasswd?: { readonly list?: string | readonly string[] }
  readonly password?: string
}

/** Sets root's password and runs the boot commands. Prints failures on the console. */
export async function initialize(system: GuestSystem, shell: GuestShell): Promise<void> {
  const seed = system.dataDisks.find(({ disk }) => disk.label?.toLowerCase() === 'cidata')
  const text = seed?.disk.files['user-data'] ?? ''
  if (!text.startsWith('#cloud-config')) return
  const userData = (parse(text) ?? {}) as UserData
  setPassword(system, userData)
  for (const command of userData.bootcmd ?? []) {
    const line = typeof command === 'string' ? command : command.join(' ')
    const { exitCode, output } = await shell.capture(line, system.down)
    if (exitCode !== 0) system.logToConsole(2, `cloud-init: ${line}: exit code ${exitCode}: ${output.trim()}`)
  }
}

function setPassword({ machine }: GuestSystem, { chpasswd, password }: UserData): void {
  const list = chpasswd?.list ?? []
  const lines = typeof list === 'string' ? list.split('\n') : list
  const given = lines.find((line) => line.startsWith('root:'))?.slice('root:'.length) ?? password
  if (given === undefined) return
  machine.disk.passwordHash = /^\$\w+\$/.test(given) ? given : encrypt(given)
}
