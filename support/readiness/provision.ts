/** Creates the testbed: both VMIs and their ConfigMaps concurrently, then waits for both. */
import { planTestbed } from './plan-testbed.ts'
import { perRole, type PerRole, perRoleAtOnce, type Role, ROLES, TITLES } from '../model/role.ts'
import type { TestbedPlan, VmiPlan } from '../model/testbed.ts'
import { stringify } from 'yaml'
import { hasCpuShare } from '../common/lab-facts.ts'
import { LONGEST_TIMEOUT, withLimits } from '../common/wait.ts'
import { generatorPlan, type GuestFile } from '../dataplane/engines/engine.ts'
import { attach } from '../report/attachments.ts'
import { secrets } from '../common/secrets.ts'
import { prepareSlowReports } from '../report/slow-reports.ts'
import type { RecorderSize } from '../cluster/console-recorder.ts'
import { BootConsole } from './boot-console.ts'
import type { Configured, Provisionable } from './configure.ts'
import { createVmi, type Manifest, RefusedCreation } from './create-vmi.ts'
import { findOwner, type Owner } from '../run/owner.ts'
import type { Run } from '../run/run.ts'
import type { RecordKnown } from '../run/stage.ts'
import { partTimeouts, timeouts } from '../model/timeouts.ts'
import { recordImages, recordOwnImage } from './record-images.ts'
import { trafficOptions } from './traffic-options.ts'
import { notWaitedFor, type VmiOutcome, waitReady } from './wait-ready.ts'

export interface Provisioned extends Configured {
  readonly testbed: TestbedPlan
  readonly vmis: PerRole<VmiOutcome>
  /** Recorded from the start of the guests. */
  readonly consoles: PerRole<BootConsole>
  /** Names of the VMIs whose CPU share the embedded lab reports; none on any other cluster. */
  readonly vmisWithCpuShare: readonly string[]
}

export async function provision(
  run: Run,
  configured: Provisionable,
  recordKnown: RecordKnown<Provisioned>,
): Promise<Provisioned> {
  const { parameters, environment } = configured
  const owner = await ownerFor(run, configured)
  const ownImage = recordOwnImage(run, configured.cluster.inventory, environment.namespace, owner)
  const testbed = planTestbed(parameters, environment, run.id, owner, run.journal.startedAt.toISOString())
  secrets.add(testbed.password)
  if (parameters.keepOnFailure) run.keepOnFailure = testbed
  recordKnown({ testbed })
  for (const vmi of Object.values(testbed.vmis)) {
    const nics = (
      [
        ['east', vmi.east],
        ['west', vmi.west],
      ] as const
    ).map(([port, { pciAddress, mac }]) => ({ port, pciAddress, mac }))
    const [, imageDigest] = vmi.image.split('@')
    run.journal.guest(vmi.role, {
      vmiName: vmi.name,
      image: vmi.image,
      nics,
      ...(imageDigest === undefined ? {} : { imageDigest }),
    })
  }

  const engineFiles = parameters.trafficGenEngine.guestFiles(
    generatorPlan(testbed, trafficOptions(parameters)),
  )
  const refusals = await createBoth(run, configured, testbed, engineFiles)
  const consoles = bootConsoles(run, configured, testbed)
  recordKnown({ consoles })
  const vmis = isEmpty(refusals) ? await bootBoth(run, configured, testbed, consoles) : allRefused(refusals)
  await Promise.all([
    recordImages(run, configured.cluster.client, testbed.namespace, readyVmis(vmis)),
    ownImage,
  ])
  const vmisWithCpuShare = Object.values(vmis).flatMap((outcome) =>
    'ready' in outcome && hasCpuShare(outcome.ready.metadata.annotations)
      ? [outcome.ready.metadata.name]
      : [],
  )
  return { ...configured, testbed, vmis, consoles, vmisWithCpuShare }
}

