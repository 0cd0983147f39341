/** The capabilities that CRI-O writes into a container's OCI configuration for a pod. */
import type { ContainerPlan } from '../workloads/container-runtime.ts'

/** CRI-O's default (`default_capabilities` in crio.conf). */
const DEFAULTS = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'KILL',
]

/** All capabilities of Linux 6.1, see capabilities(7). */
const ALL = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
]

export interface CapabilitySets {
  readonly bounding: readonly string[]
  readonly effective: readonly string[]
  readonly permitted: readonly string[]
  readonly inheritable: readonly string[]
  readonly ambient: readonly string[]
}

/**
 * The capability sets before the program is executed. If the program does not run as root, the kernel then clears all
 * sets except bounding and inheritable, because Kubernetes sets no ambient capabilities.
 * @param inheritable `add_inheritable_capabilities` of CRI-O
 * @throws Error naming a capability that Linux does not have
 */
export function capabilitySets(
  { capabilities: { add, drop }, privileged }: Pick<ContainerPlan, 'capabilities' | 'privileged'>,
  inheritable: boolean,
): CapabilitySets {
  const unknown = [...add, ...drop].find((name) => name !== 'ALL' && !ALL.includes(name))
  if (unknown !== undefined) throw new Error(`unknown capability "CAP_${unknown}"`)
  const base = privileged || add.includes('ALL') ? ALL : drop.includes('ALL') ? [] : DEFAULTS
  const dropped = privileged ? [] : drop
  const held = ALL.filter((name) => (base.includes(name) || add.includes(name)) && !dropped.includes(name))
  const names = held.map((name) => `CAP_${name}`)
  return {
    bounding: names,
    effective: names,
    permitted: names,
    inheritable: inheritable ? names : [],
    ambient: [],
  }
}
