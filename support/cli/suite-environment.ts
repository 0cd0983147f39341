/** The environment variables with which a command starts the suite. */
import path from 'node:path'
import type { Session } from './session.ts'

/** @param output folder of the reports, relative to the current directory */
export function suiteEnvironment({ env }: Session, output: string): NodeJS.ProcessEnv {
  return { ...env, DPDK_CHECKUP_REPORTS: path.resolve(output) }
}
