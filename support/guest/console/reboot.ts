/** Reboots a guest, and verifies it by the kernel's boot id. */
import { partTimeouts } from '../../model/timeouts.ts'
import { isApiError } from '../../cluster/api-error.ts'
import { describeError, isSuiteError, TimeoutError } from '../../common/errors.ts'
import { type Limits, shareTimeout } from '../../common/wait.ts'
import type { GuestShell } from './shell.ts'

export interface RebootOptions extends Limits {
  /** Requests the reboot through the API (KubeVirt's `softreboot` subresource). */
  readonly softReboot: (limits: Limits) => Promise<void>
  /** Milliseconds after which a guest that still answers with the same boot id is not rebooting. */
  readonly patience?: number
}

/**
 * Reboots the guest through the API, or by a command in the guest if the API refuses (403, 409), does not answer, or
 * has no effect. Ends with a root shell in the new boot.
 * @returns why the command was needed, if it was
 * @throws SuiteError `not-rebooted`; what `GuestShell.relogin` throws.
 */
export async function reboot(shell: GuestShell, options: RebootOptions): Promise<string | undefined> {
  const { softReboot, signal, timeout, patience = partTimeouts.rebootIgnored } = options
  const left = shareTimeout({ signal, timeout })
  let because = await ask(softReboot, left())
  if (because === undefined) {
    try {
      await shell.relogin({ ...left(), patience })
      return undefined
    } catch (error) {
      const isIgnored = isSuiteError(error, 'not-rebooted')
      if (!isIgnored) throw error
      because = describeError(error)
    }
  }
  await rebootFromInside(shell, left())
  await shell.relogin({ ...left(), patience: timeout })
  return because
}

/** Returns why it was refused, or failed (virt-api without virt-handler). */
async function ask(
  softReboot: RebootOptions['softReboot'],
  { signal, timeout }: Limits,
): Promise<string | undefined> {
  try {
    await softReboot({ signal, timeout: Math.min(partTimeouts.askForReboot, timeout / 2) })
    return undefined
  } catch (error) {
    if (!isApiError(error, 403, 409) && !(error instanceof TimeoutError)) throw error
    return describeError(error)
  }
}

async function rebootFromInside(shell: GuestShell, { signal, timeout }: Limits): Promise<void> {
  try {
    // Neither command waits for the reboot, so it usually ends; but the shell may be gone before.
    await shell.run('systemctl --no-block reboot || reboot', {
      signal,
      timeout: Math.min(partTimeouts.rebootCommand, timeout),
    })
  } catch (error) {
    const gone = error instanceof TimeoutError || isSuiteError(error, 'console-lost')
    if (!gone) throw error
  }
}
