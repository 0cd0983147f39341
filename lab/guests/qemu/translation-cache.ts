/**
 * Empties QEMU's cache of translated code when an emulated guest reboots. Otherwise the new boot overwrites the old
 * boot's code all over the memory, and QEMU invalidates it piece by piece, each time clearing every CPU's lookup
 * cache: a boot of 20-30 s then takes 55-120 s.
 */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'

import { LabError } from '../../lab-error.ts'
import { withLimits } from '../../../support/common/wait.ts'
import type { QmpClient } from './qmp-client.ts'
import { connectSocket } from './socket.ts'

/** Milliseconds. A step takes some tens of them. */
const TIMEOUT = 10_000

/**
 * QEMU has no command for it, but its gdb server empties the cache after each single step. So: attach, execute the
 * first instruction after the reset, detach.
 * @param path path for the gdb server's unix socket
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
    // Attaching stopped the guest; resume it even after an error.
    await qmp.execute('cont').catch(() => undefined)
  })
}

async function monitor(qmp: QmpClient, command: string): Promise<void> {
  await qmp.execute('human-monitor-command', { 'command-line': command })
}

/** Sends a packet of gdb's remote protocol and waits for its answer. */
async function exchange(socket: Socket, packet: string, answer: RegExp, signal: AbortSignal): Promise<void> {
  const sum = [...Buffer.from(packet)].reduce((total, byte) => total + byte, 0) & 0xff
  socket.write(`+$${packet}#${sum.toString(16).padStart(2, '0')}`)
  for (let heard = ''; !answer.test(heard);) {
    const [chunk] = (await once(socket, 'data', { signal })) as [Buffer]
    heard += chunk.toString('latin1')
    if (heard.length > 10_000) throw new LabError('debugger', 'QEMU answers its debugger with noise.')
  }
}
