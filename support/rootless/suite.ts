/** The rootless suite as its specs and hooks see it: stages that deploy, look and measure, and its end. */
import { claim } from '../run/claimed.ts'
import { incompleteness } from '../run/completeness.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectCluster } from '../run/connect.ts'
import { criteriaOf } from '../run/criterion.ts'
import { endRun } from '../run/end-of-run.ts'
import { Run } from '../run/run.ts'
import { tellSimulation } from '../run/simulation.ts'
import { Stage, StageFailure } from '../run/stage.ts'
import { ApiError } from '../cluster/api-error.ts'
import { describeRef } from '../cluster/objects.ts'
import { isSuiteError, SuiteError, TimeoutError, UnrecoverableError } from '../common/errors.ts'
import { awaitUp, type UpPod } from './await-up.ts'
import { applyTree, createDeployment, deployApplication, type Deployment, removeRun } from './deploy.ts'
import { ROOTLESS_CRITERIA } from './criteria.ts'
import { forwarderMacTrouble, type ForwardingFacts, type PingFacts } from './expectations.ts'
import { createKubectl, KubectlError } from './kubectl.ts'
import { type Application, NAMESPACE } from './names.ts'
import { isAskedFor, readSuiteParameters, rootlessStatus } from './config-map.ts'
import type { RootlessParameters, Variant } from './parameters.ts'
import { deploymentsThere } from './remove.ts'
import { parsePing, type PingResult } from './ping.ts'
import { parsePrivileges, type Privileges } from './privileges-block.ts'
import { parseStartup, type Startup } from './startup-log.ts'
import type { StatisticsBlock } from './statistics-log.ts'
import { askTestpmd, executeAnyway, readStatistics, since } from './testpmd-control.ts'
import { timeouts } from './timeouts.ts'

export const PINGS = 100
/** Bursts of 32 packets at each port of the source; small enough for any queue to hold one. */
const BURSTS = 50
const SAME_TWICE = 500

const run = new Run()

export interface Configured {
  readonly deployment: Deployment
  readonly parameters: RootlessParameters
  readonly variant: Variant
  /** `namespace/pod` that can ping the tap, as far as there is one. */
  readonly pingFrom: string | undefined
}

export interface StartedPod extends Configured {
  readonly up: UpPod
  readonly privileges: Privileges
  readonly startup: Startup
}

export interface Pinged extends StartedPod, PingFacts {
  /** `ip addr` of the tap, as text. */
  readonly addresses: string
  /** `ip neigh` of the tap after the first pings. */
  readonly neighbours: string
  readonly pingIn: PingResult | undefined
}

export interface Forwarded extends ForwardingFacts {
  readonly up: UpPod
}

export const configured = new Stage('configured', configure)
export const tapStarted = new Stage('tap started', async () =>
  startPod(await configured.facts(), 'testpmd-tap'),
)
export const tapPinged = new Stage('tap pinged', async () => pingThrough(await tapStarted.facts()))
export const forwarderStarted = new Stage('port-forwarder started', async () =>
  startPod(await configured.facts(), 'testpmd-portforwarder'),
)
export const forwarded = new Stage('forwarded', async () => forward(await forwarderStarted.facts()))

export const criterion = criteriaOf(() => run.journal)

/** Ends the run early; hooks and reports still follow. */
export function interrupt(signal: NodeJS.Signals): void {
  run.progress.line(`${signal}: ending the run, removing what it made`)
  run.interrupt(signal)
}

/** Removes what the run made, writes its status where a ConfigMap was claimed, publishes its report. Never throws. */
export async function finish(): Promise<void> {
  run.stopDeadline()
  run.end()
  // Without a ConfigMap it is whoever selected criteria that reads of them.
  const { journal } = run
  const isClaim = run.claimed !== undefined && journal.toReport().verdict === 'passed'
  const incomplete = isClaim
    ? incompleteness(journal.criteria, { essential: [], lookedAt: ROOTLESS_CRITERIA })
    : undefined
  if (incomplete !== undefined) journal.criterion(incomplete)
  await endRun(run, { doing: 'remove the pods', statusOf: rootlessStatus })
}

