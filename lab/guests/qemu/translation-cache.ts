/**
 * Emptying the cache of translated code of an emulated guest that reboots. Left alone, the new boot meets
 * the old one's code all over its memory and QEMU forgets it piece by piece, each at the cost of every
 * CPU's lookup cache: 55-120 s for a boot of 20-30 s.
 */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'

import { LabError } from '../../lab-error.ts'
import { withLimits } from '../../../support/common/wait.ts'
import type { QmpClient } from './qmp-client.ts'
import { connectSocket } from './socket.ts'

/** Milliseconds; a step takes some tens. */
const TIMEOUT = 10_000

/**
 * QEMU has no command for it, but its debugger server empties the cache after each single step. So: attach,
 * let the processor execute its first instruction after the reset, detach.
 * @param path of a unix socket for the debugger server
 */
export async function emptyTranslationCache(
  qmp: QmpClient,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await withLimits(
    { signal, timeout: TIMEOUT, describe: () => 'emptying the cache of translated code' },
    async (limited) => {
      await monitor(qmp, `gdbserver unix:${path},server=on,wait=off`)
      try {
        const debugger_ = await connectSocket(path, limited)
        try {
          await exchange(debugger_, 's', /\$[TS]05/, limited)
          await exchange(debugger_, 'D', /\$OK/, limited)
        } finally {
          debugger_.destroy()
        }
      } finally {
        await monitor(qmp, 'gdbserver none')
        await rm(path, { force: true })
      }
    },
  ).finally(async () => {
    // Attaching stopped the guest; resume it whatever went wrong.
    await qmp.execute('cont').catch(() => undefined)
  })
}

async function monitor(qmp: QmpClient, command: string): Promise<void> {
  await qmp.execute('human-monitor-command', { 'command-line': command })
}

/** One packet of gdb's remote protocol, and waiting for its answer. */
async function exchange(socket: Socket, packet: string, answer: RegExp, signal: AbortSignal): Promise<void> {
  const sum = [...Buffer.from(packet)].reduce((total, byte) => total + byte, 0) & 0xff
  socket.write(`+$${packet}#${sum.toString(16).padStart(2, '0')}`)
  for (let heard = ''; !answer.test(heard);) {
    const [chunk] = (await once(socket, 'data', { signal })) as [Buffer]
    heard += chunk.toString('latin1')
    if (heard.length > 10_000) throw new LabError('debugger', 'QEMU answers its debugger with noise.')
  }
}
