/** The frames of a test, as text. */
import { framesText } from '../model/frame.ts'
import type { Traffic } from '../model/traffic.ts'

/** `60-byte frames`: sizes without the FCS, as the generator builds them; for a mix, all its sizes. */
export function frameText({ frameBytes, frames = [] }: Pick<Traffic, 'frameBytes' | 'frames'>): string {
  const [first, ...others] = frames
  return first === undefined
    ? `${frameBytes}-byte frames`
    : `frames of ${framesText([first, ...others])} with the FCS`
}
