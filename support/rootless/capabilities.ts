/** Parses Linux capabilities from the kernel's masks and libcap's texts. */

/** The index is the bit: include/uapi/linux/capability.h. */
export const CAPABILITIES = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
].map((name) => `cap_${name}`)

/** From a hexadecimal mask of /proc/PID/status; an unknown bit is named by its number. */
export function namesOf(mask: string): Set<string> {
  const bits = BigInt(`0x${mask}`)
  const names = new Set<string>()
  for (let bit = 0; bit < 64; bit += 1)
    if (((bits >> BigInt(bit)) & 1n) === 1n) names.add(CAPABILITIES[bit] ?? `cap_${bit}`)
  return names
}

export interface TextSets {
  readonly inheritable: Set<string>
  readonly permitted: Set<string>
  readonly effective: Set<string>
}

/**
 * libcap's text (cap_from_text(3)): clauses `names` + operators and flags, e.g. `cap_ipc_lock,cap_sys_resource=i`, `=ep
 * cap_net_raw-ep`. No names mean all. Undefined if it is not such a text.
 */
export function parseCapabilityText(text: string): TextSets | undefined {
  const sets: TextSets = { inheritable: new Set(), permitted: new Set(), effective: new Set() }
  const byFlag = { i: sets.inheritable, p: sets.permitted, e: sets.effective } as const
  const clauses = text.split(/\s+/).filter((clause) => clause !== '')
  if (clauses.length === 0) return undefined
  for (const clause of clauses) {
    const [, list = '', actions] = /^([a-z0-9_,]*)((?:[=+-][eip]*)+)$/.exec(clause) ?? []
    if (actions === undefined) return undefined
    const names = list === '' || list === 'all' ? CAPABILITIES : list.split(',')
    for (const [, operator, flags = ''] of actions.matchAll(/([=+-])([eip]*)/g)) {
      for (const [flag, set] of Object.entries(byFlag)) {
        const isNamed = flags.includes(flag)
        for (const name of names) {
          if (isNamed && operator !== '-') set.add(name)
          else if (operator === '=' || (isNamed && operator === '-')) set.delete(name)
        }
      }
    }
  }
  return sets
}
