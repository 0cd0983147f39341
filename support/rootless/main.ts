/** The entry point of `npm run deploy:…` and `npm run undeploy:…`. */
import { loadCredentials } from '../cluster/credentials.ts'
import { describeError, InterruptedError, InvalidInputError } from '../common/errors.ts'
import { interruptedBy, listenForSignals } from '../common/signals.ts'
import type { Limits } from '../common/wait.ts'
import { type DeployArguments, deployHelp, parseDeployArguments } from './arguments.ts'
import {
  applyTree,
  deleteTree,
  deployApplication,
  deployMachineConfigs,
  type Deployment,
  undeployApplication,
} from './deploy.ts'
import { createKubectl } from './kubectl.ts'
import { type Application, NAMESPACE, type Tree } from './names.ts'

/** Milliseconds for taking away what could not be brought up. */
const REMOVAL = 120_000

const interrupted = new AbortController()
listenForSignals((signal) => {
  interrupted.abort(new Error(interruptedBy(signal)))
}, 'what was applied is being removed; once more ends at once and leaves it behind')

try {
  const parsed = parseDeployArguments(process.argv.slice(2), process.env)
  if (parsed === undefined) process.stdout.write(deployHelp())
  else await run(parsed)
} catch (error) {
  console.error(error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error))
  process.exitCode = 2
}

async function run(asked: DeployArguments): Promise<void> {
  // Said here, because kubectl without a kubeconfig talks of localhost:8080.
  loadCredentials(process.env)
  const { command, tree, parameters, variant, timeout, keep } = asked
  const say = (line: string) => {
    console.log(line)
  }
  const deployment = { kubectl: createKubectl(process.env), parameters, variant, say }
  const limits: Limits = { signal: interrupted.signal, timeout }
  if (command === 'undeploy') {
    await (isApplication(tree)
      ? undeployApplication(deployment, tree, limits)
      : deleteTree(deployment, tree, limits))
    return
  }
  if (tree === 'machineconfig') await deployMachineConfigs(deployment, limits)
  else if (tree === 'prerequisites') await applyTree(deployment, tree, limits)
  else await deployOrRemove(deployment, tree, limits, keep)
}

async function deployOrRemove(
  deployment: Deployment,
  application: Application,
  limits: Limits,
  keep: boolean,
): Promise<void> {
  const { say, variant } = deployment
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
    if (keep) {
      say(`what was applied stays; npm run undeploy:${application} removes it`)
      return
    }
    say(`removing ${application} again${error instanceof InterruptedError ? '' : ' (--keep would leave it)'}`)
    await undeployApplication(deployment, application, {
      signal: new AbortController().signal,
      timeout: REMOVAL,
    })
  }
}

function isApplication(tree: Tree): tree is Application {
  return tree === 'testpmd-portforwarder' || tree === 'testpmd-tap'
}
