/** What the suite is told by its environment when a command starts it. */
import path from 'node:path'
import type { Session } from './session.ts'

/** @param output folder of the reports, relative to where the user is */
export function suiteEnvironment({ env }: Session, output: string): NodeJS.ProcessEnv {
  return { ...env, DPDK_CHECKUP_REPORTS: path.resolve(output) }
}
