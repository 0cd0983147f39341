/** Failures of a guest's console and kernel, and a run that ran out of time. */
import { formatDuration } from '../../common/duration.ts'
import type { ErrorFacts } from '../../common/errors.ts'
import { interruptedBy } from '../../common/signals.ts'
import { refusalKind } from '../../cluster/refusal.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import type { Failure } from '../findings.ts'
import { guestOf, shownBy, failures } from './failure.ts'

const ANY = ['guest.*', 'link.*', 'traffic.*'] as const

/** Milliseconds of silence after which a guest counts as hung, whatever ended the wait for it. */
const TELLING_SILENCE = 10_000

/** Duration in milliseconds of a wait in which no output came; 0 if there was output. */
function silentFor({ lastSeen = '', elapsed = 0 }: ErrorFacts): number {
  return lastSeen.trim() === '' ? elapsed : 0
}

/** A guest that asked for a password has booted: it only needed more time. */
function askedForPassword({ passwordsTyped = 0 }: ErrorFacts): boolean {
  return passwordsTyped > 0
}

/** Whether the wait lasted until its own timeout. A signal can end a wait at any time; this shows nothing about the guest.
 */
function wasGivenItsTime({ code, isSpecTimeout }: Failure): boolean {
  return code !== 'interrupted' || isSpecTimeout
}

/** Whether the criterion failed for a reason other than the interruption of its work. */
function wentWrongBefore(id: string, all: readonly Failure[]): boolean {
  return all.some(({ criterion, code }) => criterion === id && code !== undefined && code !== 'interrupted')
}

/** A command, a program's prompt or a program's answer: output of a running guest. */
function isAnswerAwaited({ awaited }: ErrorFacts): boolean {
  return awaited === 'command' || awaited === 'program' || awaited === 'answer'
}

/** The API server's words for a virt-api that does not answer it. */
function lacksVirtApi({ said }: ErrorFacts): boolean {
  return refusalKind(said) === 'virt-api-down'
}

const EVERYWHERE = ['precondition.*', 'preflight.*', 'scheduling.*', ...ANY] as const

