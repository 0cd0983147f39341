/** The entry point of `npm start` and `npm run lab`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../support/common/cli.ts'
import type { Logger } from '../support/common/logger.ts'
import { commandLine } from '../support/common/shell-quote.ts'
import { wrapLines } from '../support/common/wrap.ts'
import { createObjects } from './apply.ts'
import { type ConfigMapData, HELP, type LabArguments, parseLabArguments, withRate } from './lab-arguments.ts'
import { type Lab, LAB_CONFIG_MAP, LAB_NAMESPACE, LAB_NETWORK, startLab } from './lab.ts'
import { applyCommands, JOB, writeManifests } from './manifests.ts'
import { asksForRootless, parseRootlessArguments } from './rootless-arguments.ts'
import type { Fault } from './faults/fault.ts'
import { faultList } from './faults/faults.ts'
import { runFault } from './faults/run-fault.ts'
import { untilEnd } from './reader-gone.ts'
import { endOf, startSuite } from './suite-process.ts'
import { LAB_CHECKUP_IMAGE } from './workloads/local-image.ts'

const printLine = (line: string) => {
  console.error(wrapLines(`lab: ${line}`, process.stderr.columns))
}
const log: Logger = {
  info: printLine,
  warn: printLine,
  debug: (line) => {
    if (process.env['LAB_DEBUG'] !== undefined) printLine(line)
  },
}

await runCommand((args, interrupted) => (asksForRootless(args) ? rootless : readiness)(args, interrupted), {
  again: 'is ignored',
})

function readiness(args: readonly string[], interrupted: AbortSignal): Promise<number> {
  const parsed = parseLabArguments(args, LAB_NETWORK)
  if (parsed.help) return help()
  if (parsed.listsFaults) return print(faultList())
  return parsed.command === 'start' ? runCheckup(parsed, interrupted) : keepUp(parsed, interrupted)
}

async function rootless(args: readonly string[], interrupted: AbortSignal): Promise<number> {
  const parsed = parseRootlessArguments(args)
  if (parsed.help) return help()
  // Imported only here, because the readiness suite does not need it.
  const { keepRootlessLab, runRootless } = await import('./rootless-run.ts')
  return (parsed.command === 'start' ? runRootless : keepRootlessLab)(parsed, log, interrupted)
}

function help(): Promise<number> {
  return print(HELP)
}

function print(text: string): Promise<number> {
  process.stdout.write(text)
  return Promise.resolve(0)
}

/** Starts a lab and runs the whole checkup in it. Returns the checkup's exit code. */
async function runCheckup(
  { configMapData, ...options }: LabArguments,
  interrupted: AbortSignal,
): Promise<number> {
  const { runtime, nic, fault } = options
  if (fault !== undefined) return runCheckupWith(fault, configMapData, interrupted)
  await using lab = await startLab({ ...options, permissions: true, log, signal: interrupted })
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: LAB_CONFIG_MAP },
    data: configMapOf(configMapData, lab),
  }
  await createObjects(await readFile(lab.adminKubeconfig, 'utf8'), [configMap])
  log.info(
    `API server at ${lab.url}, guests on ${lab.runtime}${runtime === 'qemu' ? `, VM under test with ${nic} NICs` : ''}`,
  )
  const exitCode = await runSuite(lab, interrupted)
  log.info('taking the lab down')
  return exitCode
}

/** Runs the whole checkup against simulated guests with a fault. Returns the checkup's exit code. */
function runCheckupWith(fault: Fault, data: ConfigMapData, interrupted: AbortSignal): Promise<number> {
  const names = { namespace: LAB_NAMESPACE, configMap: LAB_CONFIG_MAP, networkName: LAB_NETWORK }
  return runFault(fault, { ...names, data, log, interrupted })
}

function configMapOf(given: ConfigMapData, { rate }: Lab): ConfigMapData {
  const data = withRate(given, rate.parameter)
  if (data !== given) log.info(`the checkup will ask for ${rate.parameter} packets/s: ${rate.why}`)
  return data
}

async function runSuite(lab: Lab, interrupted: AbortSignal): Promise<number> {
  const kubeconfig = await lab.checkupKubeconfig()
  const suite = startSuite({ kubeconfig, namespace: LAB_NAMESPACE, configMap: LAB_CONFIG_MAP })
  return endOf(suite, interrupted)
}

async function keepUp(
  { configMapData, ...options }: LabArguments,
  interrupted: AbortSignal,
): Promise<number> {
  await using lab = await startLab({ ...options, permissions: false, log, signal: interrupted })
  const data = configMapOf(configMapData, lab)
  const manifests = await writeManifests(join(lab.folder, 'manifests'), {
    image: LAB_CHECKUP_IMAGE,
    configMap: LAB_CONFIG_MAP,
    data,
  })
  console.log(`The lab is up at ${lab.url} (guests on ${lab.runtime}). Its administrator's kubeconfig:

  export KUBECONFIG=${commandLine(lab.adminKubeconfig)}

The steps of a checkup, with everything filled in:

${applyCommands(manifests, LAB_NAMESPACE)
  .map((line) => `  ${line}`)
  .join('\n')}

and what comes of them:

  npx dpdk-checkup wait ${JOB}
  kubectl logs job/${JOB}
  kubectl get configmap ${LAB_CONFIG_MAP} -o yaml

Ctrl-C takes it down.`)
  // The server's open port keeps the process alive.
  await untilEnd(interrupted)
  log.info('taking the lab down')
  return 0
}
