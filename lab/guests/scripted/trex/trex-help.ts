/** The help text of trex-console v3.08 (fixtures/transcripts/trex/10-oneshot-help). */
import { bold, underlined } from './trex-output.ts'

type Commands = Readonly<Record<string, string>>

const SECTIONS: Readonly<Record<string, Commands>> = {
  'Console Commands': {
    capture: 'Manage PCAP captures',
    debug: 'Internal debugger for development.',
    events: 'Shows events log',
    help: 'Shows This Help Screen',
    history: 'Manage the command history',
    plugins: 'Show / load / use plugins',
    quit: 'Exit the console',
    tui: 'Shows a graphical console',
    verbose: 'Shows or set verbose mode',
  },
  'Common Commands': {
    acquire: 'Acquire ports',
    arp: 'Performs a port ARP resolution',
    clear: 'Clear cached local statistics',
    connect: 'Connects to the TRex server and acquire ports',
    disconnect: 'Disconnect from the TRex server',
    global_cfg: 'Set global configuration parameters',
    ipv6: 'Configures IPv6 of a port',
    l2: 'Configures a port in L2 mode',
    l3: 'Configures a port in L3 mode',
    map: 'Maps ports topology',
    ns: 'Network namespace',
    ping: 'Pings the server / specific IP',
    pkt: 'Sends a Scapy format packet',
    portattr: 'Sets port attributes',
    release: 'Release ports',
    reset: 'Reset ports',
    scan6: 'Search for IPv6 neighbors',
    shutdown: 'Shutdown the server',
    stats: 'Show various statistics',
    vlan: 'Configures VLAN tagging for a port.',
  },
  'Stateless Commands': {
    pause: 'Pause active traffic on specified ports on TRex',
    profiles: 'Get loaded to server profiles information',
    push: 'Push a pcap file',
    resume: 'Resume active traffic on specified ports on TRex',
    service: 'Configures port for service mode.',
    start: 'Start selected traffic on specified ports on TRex',
    stop: 'Stop active traffic on specified ports on TRex',
    streams: 'Get loaded to server streams information',
    tpg_clear_stats: 'Clear Tagged Packet Group Stats',
    tpg_clear_tx_stats: 'Clear Tagged Packet Group Tx Stats',
    tpg_clear_unknown_tags: 'Clear Tagged Packet Group Unknown Tags',
    tpg_disable: 'Disable Tagged Packet Group',
    tpg_enable: 'Enable Tagged Packet Group',
    tpg_show_unknown_tags: 'Show Tagged Packet Group Unknown Tags',
    tpg_stats: 'Show Tagged Packet Group Statistics',
    tpg_status: 'Show Tagged Packet Group Status',
    tpg_tags: 'Show Tagged Packet Group Tags',
    tpg_tx_stats: 'Show Tagged Packet Group Tx Statistics',
    tpg_update: 'Update Tagged Packet Group Tag',
    update: 'Update port(s) speed currently active',
  },
}

const WIDTH = 30

export const CONSOLE_HELP = Object.entries(SECTIONS)
  .map(([title, commands]) => {
    const lines = Object.entries(commands).map(
      ([name, says]) => `${`${name} -`.padEnd(WIDTH)} ${says.padEnd(WIDTH)}\n`,
    )
    return `\n${underlined(bold(`${title}:`))}\n\n${lines.join('')}`
  })
  .join('')
