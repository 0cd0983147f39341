/** Guests that fail to boot; only their console shows why. */
import type { BootFailure } from '../guests/scripted/boot-messages.ts'
import { error, failed, type Fault, passed } from './fault.ts'

/** The guest prints its failure a while after its console was opened, like a real guest. */
const BOOT_TIME = 4000

/**
 * A failure after which a guest may still come back is waited for. Half of the timeout is that wait; only then does the
 * report say why.
 */
const WAITED_FOR = { 'spec.timeout': '30s' }

function boot(
  id: string,
  what: BootFailure,
  expected: Fault['expected'],
  parameters: Fault['parameters'] = {},
): Fault {
  return {
    id,
    name: `a guest that ${what}`,
    scripted: { vmUnderTest: { boot: what } },
    bootTime: BOOT_TIME,
    parameters,
    expected,
  }
}

/** The run ends as soon as the guest says so, long before the limit of any wait. */
function reportedAtOnce(text: string, cause: string): Fault['expected'] {
  return failed(`its guest does not boot, and its console ends with "${text}`, cause)
}

export const BOOTS: readonly Fault[] = [
  boot(
    'boot-no-disk',
    'has no bootable disk',
    reportedAtOnce('No bootable device.', 'guest-disk-not-bootable'),
  ),
  boot(
    'boot-no-root',
    'finds no root file system',
    reportedAtOnce('Entering emergency mode.', 'guest-root-not-found'),
  ),
  boot(
    'boot-panic',
    'panics as it boots',
    reportedAtOnce('Kernel panic - not syncing: VFS: Unable to mount root fs', 'guest-root-not-found'),
  ),
  boot(
    'boot-panic-init',
    'panics without an init',
    reportedAtOnce('Kernel panic - not syncing: Attempted to kill init!', 'guest-kernel-crashed'),
  ),
  boot('boot-panic-restart', 'panics once and restarts', passed()),
  boot(
    'boot-emergency',
    'drops to an emergency shell',
    reportedAtOnce('You are in emergency mode.', 'guest-in-emergency-mode'),
  ),
  boot(
    'boot-cloud-init',
    'fails in cloud-init',
    failed('Failed loading yaml', 'guest-service-failed'),
    WAITED_FOR,
  ),
  {
    id: 'boot-emergency-after-reboot',
    name: 'a guest that drops to an emergency shell when it reboots to isolate its CPUs',
    scripted: { vmUnderTest: { bootAfterRestart: 'drops to an emergency shell' } },
    expected: error('fell silent: You are in emergency mode.', 'guest-in-emergency-mode'),
  },
]