function readyVmis(vmis: PerRole<VmiOutcome>) {
  return ROLES.flatMap((role) => {
    const vmi = vmis[role]
    return 'ready' in vmi ? [{ role, name: vmi.ready.metadata.name, uid: vmi.ready.metadata.uid ?? '' }] : []
  })
}

type Refusals = Readonly<Partial<PerRole<VmiOutcome>>>

/** All refusals; empty if both VMIs and their ConfigMaps were created. */
async function createBoth(
  run: Run,
  configured: Configured,
  testbed: TestbedPlan,
  engineFiles: readonly GuestFile[],
): Promise<Refusals> {
  const phase = run.journal.jointPhase('create the VMIs', 'suite', ROLES.length)
  // An interrupted run does not wait for the answers; its cleanup does.
  const limits = { ...run.limits(LONGEST_TIMEOUT), describe: () => 'creating the VMIs' }
  return withLimits(limits, async () => {
    const refusals: Partial<Record<Role, VmiOutcome>> = {}
    await perRoleAtOnce(async (role) => {
      const files = role === 'traffic-generator' ? engineFiles : []
      try {
        await phase.run(() => createVmi(run, configured, testbed, testbed.vmis[role], files, attachManifest))
      } catch (error) {
        if (!(error instanceof RefusedCreation)) throw error
        refusals[role] = error.outcome
      }
    })
    return refusals
  })
}

function attachManifest(manifest: Manifest): void {
  attach(`manifests/${manifest.kind ?? ''}-${manifest.metadata.name}.yaml`, () => stringify(manifest))
}

function isEmpty(refusals: Refusals): boolean {
  return Object.keys(refusals).length === 0
}

/** Reports a refusal at once: the run needs both VMIs, so there is no point in waiting for the other one. */
function allRefused(refusals: Refusals): PerRole<VmiOutcome> {
  const whose = ROLES.filter((role) => refusals[role] !== undefined)
  return perRole(
    (role) => refusals[role] ?? notWaitedFor(`the ${TITLES[whose[0] ?? role]} could not be created`),
  )
}

function bootConsoles(run: Run, { cluster }: Configured, testbed: TestbedPlan): PerRole<BootConsole> {
  return perRole((role) => {
    const console = bootConsole(run, cluster, testbed, testbed.vmis[role])
    attach(`consoles/${role}.log`, console.text)
    return console
  })
}

export function bootConsole(
  run: Run,
  { client }: Configured['cluster'],
  { namespace }: TestbedPlan,
  { name }: VmiPlan,
  size?: RecorderSize,
): BootConsole {
  const limits = () => run.limits(partTimeouts.bootConsole)
  const console = new BootConsole(client.kubeConfig, { namespace, name }, limits, run.logger, size)
  run.cleanup.plan(`console of ${name}`, () => console.release())
  return console
}

async function bootBoth(
  run: Run,
  configured: Provisionable,
  testbed: TestbedPlan,
  consoles: PerRole<BootConsole>,
): Promise<PerRole<VmiOutcome>> {
  // Loading it takes seconds of CPU time. In the lab, guests share the CPUs with the suite: it must not be loaded while
  // packets flow.
  prepareSlowReports()
  const neverReady = new AbortController()
  return run.journal.phase('boot the guests', 'guest', () =>
    perRoleAtOnce((role) =>
      waitReady(run, configured, testbed, testbed.vmis[role], neverReady, consoles[role]),
    ),
  )
}

export async function ownerFor(run: Run, { cluster, environment }: Configured): Promise<Owner | undefined> {
  const limits = run.limits(timeouts.apiRequest)
  const owner = await findOwner(environment, {
    boundPod: cluster.boundPod(),
    uidOf: (name) => cluster.inventory.podUid(environment.namespace, name, limits),
  })
  if (owner === undefined || 'uid' in owner) return owner
  run.journal.warn(owner.none)
  return undefined
}
