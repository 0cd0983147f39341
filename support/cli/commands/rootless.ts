/** `dpdk-checkup rootless …`: judges the rootless testpmd pods, or only deploys them. */
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODES } from '../../model/exit-codes.ts'
import { runMocha } from '../child.ts'
import { type Call, defineCommand } from '../command.ts'
import {
  DEPLOY_OPTIONS,
  readDeployArguments,
  readRenderArguments,
  RENDERED,
  TREES,
  UNDEPLOY_OPTIONS,
  VARIABLES_TEXT,
} from '../deploy-arguments.ts'
import { suiteEnvironment } from '../suite-environment.ts'

const ASSIGNMENTS = { name: 'NAME=VALUE', doc: 'variables of the pods, see below', isList: true } as const
const TREE = { name: 'TREE', doc: TREES.join(', '), isRequired: true } as const
const INTERRUPTION = {
  again: { warning: 'removing the created objects; press Ctrl-C again to quit now and leave them behind' },
} as const

const RUN_OPTIONS = {
  output: { type: 'text', value: 'FOLDER', default: 'reports', doc: 'folder of the reports' },
} as const

export const rootlessRun = defineCommand({
  name: 'rootless run',
  summary: 'Deploy the rootless testpmd pods, judge them, and remove them',
  details: VARIABLES_TEXT,
  arguments: [ASSIGNMENTS],
  options: RUN_OPTIONS,
  examples: [{ line: 'rootless run TAP_QUEUES=2 TESTPMD_QUEUES=2', doc: 'With two queues of the tap' }],
  exitCodes: '0 passed, 1 the cluster failed a criterion, 2 the suite could not judge it',
  usesCluster: true,
  run: judge,
})

/** Runs the rootless suite. Any exit code other than passed or failed means that it reached no verdict. */
async function judge({ options, args, session }: Call<typeof RUN_OPTIONS>): Promise<number> {
  const env = { ...suiteEnvironment(session, options.output), ...assignmentsOf(args) }
  const code = await runMocha(['specs/rootless'], env)
  return code === EXIT_CODES.passed || code === EXIT_CODES.failed ? code : EXIT_CODES.error
}

/** @throws InvalidInputError naming every word that is not NAME=value */
function assignmentsOf(args: readonly string[]): NodeJS.ProcessEnv {
  const pairs = args.map((argument) => /^([A-Z0-9_]+)=(.*)$/s.exec(argument))
  const wrong = args.filter((_, index) => pairs[index] === null)
  if (wrong.length > 0) throw new InvalidInputError(wrong.map((argument) => `${argument} is not NAME=value`))
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']))
}

export const rootlessDeploy = defineCommand({
  name: 'rootless deploy',
  summary: 'Deploy the rootless testpmd pods, or their prerequisites',
  details: `
It renders a tree of fixtures/rootless with kubectl's kustomize, applies the objects on the server, and waits until
the pod is ready and its log shows that testpmd forwards packets. If the pod cannot start, the command prints the
cause and removes the objects. MachineConfigs stay, because their removal reboots the nodes once more.

Existing objects are never removed, by deploying or undeploying. Each object that a run creates is labelled as
created in the request that creates it; undeploying removes objects with that label, also those of interrupted
runs. Existing objects are only changed, and stay. The namespace stays as long as it has objects of others, or if
this account may not list all of them. Objects of others with the same names, such as those of the original
repository, stop a deployment before anything is changed.

${VARIABLES_TEXT}`,
  arguments: [TREE, ASSIGNMENTS],
  options: DEPLOY_OPTIONS,
  examples: [
    { line: 'rootless deploy machineconfig', doc: 'Once: nodes reboot' },
    {
      line: 'rootless deploy testpmd-tap TAP_QUEUES=2 TESTPMD_QUEUES=2',
      doc: 'testpmd with a tap of two queues',
    },
    { line: 'rootless deploy testpmd-tap --render', doc: 'Only print the manifests' },
  ],
  usesCluster: true,
  interruption: INTERRUPTION,
  run: async ({ options, args, session }) => {
    const { deployOrUndeploy } = await import('../rootless-deploy.ts')
    return deployOrUndeploy(readDeployArguments('deploy', args, options, session.env), session)
  },
})

export const rootlessUndeploy = defineCommand({
  name: 'rootless undeploy',
  summary: 'Remove the objects that rootless deploy created',
  details: VARIABLES_TEXT,
  arguments: [TREE, ASSIGNMENTS],
  options: UNDEPLOY_OPTIONS,
  examples: [
    { line: 'rootless undeploy testpmd-tap', doc: 'The pod, and the objects that no other pod needs' },
  ],
  usesCluster: true,
  interruption: INTERRUPTION,
  run: async ({ options, args, session }) => {
    const { deployOrUndeploy } = await import('../rootless-deploy.ts')
    return deployOrUndeploy(readDeployArguments('undeploy', args, options, session.env), session)
  },
})

export const rootlessRender = defineCommand({
  name: 'rootless render',
  summary: 'Print a tree of the rootless testpmd pods with its parameters, and apply nothing',
  details: `
It needs kubectl, but no cluster. Complete sriov-network-node-policy yourself before you apply it: each cluster has its
own ports for VFs.

${VARIABLES_TEXT}`,
  arguments: [{ ...TREE, doc: RENDERED.join(', ') }, ASSIGNMENTS],
  options: {},
  examples: [
    {
      line: 'rootless render testpmd-tap TAP_QUEUES=2 TESTPMD_QUEUES=2',
      doc: 'For `oc apply -f -`, or a repository',
    },
  ],
  run: async ({ args, session }) => {
    const { renderTree } = await import('../rootless-deploy.ts')
    return renderTree(readRenderArguments(args, session.env), session)
  },
})
