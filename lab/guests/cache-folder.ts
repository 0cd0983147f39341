/** The folder for results that take long to build, kept between runs. */
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const configured = environment['XDG_CACHE_HOME']
  // The XDG specification: ignore a relative path.
  const parent = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), '.cache')
  return join(parent, 'kubevirt-dpdk-checkup')
}
