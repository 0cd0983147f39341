/** The digests of the images that the VMIs run, for the report: tags can move, digests cannot. */
import { partTimeouts } from '../model/timeouts.ts'
import { shorten } from '../common/text.ts'
import type { Role } from '../model/role.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { readLauncherPod } from '../cluster/launcher.ts'
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
  { role, name, uid = '' }: { readonly role: Role; readonly name: string; readonly uid?: string | undefined },
): Promise<void> {
  try {
    const pod = await readLauncherPod(client, namespace, { name, uid }, run.limits(partTimeouts.images))
    if (!('found' in pod)) {
      run.journal.guest(role, { imageDigestUnknown: Object.values(pod).join() })
      return
    }
    const launcherImage = imageIdOf(pod.found, LAUNCHER)
    const imageDigest = /sha256:[0-9a-f]{64}$/.exec(imageIdOf(pod.found, BOOT_DISK) ?? '')?.[0]
    run.journal.guest(role, {
      ...(launcherImage === undefined ? {} : { launcherImage }),
      ...(imageDigest === undefined
        ? { imageDigestUnknown: `the status of its pod has none for container ${BOOT_DISK}` }
        : { imageDigest }),
    })
  } catch (error) {
    run.journal.guest(role, { imageDigestUnknown: describeError(error) })
  }
}

/** Some runtimes add a prefix such as `docker-pullable://`. */
function imageIdOf({ status }: Pod, container: string): string | undefined {
  const id = status?.containerStatuses?.find(({ name }) => name === container)?.imageID ?? ''
  const image = id.replace(/^[a-z-]+:\/\//, '')
  return image === '' ? undefined : shorten(image, 512)
}
