/** Recognizes on a guest's console that its boot has stopped for good, so that the run does not wait for it. */
import { stripTerminalCodes } from '../../common/text.ts'
import { BOOT_SIGNS } from './boot-signs.ts'

/**
 * The last line that panic() of kernel/panic.c prints, up to Linux 4.15 without its end. It follows only if the kernel
 * halts: one that restarts (`panic=`, kdump) never prints it.
 */
const END_OF_PANIC = /---\[ end (Kernel panic - not syncing: (?:(?!---\[)[^\r\n]){1,200}?)(?: \]---|\r?\n)/
/** Printed by a machine that restarts, and not by `dmesg`. */
const RESTART = /SeaBIOS \(|reboot: Restarting system|BdsDxe: (?:load|start)ing Boot/g
const LOGIN_PROMPT = ' login: '
/** Characters kept between two pieces, so that a line is found even if it is split. */
const ENOUGH = 512

/**
 * Sees the output of one console. A panic counts always; an emergency shell or a missing boot disk only while the guest
 * boots, because a program in the shell may print the same words.
 */
export class BootWatch {
  #isBooting: boolean
  #recent = ''

  constructor({ isBooting }: { readonly isBooting: boolean }) {
    this.#isBooting = isBooting
  }

  /** @returns the text that the guest printed, if its boot has stopped for good */
  see(bytes: Uint8Array): string | undefined {
    const text = this.#recent + Buffer.from(bytes).toString('latin1')
    this.#recent = text.slice(-ENOUGH)
    const restart = [...text.matchAll(RESTART)].at(-1)?.index ?? -1
    const login = text.lastIndexOf(LOGIN_PROMPT)
    if (restart !== login) this.#isBooting = restart > login
    const now = text.slice(Math.max(0, restart))
    return END_OF_PANIC.exec(now)?.[1] ?? (this.#isBooting ? endOfBootIn(now) : undefined)
  }
}

function endOfBootIn(text: string): string | undefined {
  if (!SPOKEN.test(text)) return undefined
  // A line that is not finished may continue, except a prompt, which is never finished.
  const lines = stripTerminalCodes(text).split('\n')
  const last = lines.length - 1
  return lines.find((line, index) =>
    BOOT_SIGNS.some(({ final }) => final?.test(line) === true && (index < last || PROMPT.test(line))),
  )
}

/** Words that are in every such line; most output has none of them. */
const SPOKEN = /bootable|rescue|emergency|maintenance|\(initramfs\)/
const PROMPT = /rescue> $|maintenance.*$|^\(initramfs\) $/
