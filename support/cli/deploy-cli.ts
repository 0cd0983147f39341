/** The entry point of `npm run deploy:…` and `npm run undeploy:…`. */
import { connectCluster } from '../run/connect.ts'
import { describeError, InterruptedError, InvalidInputError } from '../common/errors.ts'
import { interruptedBy, listenForSignals } from '../common/signals.ts'
import { tellWhile } from '../common/tell-while.ts'
import type { Limits } from '../common/wait.ts'
import { type DeployArguments, deployHelp, parseDeployArguments } from './deploy-arguments.ts'
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
import { type Application, NAMESPACE, type Tree } from '../rootless/names.ts'

/** Milliseconds for taking away what could not be brought up. */
const REMOVAL = 120_000

const interrupted = new AbortController()
listenForSignals((signal) => {
  interrupted.abort(new Error(interruptedBy(signal)))
}, 'what was created is being removed; once more ends at once and leaves it behind')

try {
  const parsed = parseDeployArguments(process.argv.slice(2), process.env)
  if (parsed === undefined) process.stdout.write(deployHelp())
  else
    await tellWhile({ tell: console.log, what: `${parsed.command} ${parsed.tree}` }, (say) =>
      run(parsed, say),
    )
} catch (error) {
  console.error(error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error))
  process.exitCode = 2
}

async function run(asked: DeployArguments, say: Deployment['say']): Promise<void> {
  const { command, tree, parameters, variant, timeout, keep, forceConflicts } = asked
  const deployment = createDeployment({
    // Before kubectl, which without a kubeconfig talks of localhost:8080.
    client: connectCluster(process.env).client,
    kubectl: createKubectl(process.env),
    force: { isGiven: forceConflicts, by: '--force-conflicts' },
    parameters,
    variant,
    say,
    kept: say,
  })
  const limits: Limits = { signal: interrupted.signal, timeout }
  if (command === 'undeploy') {
    await (isApplication(tree)
      ? undeployApplication(deployment, tree, limits)
      : undeployTrees(deployment, [tree], limits))
    return
  }
  if (isApplication(tree)) await deployOrRemove(deployment, tree, limits, keep)
  else await deployOrKeep(deployment, tree, limits)
}

/** These are not taken away again by themselves: that would reboot the nodes once more. */
async function deployOrKeep(deployment: Deployment, tree: Tree, limits: Limits): Promise<void> {
  try {
    await (tree === 'machineconfig'
      ? deployMachineConfigs(deployment, limits)
      : applyTree(deployment, tree, limits))
  } catch (error) {
    console.error(describeError(error))
    process.exitCode = 2
    sayKept(deployment, tree)
  }
}

function sayKept({ asked, say }: Deployment, tree: Tree): void {
  if (asked.length > 0) say(`what was created stays; ${undeployCommand(tree)} removes it`)
}

/** Prerequisites go with the last application. */
function undeployCommand(tree: Tree): string {
  return `npm run undeploy:${tree === 'prerequisites' ? 'testpmd-tap' : tree}`
}

async function deployOrRemove(
  deployment: Deployment,
  application: Application,
  limits: Limits,
  keep: boolean,
): Promise<void> {
  const { say, variant, asked } = deployment
  try {
    const { pod } = await deployApplication(deployment, application, limits)
    const { name } = pod.metadata
    say(
      `${application} (${variant}) forwards in pod ${NAMESPACE}/${name} on ${pod.spec?.nodeName ?? 'a node'}`,
    )
    say(`its log: kubectl logs -n ${NAMESPACE} deployment/${application} -f`)
  } catch (error) {
    console.error(describeError(error))
    process.exitCode = 2
    if (keep) sayKept(deployment, application)
    if (keep || asked.length === 0) return
    say(
      `removing what this run created${error instanceof InterruptedError ? '' : ' (--keep would leave it)'}`,
    )
    const unhurried = { signal: new AbortController().signal, timeout: REMOVAL }
    try {
      await removeRun(deployment, unhurried)
    } catch (failure) {
      console.error(`${describeError(failure)}; ${undeployCommand(application)} removes it later`)
    }
  }
}

function isApplication(tree: Tree): tree is Application {
  return tree === 'testpmd-portforwarder' || tree === 'testpmd-tap'
}
