/** How fast the console reader takes a guest's output, with every feature on that a session uses. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConsoleStream } from '../../../support/cluster/console-stream.ts'
import { ConsoleReader, firstOf } from '../../../support/guest/console/console-reader.ts'
import { shellGone } from '../../../support/guest/console/login-prompt.ts'
import { Markers } from '../../../support/guest/console/markers.ts'
import { type Benchmark, type BenchmarkContext, type Figure, megabytes } from '../figure.ts'
import { memoryHeld } from '../memory.ts'

const MEBIBYTE = 2 ** 20
const MEBIBYTES = 100
const LINES = '  RX-packets: 1234567890     RX-dropped: 0             RX-total: 1234567890\n'
const NO_NEWLINE = 'no newline [ 12.3 '
/** Lines of the kernel are the most work: the reader finds and removes each of them. */
const KERNEL_LINES = '[  123.456789] igbvf 0000:06:00.0: nothing to see here, move along\r\nsome output\n'

export const consoleThroughput: Benchmark = {
  name: 'console',
  about: "the console session's reader: throughput, memory",
  async run(context) {
    const lines = await throughput('lines', LINES, MEBIBYTE, context)
    const kernelLines = await throughput("kernel's lines", KERNEL_LINES, MEBIBYTE, context)
    const endless = await throughput('no newline', NO_NEWLINE, MEBIBYTE, context)
    const small = await throughput('no newline, small pieces', NO_NEWLINE, 64, context)
    context.progress('unread output')
    const before = await memoryHeld()
    const { reader, say } = openReader()
    const chunk = Buffer.alloc(MEBIBYTE, NO_NEWLINE)
    for (let count = 0; count < MEBIBYTES; count += 1) say(chunk)
    const held = (await memoryHeld()) - before - chunk.length
    if (reader.unread === '') throw new Error('the reader kept nothing')
    return [
      speed('console.lines', 'console output taken in 1 MiB chunks, lines', lines, 20),
      speed('console.kernel-lines', "  the kernel's lines torn into it", kernelLines, 20),
      speed('console.no-newline', `  ${MEBIBYTES} MiB without a newline`, endless, 20),
      speed('console.small-pieces', '  the same in pieces of 64 bytes', small),
      {
        id: 'console.unread-memory',
        what: `memory held by ${MEBIBYTES} MiB of unread output`,
        value: megabytes(held),
        unit: 'MB',
        goal: { below: 5 },
      },
    ]
  },
}

function speed(id: string, what: string, value: number, atLeast?: number): Figure {
  return { id, what, value, unit: 'MB/s', ...(atLeast === undefined ? {} : { goal: { atLeast } }) }
}

/** Megabytes per second. */
async function throughput(
  what: string,
  text: string,
  size: number,
  { signal, progress }: BenchmarkContext,
): Promise<number> {
  progress(what)
  const { reader, say } = openReader()
  const marker = new Markers().next()
  const pattern = firstOf<unknown>(marker.ended, shellGone('gone'))
  const waiting = new AbortController()
  const reading = reader
    .read(pattern, {
      signal: AbortSignal.any([signal, waiting.signal]),
      timeout: 3_600_000,
      claim: 'a command to end',
      maxOutput: 0,
      drop: true,
    })
    .catch(() => undefined)
  const chunk = Buffer.alloc(size, text)
  const chunks = Math.ceil((MEBIBYTES * MEBIBYTE) / size)
  const started = performance.now()
  // A signal arrives only when the event loop gets a turn. How often that is does not change the figure.
  const breath = Math.ceil((16 * MEBIBYTE) / size)
  for (let count = 1; count <= chunks; count += 1) {
    say(chunk)
    if (count % breath !== 0) continue
    await nextTurn()
    signal.throwIfAborted()
  }
  const seconds = (performance.now() - started) / 1000
  waiting.abort()
  await reading
  return megabytes(chunks * size) / seconds
}

function openReader(): { reader: ConsoleReader; say: (bytes: Uint8Array) => void } {
  let listener: (bytes: Uint8Array) => void = () => undefined
  const stream: ConsoleStream = {
    closed: new Promise(() => undefined),
    onOutput: (given) => {
      listener = given
    },
    write: () => undefined,
    close: () => undefined,
  }
  const reader = new ConsoleReader(stream, 'guest')
  reader.dropsKernelLines = true
  return {
    reader,
    say: (bytes) => {
      listener(bytes)
    },
  }
}
