/** Why a guest does not boot, from its console, the only place with the reason. */
import type { BootFailureKind } from '../../guest/console/boot-signs.ts'
import { ROLES, TITLES } from '../../model/role.ts'
import { type CauseEntry, type Certainty, evidence } from '../cause.ts'
import { BOTH_READY, READY } from './vmi.ts'

/** Criteria that fail if a guest that was ready does not come back from its reboot. */
const AFTER_REBOOT: readonly string[] = ['guest.*']

function ends(
  kind: BootFailureKind,
  entry: Pick<CauseEntry, 'id' | 'title' | 'provedBy' | 'remedy'>,
  says: string,
  certainty: Certainty = 'proved',
  alsoExplains: readonly string[] = AFTER_REBOOT,
): CauseEntry {
  return {
    ...entry,
    looksAt: 'the guest’s console, from the start of its VMI',
    explains: [...BOTH_READY, ...alsoExplains],
    find: ({ guests }) => {
      const found = ROLES.flatMap((role) => {
        const failure = guests[role]?.bootFailure
        return failure?.kind === kind ? [{ role, failure }] : []
      })
      const [first] = found
      if (first === undefined) return undefined
      return {
        certainty,
        sentence: `the ${TITLES[first.role]} ${says}: ${first.failure.sentence}`,
        evidence: found.flatMap(({ role, failure }) =>
          evidence([`console of the ${TITLES[role]}`, failure.lines.join('\n')]),
        ),
        explains: [...found.map(({ role }) => READY[role]), ...alsoExplains],
      }
    },
  }
}

const IMAGES = 'spec.param.vmUnderTestContainerDiskImage or spec.param.trafficGenContainerDiskImage'

export const BOOT_CAUSES: readonly CauseEntry[] = [
  ends(
    'no-boot-disk',
    {
      id: 'guest-disk-not-bootable',
      title: 'the guest’s firmware or boot loader finds nothing to boot',
      provedBy: '“No bootable device”, or GRUB finds no file system',
      remedy: `check the image (${IMAGES}): a container disk has one qcow2 or raw image in /disk, owned by uid 107, that boots with BIOS; an image that is for UEFI only or for another architecture, or that its upload truncated, does not boot`,
    },
    'finds nothing to boot',
  ),
  ends(
    'no-root',
    {
      id: 'guest-root-not-found',
      title: 'the guest does not find its root file system',
      provedBy: '“Unable to mount root fs”, “dracut-initqueue timeout”, or a root device that does not exist',
      remedy: `the image’s kernel command line names a root device that does not exist, or its initramfs lacks the driver of the disk (virtio_blk, virtio_scsi, ahci): rebuild the initramfs (\`dracut --no-hostonly --force\`, \`update-initramfs -u\`), and check that root= uses a UUID or label (${IMAGES})`,
    },
    'does not find its root file system',
  ),
  ends(
    'emergency-shell',
    {
      id: 'guest-in-emergency-mode',
      title: 'the guest stopped its boot in an emergency shell',
      provedBy: '“emergency mode”, or a prompt for maintenance, on its console',
      remedy: `the console’s lines before the emergency shell name the failed unit, usually the mount of a file system that does not exist: give this mount the option nofail in /etc/fstab, or remove it from the image (${IMAGES})`,
    },
    'stopped its boot in an emergency shell',
  ),
  ends(
    'service-failed',
    {
      id: 'guest-service-failed',
      title: 'cloud-init or the guest agent failed in the guest',
      provedBy: 'messages of systemd or cloud-init on the console',
      remedy: `a VMI is ready once its guest agent answers, and cloud-init sets root’s password: check the guest agent and cloud-init in the image (\`systemctl status qemu-guest-agent\`, /var/log/cloud-init.log; ${IMAGES})`,
    },
    'says while it boots',
    'likely',
    [],
  ),
]
