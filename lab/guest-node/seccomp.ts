/**
 * The system calls that a container may not make under `seccompProfile: RuntimeDefault`. The list is the lab's own:
 * it names the calls that the profile of moby and containerd refuses and the capability that permits each. Unlike
 * theirs, it permits calls that it does not name. Debian 12's containers-common has an older profile, which still
 * permits `mbind`; a newer one refuses it, and then DPDK does not start.
 */

/** Refused system calls by the capability that permits them; calls under `none` are always refused. */
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

/**
 * `linux.seccomp` of an OCI configuration.
 * @param capabilities the bounding set, with `CAP_`
 */
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
