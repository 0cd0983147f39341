/** What a run does for those who watch its pod from outside, where nobody can look into it. */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { type Report, type Verdict, verdictSchema } from '../model/report.ts'
import { configMapStatus } from './configmap.ts'
import type { Environment } from './places.ts'

const TERMINATION_LOG = '/dev/termination-log'
/** Bytes that the kubelet takes. */
const LONGEST_MESSAGE = 4096

/** The ConfigMap that a run's reports are kept in. */
export interface KeptIn {
  readonly namespace: string
  readonly configMap: string
}

let kept: KeptIn | undefined

/** Remembers where the reports are kept: whoever reports of the run tells people. */
export function noteKept(place: KeptIn): void {
  kept = place
}

export function keptIn(): KeptIn | undefined {
  return kept
}

/**
 * Whether this is the checkup's own pod. One that judges another cluster (Prow's) is not: it has a kubeconfig, and somebody
 * who collects its files.
 */
export function isOwnPod(env: Environment): boolean {
  const has = (name: string) => (env[name] ?? '') !== ''
  return has('POD_UID') || (has('KUBERNETES_SERVICE_HOST') && !has('KUBECONFIG'))
}

/**
 * Leaves verdict and reason in the status of the pod: `kubectl describe pod` shows them. Never throws: outside of a pod
 * there is no such file, and none is made.
 * @param file another one for tests
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
    // Not every container has one.
  }
}

/** `key: value`, a line each; the reason is the last and may have several lines. */
function terminationMessage(report: Report): Buffer {
  const status = configMapStatus(report)
  const lines = [
    `verdict: ${report.verdict}`,
    ...(report.simulated === true ? ['simulated: true'] : []),
    ...(report.verdict === 'passed' ? [] : [`reason: ${status['status.failureReason'] ?? ''}`]),
  ]
  const whole = Buffer.from(`${lines.join('\n')}\n`)
  // No character is cut in two.
  return Buffer.from(
    whole
      .subarray(0, LONGEST_MESSAGE)
      .toString()
      .replace(/\ufffd$/, ''),
  )
}

/** What a pod's termination message says of its run. */
export interface TerminationMessage {
  readonly verdict: Verdict
  readonly isSimulated: boolean
  /** Empty where it passed. */
  readonly reason: string
}

/** Undefined where the suite did not write it: another program's, or an earlier version's. */
export function readTerminationMessage(text: string): TerminationMessage | undefined {
  const [, word, simulated, reason = ''] =
    /^verdict: (\w+)\n(simulated: true\n)?(?:reason: ([^]*))?$/.exec(text) ?? []
  const verdict = verdictSchema.safeParse(word).data
  if (verdict === undefined) return undefined
  return { verdict, isSimulated: simulated !== undefined, reason: reason.trim() }
}

/** How to get at the reports, for the end of a log; empty where they are kept nowhere. */
export function fetchText(place: KeptIn | undefined): string {
  if (place === undefined) return ''
  const { namespace, configMap } = place
  return [
    `The reports are in ConfigMap ${namespace}/${configMap}:`,
    `  kubectl get configmap ${configMap} -n ${namespace} -o jsonpath='{.binaryData.bundle\\.tar\\.gz}' | base64 -d > bundle.tar.gz`,
    '  tar -xzf bundle.tar.gz',
  ].join('\n')
}
