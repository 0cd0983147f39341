/**
 * Detects statistics that testpmd could not read from a port's driver. It reports that on stderr without a line break,
 * and continues with the next port (nic_stats_display, fwd_stats_display, fwd_stats_reset of app/test-pmd, from DPDK
 * 22.03 on).
 */
import { SuiteError } from '../../../common/errors.ts'
import { foreign } from '../../../common/foreign-text.ts'
import { consoleLines } from '../../guest-output.ts'

const REFUSED =
  /\w{1,40}: Error: failed to \w{1,10} x?stats \(port (\d{1,5})\): ?(?:-?\d{1,10}|[A-Z][\w ,/-]{1,80})/g
/** Messages of nic_xstats_display, after the port's heading. */
const REFUSED_EXTENDED =
  /^(?:Error: (?:Cannot get|Unable to get|Invalid port) .{1,60}|Cannot allocate memory for xstats.{0,20})$/

/** @throws SuiteError `statistics-refused` with testpmd's message, if it printed one */
export function mustNotBeRefused(raw: string): void {
  const lines = consoleLines(raw).flatMap((line) => [...line.matchAll(REFUSED)].map(([said]) => said.trim()))
  if (lines.length > 0) throw refused(lines)
}

export function mustNotBeRefusedExtended(raw: string): void {
  const lines = consoleLines(raw).filter((line) => REFUSED_EXTENDED.test(line))
  if (lines.length > 0) throw refused(lines)
}

function refused(lines: readonly string[]): SuiteError {
  const said = [...new Set(lines)].slice(0, 4).join('; ')
  return new SuiteError('statistics-refused', `testpmd could not read a port's statistics: ${said}`, {
    facts: { said: foreign(said) },
  })
}
