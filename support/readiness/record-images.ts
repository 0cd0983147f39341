/** The digests of the images that the VMIs and the suite run, for the report: tags can move, digests cannot. */
import { partTimeouts } from '../model/timeouts.ts'
import { shorten } from '../common/text.ts'
import type { Role } from '../model/role.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { readLauncherPods } from '../cluster/launcher.ts'
import type { Owner } from '../run/owner.ts'
import type { Inventory, Readable } from '../cluster/inventory.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import { describeError } from '../common/errors.ts'
import type { Run } from '../run/run.ts'

/** KubeVirt's name for the container of the boot disk: `volume` followed by the volume's name. */
const BOOT_DISK = 'volumeboot'
const LAUNCHER = 'compute'
/** The suite's container in fixtures/manifests/job.yaml. */
const SUITE = 'dpdk-checkup'

/** Never throws: a digest that cannot be read is unknown, and the reason is recorded. */
export async function recordImages(
  run: Run,
  client: ApiClient,
  namespace: string,
  vmis: readonly { readonly role: Role; readonly name: string; readonly uid: string }[],
): Promise<void> {
  if (vmis.length === 0) return
  try {
    const pods = await readLauncherPods(client, namespace, vmis, run.limits(partTimeouts.images))
    vmis.forEach(({ role }, index) => {
      const pod = pods[index]
      if (pod !== undefined) run.journal.guest(role, imagesOf(pod))
    })
  } catch (error) {
    for (const { role } of vmis) run.journal.guest(role, { imageDigestUnknown: describeError(error) })
  }
}

/**
 * The suite's own image, from the status of its pod. Never throws: the account may lack the right to list pods, and
 * images that were not pulled from a registry have no digest.
 * @param pod undefined: the suite runs in no pod of this namespace
 */
export async function recordOwnImage(
  run: Pick<Run, 'journal' | 'limits' | 'logger'>,
  inventory: Pick<Inventory, 'podNamed'>,
  namespace: string,
  pod: Owner | undefined,
): Promise<void> {
  if (pod === undefined) return
  try {
    const own = await inventory.podNamed(namespace, pod.name, run.limits(partTimeouts.images))
    if (!('found' in own) || own.found.metadata.uid !== pod.uid) return
    const containers = own.found.status?.containerStatuses ?? []
    // Others may be injected beside it, such as a proxy of a service mesh.
    const name = containers.find((one) => one.name === SUITE)?.name ?? containers[0]?.name ?? ''
    const image = imageIdOf(own.found, name)
    if (image?.includes('@sha256:') === true) run.journal.suiteImage(image)
  } catch (error) {
    run.logger.debug(`the suite's own image is unknown: ${describeError(error)}`)
  }
}

function imagesOf(pod: Readable<Pod>): Parameters<Run['journal']['guest']>[1] {
  if (!('found' in pod)) return { imageDigestUnknown: Object.values(pod).join() }
  const launcherImage = imageIdOf(pod.found, LAUNCHER)
  const imageDigest = /sha256:[0-9a-f]{64}$/.exec(imageIdOf(pod.found, BOOT_DISK) ?? '')?.[0]
  return {
    ...(launcherImage === undefined ? {} : { launcherImage }),
    ...(imageDigest === undefined
      ? { imageDigestUnknown: `the status of its pod has none for container ${BOOT_DISK}` }
      : { imageDigest }),
  }
}

/** Some runtimes add a prefix such as `docker-pullable://`. */
function imageIdOf({ status }: Pod, container: string): string | undefined {
  const id = status?.containerStatuses?.find(({ name }) => name === container)?.imageID ?? ''
  const image = id.replace(/^[a-z-]+:\/\//, '')
  return image === '' ? undefined : shorten(image, 512)
}
