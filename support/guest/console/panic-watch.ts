/** Detects a kernel panic on a console, so that waits for the guest end at once. */
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { SuiteError } from '../../common/errors.ts'

/** The last line that panic() of kernel/panic.c prints before it halts or reboots. */
const END_OF_PANIC = /---\[ end (Kernel panic - not syncing: [^\r\n]{0,200}?) \]---/
/** Characters kept between chunks, so that the line is found even if it is split. */
const ENOUGH = 512

/** The same console, lost as soon as the kernel prints a panic. */
export function endingOnPanic(stream: ConsoleStream, guest: string): ConsoleStream {
  const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>()
  void stream.closed.then(resolve)
  let recent = ''
  return {
    onOutput: (listener) => {
      stream.onOutput((bytes) => {
        listener(bytes)
        const text = recent + Buffer.from(bytes).toString('latin1')
        recent = text.slice(-ENOUGH)
        const words = END_OF_PANIC.exec(text)?.[1]
        if (words === undefined) return
        resolve(
          new SuiteError('guest-panicked', `the console of the ${guest} fell silent: ${words}`, {
            facts: { guest, loss: 'connection', reason: words },
          }),
        )
        stream.close()
      })
    },
    write: (bytes) => {
      stream.write(bytes)
    },
    closed,
    close: () => {
      stream.close()
    },
  }
}