export const CONSOLE_CAUSES: readonly CauseEntry[] = [
  {
    id: 'run-interrupted',
    title: 'the run was interrupted',
    looksAt: 'signals to the checkup',
    provedBy: 'SIGTERM, SIGINT or SIGHUP before the run had ended',
    remedy:
      'run the checkup again; if nobody pressed Ctrl-C, find out what ended the run: activeDeadlineSeconds of the Job, an eviction of its pod or a drain of its node (`kubectl describe job,pod`), or the time limit of a CI job',
    explains: EVERYWHERE,
    find: ({ endedBy, criteria, failures: all }) => {
      if (endedBy === undefined) return undefined
      return {
        certainty: 'proved',
        sentence: `the run was ${interruptedBy(endedBy)} before it had judged everything`,
        evidence: evidence(['signal', endedBy]),
        explains: criteria
          .filter(({ outcome, id }) => outcome === 'error' && !wentWrongBefore(id, all))
          .map(({ id }) => id),
      }
    },
  },
  {
    id: 'console-taken',
    title: 'another client opened the console, or the connection to it broke',
    isLastResort: true,
    looksAt: 'the console’s WebSocket',
    provedBy: 'closed with code 1006, and no sign that the VM ended',
    remedy:
      'a console has one client at a time: close `virtctl console` and the web console of this VM; if neither was open, check the proxies between the checkup and the API server, and the logs of virt-api and virt-handler',
    explains: ANY,
    find: (findings) =>
      shownBy(
        failures(findings, ['console-lost'], ({ loss }) => loss === 'connection'),
        (first) => `the console of the ${guestOf(first)} was lost: ${first.facts.reason ?? 'it was closed'}`,
        'likely',
      ),
  },
  {
    id: 'virt-api-unavailable',
    title: 'KubeVirt’s virt-api does not answer the API server',
    looksAt: "the API server's answers",
    provedBy:
      'HTTP 503 with “service unavailable”, “error trying to reach service” or “no endpoints available for service”',
    remedy:
      'virt-api serves the consoles and reboots of VMIs, and the API server forwards these requests to virt-api: check `kubectl get apiservice v1.subresources.kubevirt.io`, that its pods are ready (`kubectl get pods -A -l kubevirt.io=virt-api`), and that the API server’s nodes reach them (network policies, proxies); then run again',
    explains: ['scheduling.*', ...ANY],
    find: (findings) =>
      shownBy(
        failures(findings, ['console-refused', 'api', 'timeout', 'unreachable'], lacksVirtApi),
        ({ sentence }) => `KubeVirt’s virt-api does not answer the API server: ${sentence.slice(0, 300)}`,
      ),
  },
  {
    id: 'console-refused',
    title: 'the API server does not open the console',
    looksAt: 'the answer to opening the console',
    provedBy: 'an HTTP error instead of the WebSocket',
    remedy:
      'for 403 apply the roles of the documentation’s page Permissions (get on virtualmachineinstances/console); for 400 and 500 check virt-api and the launcher pod',
    explains: ANY,
    find: (findings) =>
      shownBy(
        failures(findings, ['console-refused', 'console-unreachable'], (facts) => !lacksVirtApi(facts)),
        ({ sentence }) => sentence,
      ),
  },
  {
    id: 'login-refused',
    title: 'the image accepts no password that the checkup knows',
    looksAt: 'the guest’s login prompt',
    provedBy: 'the guest refused every password',
    remedy:
      'the image must run cloud-init, which sets the run’s password, or have the root password `redhat`; check that PAM and the getty on ttyS0 allow root to log in',
    explains: ANY,
    find: (findings) =>
      shownBy(
        failures(findings, ['login-refused', 'not-root']),
        (first) => `the ${guestOf(first)} does not let root log in on its serial console`,
      ),
  },
  {
    id: 'console-silent',
    title: 'nothing answers on the guest’s serial console',
    looksAt: 'the guest’s console',
    provedBy: 'no root shell appeared before the wait for it ended',
    remedy:
      'the image needs a getty on ttyS0 and console=ttyS0 on its kernel command line; watch the guest boot with `virtctl console`',
    explains: ANY,
    find: (findings) =>
      shownBy(
        failures(
          findings,
          ['timeout', 'interrupted'],
          (facts, failure) =>
            facts.awaited === 'root-shell' && !askedForPassword(facts) && wasGivenItsTime(failure),
        ),
        (first) => `the ${guestOf(first)} did not reach a root shell on its serial console in time`,
      ),
  },
  {
    id: 'guest-does-not-reboot',
    title: 'the guest does not come back from its reboot',
    looksAt: 'the guest’s boot id and login prompt',
    provedBy: 'no new boot in time',
    remedy:
      'watch the guest’s console (`virtctl console`) while the guest reboots: the boot loader may wait, a service may not stop, or the kernel may crash with the new arguments',
    explains: ANY,
    find: (findings) =>
      shownBy(
        failures(
          findings,
          ['not-rebooted', 'timeout', 'interrupted'],
          (facts, failure) =>
            wasGivenItsTime(failure) &&
            (failure.code === 'not-rebooted' ||
              facts.awaited === 'reboot' ||
              (facts.awaited === 'root-shell-after-reboot' && !askedForPassword(facts))),
        ),
        (first) => `the ${guestOf(first)} did not come back from the reboot that isolates its CPUs`,
      ),
  },
  {
    id: 'guest-rebooted',
    title: 'the guest rebooted or lost its shell during the run',
    looksAt: 'the guest’s console',
    provedBy: 'the guest’s login prompt instead of an answer',
    remedy:
      'look for a panic, an out-of-memory kill or a watchdog on the guest’s console (guest-console-log of the launcher pod), and check whether tuned or cloud-init asked for a reboot',
    explains: ANY,
    find: (findings) =>
      shownBy(
        failures(findings, ['console-lost'], ({ loss }) => loss === 'shell-ended'),
        (first) => `the ${guestOf(first)} rebooted, or its shell ended, during the run`,
      ),
  },
  {
    id: 'guest-hangs',
    title: 'the guest stopped answering',
    looksAt: 'the guest’s console',
    provedBy: 'a command that never ended',
    remedy:
      'check the guest’s console and the host’s load: a guest that hangs has usually lost its CPUs (throttled, or shared with other work) or a device',
    explains: ANY,
    find: (findings) =>
      shownBy(
        failures(findings, ['timeout', 'console-lost', 'interrupted'], (facts, { code }) =>
          code === 'console-lost'
            ? facts.loss === 'unresponsive'
            : isAnswerAwaited(facts) && (code !== 'interrupted' || silentFor(facts) >= TELLING_SILENCE),
        ),
        (first) => `the ${guestOf(first)} stopped answering: ${first.sentence.slice(0, 200)}`,
        'likely',
      ),
  },
  {
    id: 'spec-timeout-over',
    isLastResort: true,
    title: 'spec.timeout was too short',
    looksAt: 'how long the run took',
    provedBy: 'spec.timeout passed before the run had ended',
    remedy:
      'raise spec.timeout: boot, reboot and traffic must fit into this time (teardown does not count); if spec.timeout is long enough for all of these, find out why the state that the failure reason names was never reached',
    explains: ['scheduling.*', ...ANY],
    find: (findings) =>
      shownBy(
        findings.failures.filter(({ isSpecTimeout }) => isSpecTimeout),
        ({ facts: { claim } }) => {
          const timeout = findings.asked?.timeout
          const limit = timeout === undefined ? '' : ` (${formatDuration(timeout)})`
          return `spec.timeout${limit} ended${claim === undefined ? '' : ` while the run waited for ${claim}`}`
        },
        'likely',
      ),
  },
]
