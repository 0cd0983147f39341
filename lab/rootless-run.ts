/** Starts a lab and runs the rootless suite in it, once for each variant of the pods. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { InvalidInputError } from '../support/common/errors.ts'
import { LabError } from './lab-error.ts'
import { formatDuration } from '../support/common/duration.ts'
import type { Logger } from '../support/common/logger.ts'
import { withHeartbeat } from '../support/common/heartbeat.ts'
import { commandLine } from '../support/common/shell-quote.ts'
import { z } from 'zod'
import type { RootlessArguments, RootlessVariant } from './rootless-arguments.ts'
import { GATEWAY_POD, type RootlessLab, startRootlessLab } from './rootless-lab.ts'
import { untilEnd } from './reader-gone.ts'
import { endOf, exitCodeOf, startMocha } from './suite-process.ts'

const CHECK = fileURLToPath(new URL('../support/rootless/check-parameters.ts', import.meta.url))
const DEPLOY = fileURLToPath(new URL('../support/cli/checkup-cli.ts', import.meta.url))

/** Defaults that fit into the lab's node; the environment and the arguments override them. */
const LAB_DEFAULTS = { TESTPMD_CPUS: '4', TESTPMD_HUGEPAGES_1GI: '1Gi' }

const VARIABLES: Readonly<Record<RootlessVariant, Readonly<Record<string, string>>>> = {
  default: { ROOT: 'false', PRIVILEGED: 'false' },
  root: { ROOT: 'true', PRIVILEGED: 'false' },
  privileged: { ROOT: 'false', PRIVILEGED: 'true' },
}
const VERDICTS = ['passed', 'failed', 'could not be judged'] as const

const parametersSchema = z.looseObject({ TAP_GATEWAY: z.string(), TAP_ADDRESS: z.string() })
type Variables = Readonly<Record<string, string>>

/** Returns the worst exit code of all variants. @throws InvalidInputError before it starts anything */
export async function runRootless(
  { variants, without, parameters }: RootlessArguments,
  log: Logger,
  signal: AbortSignal,
): Promise<number> {
  const variables = await checkParameters(parameters)
  await using lab = await startRootlessLab({ without, gateway: gatewayOf(variables), log, signal })
  log.info(`API server at ${lab.url}, pods by crun in guests on ${lab.runtime}`)
  if (!without.includes('machineconfig')) await deployMachineConfigs(lab, variables, log, signal)
  const ends: { variant: RootlessVariant; exitCode: 0 | 1 | 2; took: number }[] = []
  for (const variant of variants) {
    if (signal.aborted) break
    const started = Date.now()
    const reports = process.env['DPDK_CHECKUP_REPORTS'] ?? 'reports'
    log.info(`rootless suite, variant ${variant}`)
    const suite = startMocha(['specs/rootless'], {
      KUBECONFIG: lab.adminKubeconfig,
      PING_FROM: GATEWAY_POD,
      ...variables,
      ...VARIABLES[variant],
      DPDK_CHECKUP_REPORTS: variants.length === 1 ? reports : join(reports, variant),
    })
    // Any other exit code means that the suite did not reach a verdict.
    const code = await endOf(suite, signal)
    const exitCode = code === 0 || code === 1 ? code : 2
    ends.push({ variant, exitCode, took: Date.now() - started })
  }
  for (const { variant, exitCode, took } of ends)
    log.info(`variant ${variant}: ${VERDICTS[exitCode]} after ${formatDuration(took)}`)
  log.info('taking the lab down')
  return ends.length < variants.length ? 2 : Math.max(...ends.map(({ exitCode }) => exitCode))
}

/** Keeps the lab up for kubectl and `npm run deploy:…` until the signal. */
export async function keepRootlessLab(
  { without }: RootlessArguments,
  log: Logger,
  signal: AbortSignal,
): Promise<number> {
  const variables = await checkParameters([])
  await using lab = await startRootlessLab({ without, gateway: gatewayOf(variables), log, signal })
  if (!without.includes('machineconfig')) await deployMachineConfigs(lab, variables, log, signal)
  const [namespace = '', pod = ''] = GATEWAY_POD.split('/')
  const room = Object.entries(LAB_DEFAULTS).map(([name, value]) => `${name}=${value}`)
  console.log(`The lab is up at ${lab.url} (pods by crun in guests on ${lab.runtime}). Its administrator's kubeconfig:

  export KUBECONFIG=${commandLine(lab.adminKubeconfig)}

The rootless pods, with what a node of the lab has room for:

  npm run deploy:testpmd-tap -- ${commandLine(...room)}
  kubectl get pods -n dpdktest
  kubectl logs -n dpdktest deployment/testpmd-tap
  kubectl exec -n dpdktest deployment/testpmd-tap -- ping -c 3 ${commandLine(variables['TAP_GATEWAY'] ?? '')}

From the other side:

  kubectl exec -n ${namespace} ${pod} -- ping -c 3 ${commandLine(variables['TAP_ADDRESS']?.split('/')[0] ?? '')}

Ctrl-C takes it down.`)
  await untilEnd(signal)
  log.info('taking the lab down')
  return 0
}

/** Validates the arguments together with the lab's defaults. Returns them as the suite's environment. */
async function checkParameters(args: readonly string[]): Promise<Variables> {
  const defaults = Object.entries(LAB_DEFAULTS).filter(([name]) => process.env[name] === undefined)
  const given = [...defaults.map(([name, value]) => `${name}=${value}`), ...args]
  const child = spawn(process.execPath, [CHECK, ...given], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, complaints, exitCode] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    exitCodeOf(child),
  ] as const)
  if (exitCode !== 0) throw new InvalidInputError(complaints.toString().trim().split('\n'))
  return parametersSchema.parse(JSON.parse(output.toString())) as Variables
}

function gatewayOf(variables: Variables): string {
  return `${variables['TAP_GATEWAY'] ?? ''}/${variables['TAP_ADDRESS']?.split('/')[1] ?? ''}`
}

async function deployMachineConfigs(
  lab: RootlessLab,
  variables: Variables,
  log: Logger,
  signal: AbortSignal,
) {
  const env = { ...process.env, ...variables, ...VARIABLES.default, KUBECONFIG: lab.adminKubeconfig }
  const child = spawn(process.execPath, [DEPLOY, 'deploy', 'machineconfig'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  })
  const tell = (line: string) => {
    log.info(line)
  }
  const exitCode = await withHeartbeat({ tell, what: 'applying the MachineConfigs' }, () =>
    endOf(child, signal),
  )
  if (exitCode !== 0 && !signal.aborted)
    throw new LabError(
      'machineconfig',
      'The MachineConfigs could not be applied; the reason is printed above.',
    )
}
