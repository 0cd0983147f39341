/**
 * Runs a program inside a running container and forwards its input and output. The guest agent transfers both only as
 * a whole, so short programs use the agent, and longer ones use files in the node.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { GuestFile } from '../guests/guest-runtime.ts'
import type { ExecStreams } from '../workloads/container-runtime.ts'
import type { GuestShell } from './guest-shell.ts'

/**
 * Milliseconds. A program whose input is complete, or that ends, within this time costs one command in the node; the
 * output of a longer one is read at this interval.
 */
const SHORT = 500

export interface GuestExec {
  readonly shell: GuestShell
  /** Id of the container in the node. */
  readonly id: string
  /** Base name of the program's files in the container's folder. */
  readonly name: string
  readonly folder: string
  /** The OCI process for crun, as a line of JSON. */
  readonly process: string
  /** Milliseconds. */
  readonly timeout: number
}

/** Resolves to the exit code. Rejects when `signal` aborts; the program continues. */
export async function runInGuest(
  exec: GuestExec,
  streams: ExecStreams,
  signal: AbortSignal,
): Promise<number> {
  const { shell, id, name, process, timeout } = exec
  const input = await InputOf.begin(streams.stdin)
  if (input.isOpen) await shell.script(['open', id, name], { signal })
  const args = ['exec', id, name, ...(input.isOpen ? ['fed'] : [])]
  const given = Buffer.concat([Buffer.from(`${process}\n`), ...(input.isOpen ? [] : [input.first])])
  const ended = new AbortController()
  const running = shell.run(args, { input: given, timeout, signal }).finally(() => {
    ended.abort(new Error('the program has ended'))
  })
  const over = AbortSignal.any([ended.signal, signal])
  const [{ exitCode, stdout, stderr }, seen] = await Promise.all([
    running,
    follow(exec, streams, over),
    input.isOpen ? feed(exec, input, over) : undefined,
  ])
  if (stdout.length > seen.out) streams.stdout(stdout.subarray(seen.out))
  if (stderr.length > seen.err) streams.stderr(stderr.subarray(seen.err))
  return exitCode
}

/** Forwards the output of a program that runs longer than `SHORT`. Returns how many bytes it forwarded. */
async function follow({ shell, folder, name }: GuestExec, streams: ExecStreams, over: AbortSignal) {
  const seen = { out: 0, err: 0 }
  const files: GuestFile[] = []
  try {
    await sleep(SHORT, undefined, { signal: over })
    const out = await openWhenThere(shell, `${folder}/${name}.out`, over)
    files.push(out)
    const err = await openWhenThere(shell, `${folder}/${name}.err`, over)
    files.push(err)
    for (;;) {
      const [printed, complained] = [await out.read(), await err.read()]
      if (printed.length > 0) streams.stdout(printed)
      if (complained.length > 0) streams.stderr(complained)
      seen.out += printed.length
      seen.err += complained.length
      await sleep(SHORT, undefined, { signal: over })
    }
  } catch {
    // The program or the node has ended; the caller learns it from the command itself.
  } finally {
    await Promise.all(files.map((file) => file.close())).catch(() => undefined)
  }
  return seen
}

/** Waits for the file, because crun starts slowly on a busy node. Rejects when the signal aborts. */
async function openWhenThere(shell: GuestShell, path: string, over: AbortSignal): Promise<GuestFile> {
  for (;;) {
    const file = await shell.openFile(path).catch(() => undefined)
    if (file !== undefined) return file
    await sleep(SHORT, undefined, { signal: over })
  }
}

/** Writes the input that arrives after the start. A program that does not read blocks the writer, but can still end. */
async function feed({ shell, id, name }: GuestExec, input: InputOf, over: AbortSignal): Promise<void> {
  try {
    for (let chunk: Buffer | undefined = input.first; chunk !== undefined; chunk = await input.next(over))
      if (chunk.length > 0) await shell.script(['feed', id, name], { input: chunk, signal: over })
    await shell.script(['feed', id, name, 'end'], { signal: over })
  } catch {
    // As in `follow`.
  }
}

/** A program's input, after its first part has been read. */
class InputOf {
  /** The input that came within `SHORT`; all of it, unless `isOpen`. */
  readonly first: Buffer
  readonly isOpen: boolean
  readonly #rest: AsyncIterator<Buffer>
  #pending: Promise<IteratorResult<Buffer>>

  private constructor(
    first: Buffer,
    isOpen: boolean,
    rest: AsyncIterator<Buffer>,
    pending: Promise<IteratorResult<Buffer>>,
  ) {
    this.first = first
    this.isOpen = isOpen
    this.#rest = rest
    this.#pending = pending
  }

  static async begin(stream: ExecStreams['stdin']): Promise<InputOf> {
    const source: AsyncIterable<Buffer> = stream ?? empty()
    const rest = source[Symbol.asyncIterator]()
    const late = sleep(SHORT, 'late' as const, { ref: false })
    const chunks: Buffer[] = []
    for (;;) {
      const pending = nextOf(rest)
      const result = await Promise.race([pending, late])
      if (result === 'late') return new InputOf(Buffer.concat(chunks), true, rest, pending)
      if (result.done === true) return new InputOf(Buffer.concat(chunks), false, rest, pending)
      chunks.push(result.value)
    }
  }

  /** The next chunk; undefined at the end. Rejects when the signal aborts. */
  async next(signal: AbortSignal): Promise<Buffer | undefined> {
    const result = await Promise.race([this.#pending, aborted(signal)])
    if (result.done === true) return undefined
    this.#pending = nextOf(this.#rest)
    return result.value
  }
}

/** Treats a client that disconnects in the middle of its input as its end. */
function nextOf(iterator: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
  return iterator.next().catch(() => ({ done: true, value: undefined }))
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => {
      reject(new Error('its reader has disconnected'))
    }
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })
}

async function* empty(): AsyncGenerator<Buffer> {
  // Yields nothing.
}
