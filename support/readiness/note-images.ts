/** The digests of the images that the VMIs run, for the report: tags can move, digests cannot. */
import { partTimeouts } from '../model/timeouts.ts'
import { shorten } from '../common/text.ts'
import type { Role } from '../model/role.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { readLauncherPods } from '../cluster/launcher.ts'
import type { Readable } from '../cluster/inventory.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import { describeError } from '../common/errors.ts'
import type { Run } from '../run/run.ts'

/** KubeVirt's name for the container of the boot disk: `volume` followed by the volume's name. */
const BOOT_DISK = 'volumeboot'
const LAUNCHER = 'compute'

/** Never throws: a digest that cannot be read is unknown, and the reason is recorded. */
export async function noteImages(
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
