/** What a run leaves in the status of its pod and in the log, for people who cannot look into the pod. */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { type Report, type Verdict, verdictSchema } from '../model/report.ts'
import { isSuccess } from '../model/exit-codes.ts'
import { configMapStatus } from './configmap.ts'
import type { Environment } from './report-folders.ts'
import { REASON_KEY } from '../model/status-keys.ts'

const TERMINATION_LOG = '/dev/termination-log'
/** Size limit of the kubelet, in bytes. */
const LONGEST_MESSAGE = 4096

/** The ConfigMap that keeps a run's reports. */
export interface KeptIn {
  readonly namespace: string
  readonly configMap: string
}

let kept: KeptIn | undefined

/** Remembers where the reports are kept, for the closing text. */
export function recordKeptReports(where: KeptIn): void {
  kept = where
}

export function keptIn(): KeptIn | undefined {
  return kept
}

/**
 * Whether this is the checkup's own pod. A pod that judges another cluster (Prow's) is not: it has a kubeconfig, and a
 * CI system collects its files.
 */
export function isOwnPod(env: Environment): boolean {
  const has = (name: string) => (env[name] ?? '') !== ''
  return has('POD_UID') || (has('KUBERNETES_SERVICE_HOST') && !has('KUBECONFIG'))
}

/**
 * Writes verdict and reason to the pod's status, where `kubectl describe pod` shows them. Never throws: outside of a
 * pod the file does not exist, and is not created.
 * @param file another file, for tests
 */
export function leaveTerminationMessage(report: Report, env: Environment, file = TERMINATION_LOG): void {
  if (!isOwnPod(env)) return
  try {
    const log = openSync(file, constants.O_WRONLY | constants.O_TRUNC)
    try {
      writeSync(log, terminationMessage(report))
    } finally {
      closeSync(log)
    }
  } catch {
    // Not every container has a termination log.
  }
}

/** `key: value` lines; the reason comes last and may have several lines. */
function terminationMessage(report: Report): Buffer {
  const status = configMapStatus(report)
  const lines = [
    `verdict: ${report.verdict}`,
    ...(report.simulated === true ? ['simulated: true'] : []),
    ...(isSuccess(report) ? [] : [`reason: ${status[REASON_KEY] ?? ''}`]),
  ]
  const whole = Buffer.from(`${lines.join('\n')}\n`)
  // Drops a character that was cut in two.
  return Buffer.from(
    whole
      .subarray(0, LONGEST_MESSAGE)
      .toString()
      .replace(/\ufffd$/, ''),
  )
}

/** The contents of a pod's termination message. */
export interface TerminationMessage {
  readonly verdict: Verdict
  readonly isSimulated: boolean
  /** Empty if the run succeeded. */
  readonly reason: string
}

/** Undefined if the message comes from another program or an earlier version of the suite. */
export function readTerminationMessage(text: string): TerminationMessage | undefined {
  const [, verdictText, simulated, reason = ''] =
    /^verdict: ([\w-]+)\n(simulated: true\n)?(?:reason: ([^]*))?$/.exec(text) ?? []
  const verdict = verdictSchema.safeParse(verdictText).data
  if (verdict === undefined) return undefined
  return { verdict, isSimulated: simulated !== undefined, reason: reason.trim() }
}

/** Commands that fetch the reports, for the end of a log; empty if the reports are not kept. */
export function fetchText(where: KeptIn | undefined): string {
  if (where === undefined) return ''
  const { namespace, configMap } = where
  return [
    `The reports are in ConfigMap ${namespace}/${configMap}:`,
    `  kubectl get configmap ${configMap} -n ${namespace} -o jsonpath='{.binaryData.bundle\\.tar\\.gz}' | base64 -d > bundle.tar.gz`,
    '  tar -xzf bundle.tar.gz',
  ].join('\n')
}
