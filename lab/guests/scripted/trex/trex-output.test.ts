import { readdirSync, readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import {
  announcement,
  coloured,
  complaint,
  CONSOLE_BANNER,
  Float,
  globalTable,
  GOODBYE,
  portTable,
  pythonJson,
  PYTHON_LINE,
  stepBegun,
  stepEnded,
  verboseSet,
} from './trex-output.ts'
import { CONSOLE_HELP } from './trex-help.ts'

const FOLDER = new URL('../../../../fixtures/transcripts/trex/', import.meta.url)
const names = readdirSync(FOLDER).filter((name) => /^[1-6]\d.*\.vt220\.raw$/.test(name))
/** Without the carriage returns that the terminal inserted before newlines. */
const recorded = (name: string) => readFileSync(new URL(name, FOLDER), 'latin1').replaceAll('\r', '')

const IDLE = { opackets: 0, ipackets: 0, oerrors: 0, ierrors: 0, obytes: 0, ibytes: 0 }

describe('output of the simulated trex-console', () => {
  it('colours JSON exactly as recorded, through numbers, commas and ends of lines', () => {
    let blocks = 0
    for (const name of names) {
      const found = recorded(name).matchAll(/\[verbose\] (?:Sending Request To|)[^\n]*:\n\n([[{][^]*?\n)\n/g)
      for (const [, block = ''] of found) {
        const json = stripVTControlCharacters(block)
        // Skip a block that an event interrupts, because it is not valid JSON.
        if (!/^[[{][^]*\n[\]}]\n$/.test(json) || json.includes('trex')) continue
        // Skip a block that was piped through `cat`, because it has no colours.
        if (json === block && /"jsonrpc"/.test(json)) continue
        expect(coloured(json), name).to.equal(block)
        blocks += 1
      }
    }
    expect(blocks).to.be.above(150)
  })

  it('shows its help exactly as recorded', () => {
    expect(recorded('10-oneshot-help.vt220.raw')).to.include(`trex>${CONSOLE_HELP}trex>`)
  })

  it('writes JSON as Python does, floats with their point', () => {
    const answer = { id: 'a', result: { m_tx_bps: new Float(0), b: [], a: [1, -2], c: new Float(1.5e-17) } }
    expect(pythonJson(answer)).to.equal(
      '{\n    "id": "a",\n    "result": {\n        "a": [\n            1,\n            -2\n        ],\n' +
        '        "b": [],\n        "c": 1.5e-17,\n        "m_tx_bps": 0.0\n    }\n}',
    )
  })

  it('draws the table of both ports exactly as recorded', () => {
    const sending = { ...IDLE, opackets: 1304, obytes: 1304 * 64 }
    const receiving = { ...IDLE, ipackets: 1304, ibytes: 1304 * 64 }
    const common = { owner: 'root', hasLink: true, gbps: 10, load: 0 }
    const table = portTable([
      { ...common, number: 0, isSending: true, tx: 509.33984375, rx: 0, counters: sending },
      { ...common, number: 1, isSending: false, tx: 0, rx: 509.33984375, counters: receiving },
    ])
    expect(recorded('61-shell-session-interactive-quiet.vt220.raw')).to.include(table)
  })

  it('draws a link that is down, and errors, exactly as recorded', () => {
    const common = { owner: 'root', gbps: 10, load: 0, isSending: false, rx: 0, counters: IDLE }
    const table = portTable([
      { ...common, number: 0, hasLink: false, tx: 0 },
      { ...common, number: 1, hasLink: true, tx: 0 },
    ])
    const lines = recorded('54a-port-down-interactive.vt220.raw').split('\n')
    for (const name of ['link', 'state', 'owner', 'oerrors'])
      expect(lines, name).to.include(table.split('\n').find((line) => line.startsWith(name)))
  })

  it('draws the table of one port exactly as recorded', () => {
    const table = portTable([
      {
        number: 0,
        owner: 'root',
        hasLink: true,
        isSending: false,
        gbps: 10,
        tx: 0,
        rx: 0,
        load: 0,
        counters: IDLE,
      },
    ])
    expect(recorded('30-interactive-basic.vt220.raw')).to.include(table)
  })

  it('draws the global table as recorded, but for what the generator counts of itself', () => {
    const table = globalTable({ threads: 1, load: 0, tx: 0, rx: 0, queueFull: 0 })
    expect(recorded('51g-owned-ports-second-console-force.vt220.raw')).to.include(table)
    const busy = globalTable({ threads: 4, load: 97.2, tx: 0, rx: 0, queueFull: 7 })
    expect(stripVTControlCharacters(busy)).to.include('queue_drop   : 7 pkts').and.include('97.2% @ 4 cores')
  })

  it('says what a console says from its start to its end as recorded', () => {
    const text = recorded('11-oneshot-clear.vt220.raw')
    for (const piece of [
      PYTHON_LINE,
      stepBegun('Connecting to RPC server on localhost:4501') + stepEnded(true),
      stepBegun('Acquiring ports [0, 1]:') + stepEnded(true),
      CONSOLE_BANNER,
      `trex>${stepBegun('Clearing stats :')}${stepEnded(true)}`,
      `trex>${GOODBYE}`,
    ])
      expect(text).to.include(piece)
    expect(recorded('55a-server-killed-mid-traffic.vt220.raw')).to.include(
      complaint('stats', "'get_connection_info' - is not valid while disconnected"),
    )
    expect(recorded('61-shell-session-interactive-quiet.vt220.raw')).to.include(verboseSet('on'))
    const dated = /2026-\d\d-\d\d \d\d:\d\d:\d\d/
    const job = announcement('server', 'info', 'Profile 0._ job done').replace(dated, '2026-11-21 23:44:22')
    expect(recorded('61-shell-session-interactive-quiet.vt220.raw')).to.include(`trex>${job}trex>`)
  })
})
