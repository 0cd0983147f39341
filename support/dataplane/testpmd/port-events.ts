/** Events of its ports that testpmd prints without being asked. */
import { SuiteError } from '../../common/errors.ts'
import { foreign } from '../../common/foreign-text.ts'
import { consoleLines } from '../guest-output.ts'

/** `Port 0: device removal event`: eth_event_callback of app/test-pmd/testpmd.c. A link that changes is no trouble. */
const EVENT = /^Port \d{1,3}: (?!link state change|device probed)[\w ]{3,60} event$/

const MOST = 4

/**
 * The error with the events that explain it: the code `statistics-refused` if there are any. Otherwise the same error.
 * @param printed raw output
 */
export function withPortEvents(error: SuiteError, printed: string): SuiteError {
  const events = [...new Set(consoleLines(printed).filter((line) => EVENT.test(line)))].slice(-MOST)
  if (events.length === 0) return error
  const said = events.join('; ')
  return new SuiteError('statistics-refused', `${error.message}; before that it said: ${said}`, {
    facts: { said: foreign(said) },
    cause: error,
  })
}
