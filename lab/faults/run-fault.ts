/** `npm start -- --runtime scripted --fault <id>`: runs a checkup with one fault. */
import { describeError } from '../../support/common/errors.ts'
import type { Logger } from '../../support/common/logger.ts'
import { WatchedProcess } from '../watched-process.ts'
import { endOf } from '../suite-process.ts'
import type { Fault } from './fault.ts'
import { followsPhases, playFault } from './play-fault.ts'
import { ScriptedCluster } from './scripted-cluster.ts'

export interface FaultRun {
  readonly namespace: string
  readonly configMap: string
  readonly networkName: string
  /** The ConfigMap's data. */
  readonly data: Readonly<Record<string, string>>
  readonly log: Logger
  readonly interrupted: AbortSignal
}

/** Returns the checkup's exit code. */
export async function runFault(fault: Fault, { log, interrupted, ...names }: FaultRun): Promise<number> {
  const { id, name, reports, expected } = fault
  await using cluster = await ScriptedCluster.start({ ...fault, ...names, log })
  log.info(`API server at ${cluster.server.url}, simulated guests`)
  const cause = expected.cause === undefined ? '' : `, cause ${expected.cause}`
  log.info(`fault ${id}: ${name}; expected verdict: ${expected.verdict}${cause}`)
  const isHeard = followsPhases(fault)
  const { suite } = await cluster.startSuite({
    reports,
    ...(isHeard ? { stdio: 'pipe', env: { DPDK_CHECKUP_VERBOSE: '1' } } : { stdio: 'inherit' }),
  })
  if (isHeard) {
    suite.stdout?.pipe(process.stdout)
    suite.stderr?.pipe(process.stderr)
    playFault(fault, cluster, new WatchedProcess('the suite', suite)).catch((error: unknown) => {
      log.warn(`fault ${id} was not played to its end: ${describeError(error).split('\n')[0] ?? ''}`)
    })
  }
  const exitCode = await endOf(suite, interrupted)
  log.info('taking the lab down')
  return exitCode
}