async function configure(): Promise<Configured> {
  const data = isAskedFor(process.env) ? (await claim(run)).data : undefined
  await tellSimulation(run, () => connectCluster(process.env))
  const { parameters, variant, pingFrom, timeout, forceConflicts } = readSuiteParameters(process.env, data)
  // Before kubectl, which without a kubeconfig talks of localhost:8080.
  const { client } = connectCluster(process.env)
  run.journal.cluster({ namespace: NAMESPACE })
  run.journal.parameters({ ...parameters, variant })
  if (timeout !== undefined) run.startDeadline(timeout)
  const say = (line: string) => {
    run.logger.debug(line)
  }
  const kept = (sentence: string) => {
    run.journal.warn(sentence)
  }
  const force = { isGiven: forceConflicts, by: 'FORCE_CONFLICTS=true' }
  const kubectl = createKubectl(process.env)
  return {
    deployment: createDeployment({ client, kubectl, parameters, variant, force, say, kept }),
    parameters,
    variant,
    pingFrom,
  }
}

/**
 * What is not the cluster's fault stays an error: kubectl missing, access denied, objects of others in the way, an
 * interruption.
 */
function toFailure(error: unknown): unknown {
  const isClusters =
    error instanceof UnrecoverableError ||
    error instanceof TimeoutError ||
    (error instanceof KubectlError && !/forbidden|unauthorized/i.test(error.stderr)) ||
    (error instanceof ApiError && error.status !== 401 && error.status !== 403) ||
    isSuiteError(error, 'not-served')
  return isClusters ? StageFailure.of('failed', error) : error
}

let claimed: Promise<void> | undefined

/** One application has room, so the run does not begin where somebody else's are. */
function claimNamespace(deployment: Deployment): Promise<void> {
  claimed ??= (async () => {
    const there = await deploymentsThere(deployment, run.limits(timeouts.command))
    if (there.length > 0) {
      const named = there.map(({ ref }) => describeRef(ref)).join(', ')
      const remedy = there.every(({ isCreated }) => isCreated)
        ? 'npm run undeploy:… removes them'
        : 'npm run undeploy:… removes those that a deployment created; the others are for their owners to remove'
      throw new SuiteError('in-use', `namespace ${NAMESPACE} has ${named} already; ${remedy}`)
    }
    run.cleanup.plan(`what the run created for namespace ${NAMESPACE}`, (limits) =>
      removeRun(deployment, limits),
    )
  })()
  return claimed
}

let present: Application | undefined

/** One application at a time: a small node has CPUs and hugepages for no more. */
async function startPod(facts: Configured, application: Application): Promise<StartedPod> {
  const { deployment } = facts
  await claimNamespace(deployment)
  const before = present
  if (before !== undefined && before !== application) {
    await run.journal.phase(`remove ${before}`, 'suite', async () => {
      // The source has no use any more without its port-forwarder.
      const source = before === 'testpmd-portforwarder' ? (['testpmd-source'] as const) : []
      await removeRun(deployment, run.limits(timeouts.remove), [before, ...source])
    })
  }
  present = application
  const up = await run.journal.phase(`deploy ${application}`, 'guest', async () => {
    try {
      return await deployApplication(deployment, application, run.limits(timeouts.podUp), {
        onSeen: (lastSeen) => {
          run.progress.line(`${application}: ${lastSeen}`)
        },
      })
    } catch (error) {
      throw toFailure(error)
    }
  })
  return { ...facts, up, privileges: parsePrivileges(up.log), startup: parseStartup(up.log) }
}

