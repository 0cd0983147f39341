/** Deploys and removes the rootless pods, and the MachineConfigs that they need. */
import { rootlessTimeouts } from '../model/timeouts.ts'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ApiClient } from '../cluster/api-client.ts'
import { Discovery } from '../cluster/discovery.ts'
import { Objects } from '../cluster/objects.ts'
import { conditionSchema } from '../cluster/schemas/condition.ts'
import { describeError, SuiteError } from '../common/errors.ts'
import { type Limits, waitFor } from '../common/wait.ts'
import { waitForwarding, type AwaitOptions, type ForwardingPod } from './wait-forwarding.ts'
import { applyObjects, type ObjectApplier } from './apply-objects.ts'
import type { Kubectl } from './kubectl.ts'
import {
  areSame,
  checksInForce,
  checksOf,
  describeAllChecks,
  describeChecks,
  isNone,
  isSriovNetwork,
} from './mac-override.ts'
import { type Application, NAMESPACE, type Tree } from './names.ts'
import type { RootlessParameters, Variant } from './parameters.ts'
import { createdByRun, createdFor, removeCreated, type Remover } from './remove.ts'
import { keepForOthers, type NetworkSharer, reportLeftovers } from './shared-network.ts'
import { refuseWhatIsOthers, survey, type Surveyed } from './survey.ts'
import { manifestsOf, render } from './trees.ts'

export interface Deployment extends ObjectApplier, Remover, NetworkSharer {
  readonly kubectl: Kubectl
  readonly parameters: RootlessParameters
  readonly variant: Variant
  /** Called with the manifests of a tree, before any of them is applied. */
  readonly rendered?: ((tree: Tree, yaml: string) => void) | undefined
}

/** Inputs of a deployment. `print` is called with each action and wait. */
export type DeploymentOptions = Pick<
  Deployment,
  'kubectl' | 'parameters' | 'variant' | 'force' | 'reset' | 'print' | 'kept' | 'rendered'
> & { readonly client: ApiClient }

export function createDeployment({ client, ...options }: DeploymentOptions): Deployment {
  return {
    ...options,
    objects: new Objects(client),
    discovery: new Discovery(client),
    run: randomUUID(),
    asked: [],
  }
}

/** Milliseconds. */
const POLL_INTERVAL = 1000
const NODE_POLL_INTERVAL = 10_000

const limited = ({ signal }: Limits, timeout = rootlessTimeouts.kubectl): Limits => ({ signal, timeout })

/**
 * Deploys a tree. Fields that other managers own are not changed, unless forced.
 * @throws SuiteError `there-already` before anything is changed; see `refuseWhatIsOthers` and `applyObjects`
 */
export async function applyTree(deployment: Deployment, tree: Tree, limits: Limits): Promise<void> {
  await applyObjects(deployment, (await surveyTrees(deployment, [tree], limits)).flat(), limits)
}

/** Each tree with its existing objects, after checking that none of them belongs to others. */
async function surveyTrees(
  deployment: Deployment,
  trees: readonly Tree[],
  limits: Limits,
): Promise<Surveyed[][]> {
  const surveyed = await Promise.all(
    trees.map(async (tree) => {
      const yaml = await render(deployment.kubectl, tree, deployment, limited(limits))
      checkDataUrls(yaml)
      deployment.rendered?.(tree, yaml)
      return survey(deployment, tree, manifestsOf(yaml), limited(limits))
    }),
  )
  await refuseWhatIsOthers(deployment, surveyed.flat(), limited(limits))
  const kept = await keepForOthers(deployment, surveyed.flat(), limited(limits))
  return trees.map((tree) => kept.filter((one) => one.tree === tree))
}

/**
 * The prerequisites, then the application, then the wait until it forwards.
 * @throws UnrecoverableError with cause and remedy; SuiteError `there-already` before anything is changed; ApiError;
 * KubectlError; TimeoutError; InterruptedError
 */
export async function deployApplication(
  deployment: Deployment,
  application: Application,
  limits: Limits,
  options: AwaitOptions = {},
): Promise<ForwardingPod> {
  const [prerequisites = [], own = []] = await surveyTrees(deployment, ['prerequisites', application], limits)
  await applyObjects(deployment, prerequisites, limits)
  await networkMade(deployment, prerequisites, limits)
  await applyObjects(deployment, own, limits)
  const onSeen = (lastSeen: string) => {
    deployment.print(`waiting for ${application}: ${lastSeen}`)
  }
  return waitForwarding(deployment.kubectl, application, limits, { onSeen, ...options })
}

/**
 * Removes the objects created for an application, by any run. If it was the last application in its namespace, also
 * removes the prerequisites that a run created.
 */
export function undeployApplication(
  deployment: Deployment,
  application: Application,
  limits: Limits,
): Promise<void> {
  // A killed suite may have left the source, which is useless without its port-forwarder.
  const source = application === 'testpmd-portforwarder' ? (['testpmd-source'] as const) : []
  return undeployTrees(deployment, [application, ...source, 'prerequisites'], limits)
}

/** Removes the objects created for these trees, by any run; reports the trees' other objects, which stay. */
export async function undeployTrees(
  deployment: Deployment,
  trees: readonly Tree[],
  limits: Limits,
): Promise<void> {
  const { kubectl, print } = deployment
  const found = await Promise.all(
    trees.map(async (tree) => {
      const manifests = manifestsOf(await render(kubectl, tree, deployment, limited(limits)))
      return createdFor(deployment, tree, manifests, limited(limits))
    }),
  )
  const created = found.flatMap((each) => each.created)
  const notOurs = found.flatMap((each) => each.notOurs)
  if (created.length === 0) print(`nothing to remove of ${trees.join(', ')}`)
  if (notOurs.length > 0) print(`not created by a deployment, so kept: ${notOurs.join(', ')}`)
  await removeCreated(deployment, created, limits)
  await reportLeftovers(
    deployment,
    found.flatMap((each) => each.surveyed),
    limited(limits),
  )
}

