/** Ends a console whose guest will say no more, so that waits for the guest end at once. */
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { SuiteError } from '../../common/errors.ts'
import { oneLine } from '../../common/text.ts'
import { BootWatch } from './boot-watch.ts'

/** The same console of a guest that is up, lost as soon as its kernel panics or it fails to come up after a reboot. */
export function endingOnHalt(stream: ConsoleStream, guest: string): ConsoleStream {
  const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>()
  void stream.closed.then(resolve)
  const watch = new BootWatch({ isBooting: false })
  return {
    onOutput: (listener) => {
      stream.onOutput((bytes) => {
        listener(bytes)
        const text = watch.see(bytes)
        if (text === undefined) return
        const reason = oneLine(text)
        resolve(
          new SuiteError('guest-halted', `the console of the ${guest} fell silent: ${reason}`, {
            facts: { guest, loss: 'connection', reason },
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