async function pingThrough(facts: StartedPod): Promise<Pinged> {
  const { deployment, parameters, up, pingFrom } = facts
  const { kubectl } = deployment
  const pod = up.pod.metadata.name
  return run.journal.phase('ping', 'traffic', async () => {
    const before = await readStatistics(kubectl, pod, run.limits(timeouts.answer))
    const command = (...words: string[]) => executeAnyway(kubectl, pod, words, run.limits(timeouts.command))
    const addresses = await command('ip', 'addr', 'show', 'dev', 'dp0')
    const words = ['ping', '-c', String(PINGS), '-i', '0.1', '-W', '2', parameters.TAP_GATEWAY]
    const ping = parsePing(await executeAnyway(kubectl, pod, words, run.limits(timeouts.ping)))
    const neighbours = await command('ip', 'neigh', 'show', 'dev', 'dp0')
    const counters = since(before, await readStatistics(kubectl, pod, run.limits(timeouts.answer)))
    const pingIn = pingFrom === undefined ? undefined : await pingFromOutside(facts, pingFrom)
    return { ...facts, addresses, ping, neighbours, counters, pingIn }
  })
}

async function pingFromOutside({ deployment, parameters }: StartedPod, from: string): Promise<PingResult> {
  const [namespace = '', pod = ''] = from.split('/')
  const address = parameters.TAP_ADDRESS.split('/')[0] ?? ''
  const words = [
    'exec',
    '-n',
    namespace,
    pod,
    '--',
    'ping',
    '-c',
    String(PINGS),
    '-i',
    '0.2',
    '-W',
    '2',
    address,
  ]
  try {
    return parsePing(await deployment.kubectl(words, run.limits(timeouts.ping)))
  } catch (error) {
    if (error instanceof KubectlError && error.stdout !== '') return parsePing(error.stdout)
    throw error
  }
}

/** A second pod sends bursts into both VFs of the port-forwarder and counts what comes back. */
async function forward(facts: StartedPod): Promise<Forwarded> {
  const { deployment, up, startup } = facts
  const { kubectl } = deployment
  const source = await run.journal.phase('deploy testpmd-source', 'guest', async () => {
    try {
      const limits = run.limits(timeouts.podUp)
      await applyTree(deployment, 'testpmd-source', limits)
      return await awaitUp(kubectl, 'testpmd-source', limits)
    } catch (error) {
      throw toFailure(error)
    }
  })
  const pods = { source: source.pod.metadata.name, forwarder: up.pod.metadata.name }
  return run.journal.phase('send packets', 'traffic', async () => {
    const look = async () => ({
      source: await readStatistics(kubectl, pods.source, run.limits(timeouts.answer)),
      forwarder: await readStatistics(kubectl, pods.forwarder, run.limits(timeouts.answer)),
    })
    const before = await look()
    for (let burst = 0; burst < BURSTS; burst += 10) {
      const ten = Array.from({ length: 10 }, () => ['stop', 'start tx_first 1']).flat()
      await askTestpmd(kubectl, pods.source, ten, run.limits(timeouts.answer))
    }
    const now = await settled(look)
    return {
      up,
      mode: startup.forwardMode,
      macTrouble: forwarderMacTrouble(startup, facts.parameters),
      source: since(before.source, now.source),
      forwarder: since(before.forwarder, now.forwarder),
    }
  })
}

/** Looks until two in a row are the same: then nothing is under way any more. */
async function settled<T extends Record<string, StatisticsBlock>>(look: () => Promise<T>): Promise<T> {
  const text = (looked: T) =>
    JSON.stringify(
      Object.values(looked).map(({ ports }) =>
        [...ports].map(([, each]) => [each.rxPackets, each.txPackets]),
      ),
    )
  const deadline = Date.now() + timeouts.settle
  let last = await look()
  for (;;) {
    await sleep(SAME_TWICE, undefined, { signal: run.signal })
    const now = await look()
    if (text(now) === text(last) || Date.now() > deadline) return now
    last = now
  }
}