/** Removes the objects that this run created, optionally only the objects of some trees.
 * @throws SuiteError `not-removed` naming objects that are left, or may still appear
 */
export async function removeRun(
  deployment: Deployment,
  limits: Limits,
  trees?: readonly Tree[],
): Promise<void> {
  const { run } = deployment
  const asked = deployment.asked.filter(({ tree }) => trees?.includes(tree) ?? true)
  const { created, mayCome } = await createdByRun(deployment, run, asked, limits)
  const problems: string[] = []
  if (mayCome.length > 0)
    problems.push(`the API server did not answer the creation of ${mayCome.join(', ')}: it may still appear`)
  try {
    await removeCreated(deployment, created, limits)
  } catch (error) {
    problems.push(describeError(error))
  }
  if (problems.length > 0) throw new SuiteError('not-removed', problems.join('; '))
}

/**
 * The SR-IOV operator generates the pods' network from the SriovNetwork, and updates it when the SriovNetwork changes.
 * Pods created before that are refused, or get a VF with the old settings.
 */
async function networkMade(
  { objects, discovery, print }: Deployment,
  prerequisites: readonly Surveyed[],
  limits: Limits,
): Promise<void> {
  const apiVersion = 'k8s.cni.cncf.io/v1'
  const resource = await discovery.resourceOf(
    { apiVersion, kind: 'NetworkAttachmentDefinition' },
    limited(limits),
  )
  for (const { ref } of prerequisites.filter(isSriovNetwork)) {
    const network = await objects.get(ref, limited(limits))
    const wanted = network === undefined ? {} : checksOf(network)
    const how = isNone(wanted) ? '' : ` with ${describeChecks(wanted)}`
    const claim = `the SR-IOV operator to make NetworkAttachmentDefinition ${NAMESPACE}/${ref.name}${how}`
    const timeout = Math.min(rootlessTimeouts.network, limits.timeout)
    const made = { resource, namespace: NAMESPACE, name: ref.name }
    const onSeen = (lastSeen: string) => {
      print(`waiting for the network: ${lastSeen}`)
    }
    await waitFor({ ...limits, timeout, claim, interval: POLL_INTERVAL, onSeen }, async (signal) => {
      const found = await objects.get(made, { signal, timeout })
      if (found === undefined) return { lastSeen: 'none' }
      const present = checksInForce(found)
      return areSame(present, wanted)
        ? { done: undefined }
        : { lastSeen: `one with ${describeAllChecks(present)}` }
    })
  }
}

const poolSchema = z.looseObject({
  spec: z.looseObject({
    configuration: z
      .looseObject({ source: z.array(z.looseObject({ name: z.string() })).nullish() })
      .nullish(),
  }),
  status: z.looseObject({
    machineCount: z.number().nullish(),
    updatedMachineCount: z.number().nullish(),
    conditions: z.array(conditionSchema).nullish(),
  }),
})

/** Applies the MachineConfigs and waits until every node of the role uses them: nodes reboot one by one. */
export async function deployMachineConfigs(
  deployment: Deployment,
  limits: Limits,
  interval = NODE_POLL_INTERVAL,
): Promise<void> {
  const { kubectl, parameters, print } = deployment
  await applyTree(deployment, 'machineconfig', limits)
  const role = parameters.MACHINE_CONFIG_ROLE
  const names = [parameters.CRIO_MACHINE_CONFIG_NAME, parameters.SELINUX_MACHINE_CONFIG_NAME]
  await waitFor(
    {
      ...limits,
      claim: `the nodes of MachineConfigPool ${role} to be updated`,
      interval,
      onSeen: print,
    },
    async (signal) => {
      const args = ['get', 'machineconfigpools.machineconfiguration.openshift.io', role, '-o', 'json']
      const answer = await kubectl(args, { signal, timeout: rootlessTimeouts.kubectl })
      const { spec, status } = poolSchema.parse(JSON.parse(answer))
      const { machineCount = 0, updatedMachineCount = 0 } = status
      const sources = spec.configuration?.source?.map(({ name }) => name) ?? []
      const condition = (type: string) =>
        status.conditions?.find((each) => each.type === type && each.status === 'True')
      const degraded = condition('Degraded')
      if (degraded !== undefined)
        throw new SuiteError('degraded', `MachineConfigPool ${role} is degraded: ${degraded.message ?? ''}`)
      if (names.every((name) => sources.includes(name)) && condition('Updated') !== undefined)
        return { done: undefined }
      return { lastSeen: `${updatedMachineCount ?? 0} of ${machineCount ?? 0} nodes updated` }
    },
  )
}

/** A file URL that kustomize broke into lines is invalid; Ignition would refuse the whole config. */
function checkDataUrls(yaml: string): void {
  for (const { kind, metadata, ...rest } of manifestsOf(yaml)) {
    if (kind !== 'MachineConfig') continue
    const [broken] = /"source":"data:[^"]*\\n/.exec(JSON.stringify(rest)) ?? []
    if (broken !== undefined)
      throw new SuiteError('data-url', `MachineConfig ${metadata.name}: a file is too long to be encoded`)
  }
}
