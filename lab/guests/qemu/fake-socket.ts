/** For tests: two connected sockets, one for the code under test and one to play the other side. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function socketPair(): Promise<{ near: Socket; far: Socket }> {
  const folder = await mkdtemp(join(tmpdir(), 'pair-'))
  const server = createServer()
  try {
    const path = join(folder, 's')
    server.listen(path)
    await once(server, 'listening')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const near = connect(path)
    const [far] = await accepted
    return { near, far }
  } finally {
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
}
