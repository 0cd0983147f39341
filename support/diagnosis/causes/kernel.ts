/** A guest kernel's messages about a crash or a malfunction, from its console or its log. */
import { type Role, ROLES, TITLES } from '../../model/role.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import type { Findings, KernelFault, KernelFaultKind } from '../findings.ts'
import { BOTH_READY, READY } from './vmi.ts'

type Entry = Pick<CauseEntry, 'id' | 'title' | 'provedBy' | 'remedy'>

const AFTER_BOOT = ['guest.*', 'link.*', 'traffic.*'] as const

/** @param verb text between the guest's title and the kernel's message */
function kernelFaultCause(
  kind: KernelFaultKind,
  entry: Entry,
  verb: (fault: KernelFault) => string,
  isProved: (fault: KernelFault, role: Role, findings: Findings) => boolean = ({ isPanic }) => isPanic,
): CauseEntry {
  return {
    ...entry,
    looksAt: 'the guest’s console and the last lines of its dmesg',
    explains: [...BOTH_READY, ...AFTER_BOOT],
    find: (findings) => {
      const faults = ROLES.flatMap((role) => {
        const fault = findings.guests[role]?.kernelFault
        return fault?.kind === kind ? [{ role, fault }] : []
      })
      const worst = faults.find(({ fault }) => fault.isPanic) ?? faults[0]
      if (worst === undefined) return undefined
      return {
        certainty: isProved(worst.fault, worst.role, findings) ? 'proved' : 'likely',
        sentence: `the kernel of the ${TITLES[worst.role]} ${verb(worst.fault)}: ${worst.fault.sentence}`,
        evidence: faults.flatMap(({ role, fault }) =>
          evidence([`the kernel of the ${TITLES[role]} says`, fault.lines.join('\n')]),
        ),
        explains: [...faults.map(({ role }) => READY[role]), ...AFTER_BOOT],
      }
    },
  }
}

/** Whether it ended a program for which the run waited. */
function endedProgram({ isPanic }: KernelFault, role: Role, { failures }: Findings): boolean {
  return (
    isPanic ||
    failures.some(
      ({ code, facts }) =>
        (code === 'program-ended' || code === 'generator-lost') && facts.guest === TITLES[role],
    )
  )
}

export const KERNEL_CAUSES: readonly CauseEntry[] = [
  kernelFaultCause(
    'machine-check',
    {
      id: 'guest-machine-check',
      title: 'the hardware reports an error to the guest',
      provedBy: '“[Hardware Error]”, or a panic because of a machine check',
      remedy:
        'a VM sees machine checks of its node, usually of failing memory: read the node’s own log (`journalctl -k | grep -i mce`, rasdaemon, the BMC’s event log), take the node out of service and run on another node',
    },
    ({ isPanic }) => (isPanic ? 'panicked by a machine check' : 'reports a hardware error'),
  ),
  kernelFaultCause(
    'out-of-memory',
    {
      id: 'guest-out-of-memory',
      title: 'the guest ran out of memory',
      provedBy: '“Out of memory: Killed process” on the console',
      remedy:
        'the guest’s hugepages leave too little memory for its programs: reserve fewer hugepages on its kernel command line, or stop other programs of the image; the kernel’s line in the evidence names the killed process',
    },
    ({ isPanic }) => (isPanic ? 'panicked because it ran out of memory' : 'ran out of memory'),
    endedProgram,
  ),
  kernelFaultCause(
    'breakdown',
    {
      id: 'guest-kernel-crashed',
      title: 'the guest’s kernel crashed',
      provedBy: '“Kernel panic”, “Oops”, “kernel BUG at” or “unable to handle” on the console',
      remedy:
        'the kernel’s message in the evidence, and in the console log in bundle.tar.gz, names the module that crashed: try an image with another kernel (spec.param.vmUnderTestContainerDiskImage, spec.param.trafficGenContainerDiskImage) or without this module, and report the crash to the distribution',
    },
    ({ isPanic }) => (isPanic ? 'panicked' : 'oopsed'),
  ),
  kernelFaultCause(
    'stall',
    {
      id: 'guest-kernel-stalled',
      title: 'a CPU of the guest was stuck for seconds',
      provedBy: '“soft lockup”, “hard LOCKUP”, or a stall that RCU detected',
      remedy:
        'usually the node did not run the VM’s CPU: check that the CPUs are dedicated (the kubelet’s static CPU manager policy, no other pods or IRQs on them), that neither a CFS quota nor real-time throttling stops them (`cpu-quota.crio.io: disable`, kernel.sched_rt_runtime_us), and that the node is not overcommitted; if the node was idle, the guest’s kernel itself was stuck: the kernel’s trace is in the evidence',
    },
    ({ isPanic }) => (isPanic ? 'panicked because a CPU was stuck' : 'says that a CPU was stuck'),
  ),
  kernelFaultCause(
    'hung-task',
    {
      id: 'guest-task-hung',
      title: 'a program of the guest hangs in the kernel',
      provedBy: '“INFO: task … blocked for more than … seconds” on the console',
      remedy:
        'the program’s call trace in the evidence shows what the program waits for: a disk (a container disk is a file on the node’s own disk: check the load of this disk and the node’s log), or a device that does not answer; if CPUs stall as well, check that the VM gets its CPUs from the node',
    },
    ({ isPanic }) => (isPanic ? 'panicked because of a hung task' : 'reported a hung task'),
  ),
]
