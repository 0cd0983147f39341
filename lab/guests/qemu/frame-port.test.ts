import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../../../support/common/logger.ts'
import { FramePort } from './frame-port.ts'
import { EVERYBODY, frame, framed, nextBytes, plug } from './frames.fixture.ts'

describe('a port of a switch', () => {
  it('drops frames for a guest that does not read, says so once, and goes on when it reads', async () => {
    const lines: string[] = []
    const note = (line: string) => void lines.push(line)
    const log: Logger = { info: note, warn: note, debug: note }
    const folder = await mkdtemp(join(tmpdir(), 'port-'))
    await using port = new FramePort(
      join(folder, 'port'),
      'nic-east of vm',
      (_, back) => {
        port.send(back)
      },
      log,
    )
    await port.listen()
    const guest = await plug(port.path)
    // The port answers, so it has seen the guest.
    const hello = framed(frame(EVERYBODY, '50:00:00:00:00:01', 'hello'))
    const greeted = nextBytes(guest, hello.length)
    guest.write(hello)
    expect(await greeted).to.deep.equal(hello)
    guest.pause()

    const large = framed(frame(EVERYBODY, '50:00:00:00:00:01', 'x'.repeat(60_000)))
    for (let count = 0; count < 300; count++) port.send(large)
    expect(lines).to.deep.equal(['port nic-east of vm: its guest does not read, frames for it are dropped'])

    const kept = await nextBytes(guest.resume(), 100 * large.length)
    expect(kept.subarray(0, large.length)).to.deep.equal(large)
    guest.destroy()
    await rm(folder, { recursive: true })
  })
})
