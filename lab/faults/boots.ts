/** Guests that fail to boot; only their console shows why. */
import type { BootFailure } from '../guests/scripted/boot-words.ts'
import { failed, type Fault } from './fault.ts'

/**
 * Half of the timeout is the wait for the VMIs. The guest prints its failure a while after its console was opened,
 * like a real guest, whose boot takes longer than 4 s.
 */
const TIMES = { bootTime: 4000, parameters: { 'spec.timeout': '30s' } }

function boot(id: string, what: BootFailure, says: string, cause: string): Fault {
  return {
    id,
    name: `a guest that ${what}`,
    scripted: { vmUnderTest: { boot: what } },
    ...TIMES,
    expected: failed(says, cause),
  }
}

export const BOOTS: readonly Fault[] = [
  boot('boot-no-disk', 'has no bootable disk', 'finds nothing to boot', 'guest-disk-not-bootable'),
  boot(
    'boot-no-root',
    'finds no root file system',
    'does not find its root file system',
    'guest-root-not-found',
  ),
  boot('boot-panic', 'panics as it boots', 'Cannot open root device', 'guest-root-not-found'),
  boot(
    'boot-emergency',
    'drops to an emergency shell',
    'You are in emergency mode',
    'guest-in-emergency-mode',
  ),
  boot('boot-cloud-init', 'fails in cloud-init', 'Failed loading yaml', 'guest-service-failed'),
]
