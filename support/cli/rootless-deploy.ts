/** Runs `dpdk-checkup rootless deploy`, `rootless undeploy` and `rootless render`. */
import { rootlessTimeouts } from '../model/timeouts.ts'
import { printError } from '../common/cli.ts'
import { describeError, InterruptedError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { withHeartbeat } from '../common/heartbeat.ts'
import type { Limits } from '../common/wait.ts'
import type { DeployArguments, RenderArguments } from './deploy-arguments.ts'
import type { Session } from './session.ts'
import {
  applyTree,
  createDeployment,
  deployApplication,
  deployMachineConfigs,
  type Deployment,
  removeRun,
  undeployApplication,
  undeployTrees,
} from '../rootless/deploy.ts'
import { createKubectl } from '../rootless/kubectl.ts'
import { render } from '../rootless/trees.ts'
import { type Application, NAMESPACE, type RenderedTree, type Tree } from '../rootless/names.ts'

/** @returns the exit code */
export function deployOrUndeploy(asked: DeployArguments, session: Session): Promise<number> {
  // In the order in which they are applied.
  if (asked.renderOnly)
    return printManifests(
      asked,
      isApplication(asked.tree) ? ['prerequisites', asked.tree] : [asked.tree],
      session,
    )
  return withHeartbeat({ tell: session.print, what: `${asked.command} ${asked.tree}` }, (tell) =>
    run(asked, tell, session),
  )
}

/** Prints a single tree. @returns the exit code */
export function renderTree(asked: RenderArguments, session: Session): Promise<number> {
  return printManifests(asked, [asked.tree], session)
}

/** Prints nothing but YAML on stdout, for `kubectl apply -f -`, `kubectl diff -f -` or a repository. */
async function printManifests(
  { parameters, variant }: Pick<RenderArguments, 'parameters' | 'variant'>,
  trees: readonly RenderedTree[],
  { env, interrupted: signal }: Session,
): Promise<number> {
  const kubectl = createKubectl(env)
  const limits = { signal, timeout: rootlessTimeouts.kubectl }
  for (const tree of trees)
    process.stdout.write(`---\n${await render(kubectl, tree, { parameters, variant }, limits)}`)
  return EXIT_CODE.ok
}

async function run(
  asked: DeployArguments,
  tell: Deployment['print'],
  { env, interrupted, connect }: Session,
): Promise<number> {
  const { command, tree, parameters, variant, timeout, keep, forceConflicts, resetNetwork } = asked
  const deployment = createDeployment({
    // Checks the kubeconfig before kubectl runs: without one, kubectl complains about localhost:8080.
    client: (await connect()).client,
    kubectl: createKubectl(env),
    force: { isGiven: forceConflicts, by: '--force-conflicts' },
    reset: { isGiven: resetNetwork, by: '--reset-network' },
    parameters,
    variant,
    print: tell,
    kept: tell,
  })
  const limits: Limits = { signal: interrupted, timeout }
  if (command === 'undeploy') {
    await (isApplication(tree)
      ? undeployApplication(deployment, tree, limits)
      : undeployTrees(deployment, [tree], limits))
    return EXIT_CODE.ok
  }
  return isApplication(tree)
    ? deployOrRemove(deployment, tree, limits, keep)
    : deployOrKeep(deployment, tree, limits)
}

/**
 * Deploys a tree that stays after a failure: removing MachineConfigs would reboot the nodes again.
 * @returns the exit code
 */
async function deployOrKeep(deployment: Deployment, tree: Tree, limits: Limits): Promise<number> {
  try {
    await (tree === 'machineconfig'
      ? deployMachineConfigs(deployment, limits)
      : applyTree(deployment, tree, limits))
    return EXIT_CODE.ok
  } catch (error) {
    printError(describeError(error))
    printKept(deployment, tree)
    return EXIT_CODE.error
  }
}

function printKept({ asked, print }: Deployment, tree: Tree): void {
  if (asked.length > 0) print(`the created objects are still there; ${undeployCommand(tree)} removes them`)
}

/** The prerequisites are removed with the last application. */
function undeployCommand(tree: Tree): string {
  return `npm run undeploy:${tree === 'prerequisites' ? 'testpmd-tap' : tree}`
}

async function deployOrRemove(
  deployment: Deployment,
  application: Application,
  limits: Limits,
  keep: boolean,
): Promise<number> {
  const { print, variant, asked } = deployment
  try {
    const { pod } = await deployApplication(deployment, application, limits)
    const { name } = pod.metadata
    print(
      `${application} (${variant}) forwards in pod ${NAMESPACE}/${name} on ${pod.spec?.nodeName ?? 'a node'}`,
    )
    print(`its log: kubectl logs -n ${NAMESPACE} deployment/${application} -f`)
    return EXIT_CODE.ok
  } catch (error) {
    printError(describeError(error))
    if (keep) printKept(deployment, application)
    if (keep || asked.length === 0) return EXIT_CODE.error
    print(
      `removing the created objects${error instanceof InterruptedError ? '' : ' (--keep would keep them)'}`,
    )
    const realTime = { signal: new AbortController().signal, timeout: rootlessTimeouts.removeFailed }
    try {
      await removeRun(deployment, realTime)
    } catch (failure) {
      printError(`${describeError(failure)}; ${undeployCommand(application)} removes the objects later`)
    }
    return EXIT_CODE.error
  }
}

function isApplication(tree: Tree): tree is Application {
  return tree === 'testpmd-portforwarder' || tree === 'testpmd-tap'
}
