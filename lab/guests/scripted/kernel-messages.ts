/** What a kernel prints on its console when something is wrong, without registers and stacks. */
export type KernelFault =
  'panics' | 'stalls' | 'has a machine check' | 'runs out of memory' | 'hangs in its kernel'

export const KERNEL_MESSAGES: Readonly<Record<KernelFault, readonly string[]>> = {
  // x86: a write to a NULL pointer.
  panics: [
    'BUG: kernel NULL pointer dereference, address: 0000000000000000',
    '#PF: supervisor write access in kernel mode',
    'Oops: 0002 [#1] PREEMPT SMP NOPTI',
    'RIP: 0010:iavf_clean_rx_irq+0x1a/0x20 [iavf]',
    'Kernel panic - not syncing: Fatal exception in interrupt',
    '---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---',
  ],
  // kernel/watchdog.c and kernel/rcu/tree_stall.h: a CPU that got no time.
  stalls: [
    'watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [dpdk-testpmd:1312]',
    'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    'rcu: \t4-...0: (1 GPs behind) idle=3a2/1/0x4000000000000000 softirq=311/311 fqs=5250',
  ],
  // arch/x86/kernel/cpu/mce/core.c: an error that cannot be corrected.
  'has a machine check': [
    'mce: [Hardware Error]: CPU 4: Machine Check Exception: 5 Bank 0: be00000000800400',
    'mce: [Hardware Error]: RIP !INEXACT! 33:<0000000000a1b2c3>',
    'Kernel panic - not syncing: Fatal local machine check',
    '---[ end Kernel panic - not syncing: Fatal local machine check ]---',
  ],
  // mm/oom_kill.c
  'runs out of memory': [
    'dpdk-testpmd invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0',
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=dpdk-testpmd,pid=1312,uid=0',
    'Out of memory: Killed process 1312 (dpdk-testpmd) total-vm:68812340kB, anon-rss:812344kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1720kB oom_score_adj:0',
  ],
  // kernel/hung_task.c
  'hangs in its kernel': [
    'INFO: task dpdk-testpmd:1312 blocked for more than 120 seconds.',
    '      Not tainted 5.14.0-427.el9.x86_64 #1',
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
  ],
}
