/** Connects to unix sockets on which QEMU listens. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { waitFor } from '../../../support/common/wait.ts'

/** Milliseconds. A QEMU that was just started takes some tens of them to listen. */
const LISTEN_TIMEOUT = 20_000

/** Connects as soon as a process listens. */
export async function connectSocket(path: string, signal: AbortSignal): Promise<Socket> {
  return waitFor({ claim: `${path} to accept`, interval: 20, timeout: LISTEN_TIMEOUT, signal }, async () => {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      return { done: socket }
    } catch (error) {
      socket.destroy()
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ENOENT' || code === 'ECONNREFUSED') return { lastSeen: code }
      throw error
    }
  })
}

/** Calls the listener with each non-empty line of a UTF-8 stream, without its line break. */
export function onLines(socket: Socket, listener: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: Buffer | string) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') listener(line)
  })
}
