/** What comes between the checkup and a guest's console, and the time that a run has. */
import { ROLES, TITLES } from '../../model/role.ts'
import { formatDuration } from '../../common/duration.ts'
import type { ErrorFacts } from '../../common/errors.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import { guestOf, shownBy, troubles } from './trouble.ts'

const ANY = ['guest.*', 'link.*', 'traffic.*'] as const

/** Milliseconds without a word after which a guest hangs, whatever ended the wait for it. */
const TELLING_SILENCE = 10_000

/** How long a wait had seen nothing at all when it ended, in milliseconds; 0 where it had seen something. */
function silentFor({ lastSeen = '', elapsed = 0 }: ErrorFacts): number {
  return lastSeen.trim() === '' ? elapsed : 0
}

/** A guest that asked for a password is up: what it lacks is time. */
function askedForPassword({ passwordsTyped = 0 }: ErrorFacts): boolean {
  return passwordsTyped > 0
}

/** A command, a program's prompt or a program's answer: a guest that runs gives it. */
function isAnswerAwaited({ awaited }: ErrorFacts): boolean {
  return awaited === 'command' || awaited === 'program' || awaited === 'answer'
}

export const CONSOLE_CAUSES: readonly CauseEntry[] = [
  {
    id: 'guest-kernel-crashed',
    title: 'the guest’s kernel broke down',
    looksAt: 'the guest’s console and the last lines of its dmesg',
    provedBy: 'Kernel panic, Oops, kernel BUG at, unable to handle',
    remedy:
      'read its last words in the evidence and on the console in bundle.tar.gz: they name the module that was at work; try another kernel in the image (spec.param.vmUnderTestContainerDiskImage, spec.param.trafficGenContainerDiskImage) or without that module, and report it to its distribution',
    explains: ANY,
    find: ({ guests }) => {
      const faults = ROLES.flatMap((role) => {
        const fault = guests[role]?.kernelFault
        return fault === undefined || fault.isStall ? [] : [{ title: TITLES[role], ...fault }]
      })
      const worst = faults.find(({ isPanic }) => isPanic) ?? faults[0]
      if (worst === undefined) return undefined
      return {
        certainty: worst.isPanic ? 'proved' : 'likely',
        sentence: `the kernel of the ${worst.title} ${worst.isPanic ? 'panicked' : 'oopsed'}: ${worst.sentence}`,
        evidence: faults.flatMap(({ title, lines }) =>
          evidence([`the kernel of the ${title} says`, lines.join('\n')]),
        ),
      }
    },
  },
  {
    id: 'guest-kernel-stalled',
    title: 'a CPU of the guest got no further for seconds',
    looksAt: 'the guest’s console and the last lines of its dmesg',
    provedBy: 'soft lockup, hard LOCKUP, or a stall that RCU detected',
    remedy:
      'mostly the node did not run the VM’s CPU: see that its CPUs are its own (the kubelet’s static CPU manager policy, no other pods or IRQs on them), that no CFS quota and no throttling of real-time tasks takes them away (`cpu-quota.crio.io: disable`, kernel.sched_rt_runtime_us), and that the node is not overcommitted; where the node was idle, the guest’s kernel spun: its trace is in the evidence',
    explains: ANY,
    find: ({ guests }) => {
      const stalls = ROLES.flatMap((role) => {
        const fault = guests[role]?.kernelFault
        return fault === undefined || !fault.isStall ? [] : [{ title: TITLES[role], ...fault }]
      })
      const worst = stalls.find(({ isPanic }) => isPanic) ?? stalls[0]
      if (worst === undefined) return undefined
      const how = worst.isPanic ? 'panicked because a CPU got no further' : 'says that a CPU got no further'
      return {
        certainty: worst.isPanic ? 'proved' : 'likely',
        sentence: `the kernel of the ${worst.title} ${how}: ${worst.sentence}`,
        evidence: stalls.flatMap(({ title, lines }) =>
          evidence([`the kernel of the ${title} says`, lines.join('\n')]),
        ),
      }
    },
  },
  {
    id: 'console-taken',
    title: 'somebody else opened the console, or the connection to it broke',
    looksAt: 'the console’s WebSocket',
    provedBy: 'closed with code 1006',
    remedy:
      'a console has one client at a time: close `virtctl console` and the web console of this VM; where nobody had it open, look at proxies between the checkup and the API server, and at virt-api and virt-handler',
    explains: ANY,
    find: (findings) =>
      shownBy(
        troubles(findings, ['console-lost'], ({ loss }) => loss === 'connection'),
        (first) => `the console of the ${guestOf(first)} was lost: ${first.facts.reason ?? 'it was closed'}`,
      ),
  },
  {
    id: 'console-refused',
    title: 'the API server does not open the console',
    looksAt: 'the answer to opening the console',
    provedBy: 'an HTTP error in place of the WebSocket',
    remedy:
      'for 403 apply the README’s roles (get on virtualmachineinstances/console); for 400 and 500 look at virt-api and at the launcher pod',
    explains: ANY,
    find: (findings) =>
      shownBy(troubles(findings, ['console-refused', 'console-unreachable']), ({ sentence }) => sentence),
  },
  {
    id: 'login-refused',
    title: 'the image takes no password that the checkup knows',
    looksAt: 'the guest’s login prompt',
    provedBy: 'every password refused',
    remedy:
      'the image has to run cloud-init, which sets the run’s password, or have root’s password `redhat`; see that PAM and the getty on ttyS0 let root in',
    explains: ANY,
    find: (findings) =>
      shownBy(
        troubles(findings, ['login-refused', 'not-root']),
        (first) => `the ${guestOf(first)} does not let root in on its serial console`,
      ),
  },
  {
    id: 'console-silent',
    title: 'nothing answers on the guest’s serial console',
    looksAt: 'the guest’s console',
    provedBy: 'the wait for a root shell ended without one',
    remedy:
      'the image needs a getty on ttyS0 and console=ttyS0 on its kernel command line; look at what it does with `virtctl console`',
    explains: ANY,
    find: (findings) =>
      shownBy(
        troubles(
          findings,
          ['timeout', 'interrupted'],
          (facts) => facts.awaited === 'root-shell' && !askedForPassword(facts),
        ),
        (first) => `the ${guestOf(first)} did not come to a root shell on its serial console in time`,
      ),
  },
  {
    id: 'guest-does-not-reboot',
    title: 'the guest does not come back from its reboot',
    looksAt: 'the guest’s boot id and login prompt',
    provedBy: 'no new boot in time',
    remedy:
      'look at its console (`virtctl console`) while it reboots: a boot loader that waits, a service that does not end, or a crash of the new kernel arguments',
    explains: ANY,
    find: (findings) =>
      shownBy(
        troubles(
          findings,
          ['not-rebooted', 'timeout', 'interrupted'],
          (facts, { code }) =>
            code === 'not-rebooted' ||
            facts.awaited === 'reboot' ||
            (facts.awaited === 'root-shell-after-reboot' && !askedForPassword(facts)),
        ),
        (first) => `the ${guestOf(first)} did not come back from the reboot that isolates its CPUs`,
      ),
  },
  {
    id: 'guest-rebooted',
    title: 'the guest rebooted or lost its shell in the middle of the run',
    looksAt: 'the guest’s console',
    provedBy: 'its login prompt in place of an answer',
    remedy:
      'look for a panic, an out-of-memory kill or a watchdog in the guest (its console, guest-console-log of the launcher pod), and for tuned or cloud-init asking for a reboot of their own',
    explains: ANY,
    find: (findings) =>
      shownBy(
        troubles(findings, ['console-lost'], ({ loss }) => loss === 'shell-ended'),
        (first) => `the ${guestOf(first)} rebooted, or its shell ended, in the middle of the run`,
      ),
  },
  {
    id: 'guest-hangs',
    title: 'the guest stopped answering',
    looksAt: 'the guest’s console',
    provedBy: 'a command that never ended',
    remedy:
      'look at the guest’s console and the host’s load: a guest that hangs has mostly lost its CPUs (throttled, or shared with other work) or a device',
    explains: ANY,
    find: (findings) =>
      shownBy(
        troubles(findings, ['timeout', 'console-lost', 'interrupted'], (facts, { code }) =>
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
    looksAt: 'the time of the run',
    provedBy: 'spec.timeout ended',
    remedy:
      'raise spec.timeout: it has to hold boot, reboot, traffic and teardown; where it is long already, the wait it ended in says what hung',
    explains: ['scheduling.*', ...ANY],
    find: (findings) =>
      shownBy(
        findings.troubles.filter(({ isSpecTimeout }) => isSpecTimeout),
        ({ facts: { claim } }) => {
          const timeout = findings.asked?.timeout
          const limit = timeout === undefined ? '' : ` (${formatDuration(timeout)})`
          return `spec.timeout${limit} ended${claim === undefined ? '' : ` while the run waited for ${claim}`}`
        },
        'likely',
      ),
  },
]
