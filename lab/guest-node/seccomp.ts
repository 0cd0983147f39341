/**
 * The system calls a container may not make under `seccompProfile: RuntimeDefault`. The list is the lab's own: it names
 * what the profile of moby and containerd refuses, and which capability lifts that, and lets through what it does not
 * name, where theirs refuses it. Debian 12 has a profile to read in containers-common, but one from before `mbind` was
 * refused, which is why DPDK does not start under a newer one.
 */

/** By the capability that allows them; without one they are always refused. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  CAP_SYS_ADMIN: [
    'bpf',
    'fanotify_init',
    'fsconfig',
    'fsmount',
    'fsopen',
    'fspick',
    'lookup_dcookie',
    'mount',
    'mount_setattr',
    'move_mount',
    'open_tree',
    'perf_event_open',
    'pivot_root',
    'quotactl',
    'setdomainname',
    'sethostname',
    'setns',
    'swapoff',
    'swapon',
    'umount',
    'umount2',
    'unshare',
  ],
  CAP_SYS_BOOT: ['kexec_file_load', 'kexec_load', 'reboot'],
  CAP_SYS_MODULE: ['create_module', 'delete_module', 'finit_module', 'init_module', 'query_module'],
  CAP_SYS_NICE: ['get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node'],
  CAP_SYS_PACCT: ['acct'],
  CAP_SYS_PTRACE: ['process_madvise', 'process_vm_readv', 'process_vm_writev'],
  CAP_SYS_RAWIO: ['ioperm', 'iopl'],
  CAP_SYS_TIME: ['clock_adjtime', 'clock_settime', 'settimeofday', 'stime'],
  CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
  CAP_SYS_CHROOT: ['chroot'],
  none: [
    '_sysctl',
    'add_key',
    'keyctl',
    'nfsservctl',
    'request_key',
    'sysfs',
    'uselib',
    'userfaultfd',
    'ustat',
    'vm86',
    'vm86old',
  ],
}

const EPERM = 1

/** `linux.seccomp` of an OCI configuration. @param capabilities of the bounding set, with `CAP_` */
export function runtimeDefault(capabilities: readonly string[]): object {
  const names = Object.entries(REFUSED).flatMap(([capability, calls]) =>
    capabilities.includes(capability) ? [] : calls,
  )
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM }],
  }
}
