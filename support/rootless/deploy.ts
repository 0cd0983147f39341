/** Brings the rootless pods, or the MachineConfigs below them, onto a cluster, and takes them away again. */
import { z } from 'zod'
import { SuiteError } from '../common/errors.ts'
import { type Limits, waitFor } from '../common/wait.ts'
import { awaitUp, type AwaitOptions, type UpPod } from './await-up.ts'
import { type Kubectl, KubectlError } from './kubectl.ts'
import { type Application, NAMESPACE, PART_OF, type Tree } from './names.ts'
import type { RootlessParameters, Variant } from './parameters.ts'
import { manifestsOf, render } from './trees.ts'

export interface Deployment {
  readonly kubectl: Kubectl
  readonly parameters: RootlessParameters
  readonly variant: Variant
  /** What kubectl did, line by line, and what is waited for. */
  readonly say: (line: string) => void
}

/** Milliseconds. */
const ONE_KUBECTL = 60_000
const NETWORK_MADE = 60_000
const BETWEEN_LOOKS = 1000
const BETWEEN_LOOKS_AT_NODES = 10_000

const limited = ({ signal }: Limits, timeout = ONE_KUBECTL): Limits => ({ signal, timeout })

/** Applies a tree on the server; what other managers own there is not taken from them. */
export async function applyTree(deployment: Deployment, tree: Tree, limits: Limits): Promise<void> {
  const { kubectl, say } = deployment
  const yaml = await render(kubectl, tree, deployment, limited(limits))
  checkDataUrls(yaml)
  const words = ['apply', '--server-side', '--field-manager=rootless-dpdk', '-f', '-']
  printed(await kubectl(words, limited(limits), yaml)).forEach(say)
}

/** Takes away what a tree brings, as far as it is there, and waits until it is gone. */
export async function deleteTree(deployment: Deployment, tree: Tree, limits: Limits): Promise<void> {
  const { kubectl, say } = deployment
  const yaml = await render(kubectl, tree, deployment, limited(limits))
  const words = ['delete', '--ignore-not-found', '--wait', '-f', '-']
  printed(await kubectl(words, limits, yaml)).forEach(say)
}

/**
 * The prerequisites, then the application, then the wait until it forwards.
 * @throws UnrecoverableError with cause and remedy; KubectlError; TimeoutError; InterruptedError
 */
export async function deployApplication(
  deployment: Deployment,
  application: Application,
  limits: Limits,
  options: AwaitOptions = {},
): Promise<UpPod> {
  await applyTree(deployment, 'prerequisites', limits)
  await networkMade(deployment, limits)
  await applyTree(deployment, application, limits)
  const onSeen = (lastSeen: string) => {
    deployment.say(`waiting for ${application}: ${lastSeen}`)
  }
  return awaitUp(deployment.kubectl, application, limits, { onSeen, ...options })
}

/** Removes an application and, where it was the last one in its namespace, the prerequisites too. */
export async function undeployApplication(
  deployment: Deployment,
  application: Application,
  limits: Limits,
): Promise<void> {
  const { say } = deployment
  await deleteTree(deployment, application, limits)
  const others = await deploymentsThere(deployment, limits)
  if (others.length > 0) say(`${others.join(', ')} still there: the prerequisites stay`)
  else await deleteTree(deployment, 'prerequisites', limits)
}

/**
 * Removes all three applications and what they rest on, by one request each at once: who is interrupted has seconds.
 * Then waits until the namespace is gone.
 */
export async function removeEverything(deployment: Deployment, limits: Limits): Promise<void> {
  const { kubectl } = deployment
  const trees = ['testpmd-source', 'testpmd-portforwarder', 'testpmd-tap', 'prerequisites'] as const
  const rendered = await Promise.all(trees.map((tree) => render(kubectl, tree, deployment, limits)))
  const words = ['delete', '--ignore-not-found', '--wait=false', '-f', '-']
  await kubectl(words, limits, rendered.join('\n---\n'))
  const timeout = `--timeout=${Math.max(1, Math.floor(limits.timeout / 1000))}s`
  await kubectl(['wait', '--for=delete', `namespace/${NAMESPACE}`, timeout], limits)
}

/** Deployments of these applications that are there already, as kubectl names them. */
export async function deploymentsThere({ kubectl }: Deployment, limits: Limits): Promise<string[]> {
  const words = ['get', 'deployments', '-n', NAMESPACE, '-l', PART_OF, '-o', 'name', '--ignore-not-found']
  return printed(await kubectl(words, limited(limits)))
}

/** The SR-IOV operator makes the pods' network out of the SriovNetwork; pods made before it are refused. */
async function networkMade({ kubectl, parameters }: Deployment, limits: Limits): Promise<void> {
  const name = parameters.SRIOV_NETWORK_NAME
  const claim = `the SR-IOV operator to make NetworkAttachmentDefinition ${NAMESPACE}/${name}`
  const timeout = Math.min(NETWORK_MADE, limits.timeout)
  await waitFor({ ...limits, timeout, claim, interval: BETWEEN_LOOKS }, async (signal) => {
    try {
      const resource = 'network-attachment-definitions.k8s.cni.cncf.io'
      await kubectl(['get', resource, name, '-n', NAMESPACE, '-o', 'name'], { signal, timeout })
      return { done: undefined }
    } catch (error) {
      if (error instanceof KubectlError && /NotFound/.test(error.stderr)) return { lastSeen: 'none' }
      throw error
    }
  })
}

const conditionSchema = z.looseObject({
  type: z.string(),
  status: z.string(),
  message: z.string().nullish(),
})
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

/** Applies the MachineConfigs and waits until every node of the role runs with them: they reboot one by one. */
export async function deployMachineConfigs(
  deployment: Deployment,
  limits: Limits,
  interval = BETWEEN_LOOKS_AT_NODES,
): Promise<void> {
  const { kubectl, parameters, say } = deployment
  await applyTree(deployment, 'machineconfig', limits)
  const role = parameters.MACHINE_CONFIG_ROLE
  const names = [parameters.CRIO_MACHINE_CONFIG_NAME, parameters.SELINUX_MACHINE_CONFIG_NAME]
  await waitFor(
    {
      ...limits,
      claim: `the nodes of MachineConfigPool ${role} to be updated`,
      interval,
      onSeen: say,
    },
    async (signal) => {
      const words = ['get', 'machineconfigpools.machineconfiguration.openshift.io', role, '-o', 'json']
      const answer = await kubectl(words, { signal, timeout: ONE_KUBECTL })
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

/** A file that kustomize had to break into lines is no URL any more; Ignition would refuse the whole config. */
function checkDataUrls(yaml: string): void {
  for (const { kind, metadata, ...rest } of manifestsOf(yaml)) {
    if (kind !== 'MachineConfig') continue
    const [broken] = /"source":"data:[^"]*\\n/.exec(JSON.stringify(rest)) ?? []
    if (broken !== undefined)
      throw new SuiteError('data-url', `MachineConfig ${metadata.name}: a file is too long to be encoded`)
  }
}

function printed(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
