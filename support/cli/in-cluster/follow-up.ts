/** Commands to continue with, or to remove, a run that this program leaves in the cluster. */
import { commandLine } from '../../common/shell-quote.ts'
import { STARTED_BY_LABEL } from './created-objects.ts'

export interface LeftRun {
  readonly namespace: string
  readonly run: string
  readonly job: string
  readonly configMap: string
}

/** The words that start this program again: only npx finds it in a clone. npm sets `npm_command` for what npx runs. */
export function programCommand(env: NodeJS.ProcessEnv): readonly string[] {
  return env['npm_command'] === 'exec' ? ['npx', 'dpdk-checkup'] : ['dpdk-checkup']
}

function waitCommand({ namespace, job }: LeftRun): string {
  return commandLine(...programCommand(process.env), 'wait', '-n', namespace, '--follow', job)
}

export function retrieveCommand({ namespace, configMap }: LeftRun): string {
  return commandLine(...programCommand(process.env), 'retrieve', '-n', namespace, configMap)
}

/** Deletes the Job first, and its pod with it: the pod needs account and roles until it has removed its VMs. */
export function removeCommands({ namespace, run, job }: LeftRun): readonly string[] {
  const kinds = 'configmap,rolebinding,role,serviceaccount'
  return [
    commandLine(
      'kubectl',
      'delete',
      '-n',
      namespace,
      'job',
      job,
      '--cascade=foreground',
      '--ignore-not-found',
    ),
    commandLine('kubectl', 'delete', '-n', namespace, kinds, '-l', `${STARTED_BY_LABEL}=${run}`),
  ]
}

export function followUpText(left: LeftRun): string {
  return [
    'Wait until it has ended:',
    `  ${waitCommand(left)}`,
    'Fetch its reports:',
    `  ${retrieveCommand(left)}`,
    'Remove its objects:',
    ...removeCommands(left).map((command) => `  ${command}`),
  ].join('\n')
}
