import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { readTranscript } from '../../testing/transcript.ts'
import { missingQueues, refusedPorts, tellingLines } from './journal.ts'

/** Journals as the recorded clients read them: the last one. */
function journalOf(recording: string): string {
  const text = readTranscript(`trex-live/${recording}.gz`).replaceAll('\r', '')
  return /Started trex[^]*?status=1\/FAILURE[^]*?(?=\n[a-z]{12}\d)/.exec(text)?.[0] ?? ''
}

describe("TRex's journal", () => {
  it('is quoted by the lines that tell why, not by its closing words', () => {
    const journal = [
      'Starting  TRex v3.08 please wait  ...',
      ' 0000:06:00.0 does not exist ',
      'ERROR encountered while configuring TRex system',
      'some',
      'more',
      'words',
      'trex.service: Main process exited, code=exited, status=255/n/a',
      'trex.service: Failed with result exit-code.',
      'trex.service: Consumed 26.997s CPU time.',
    ]
    expect(tellingLines(journal.join('\n'))).deep.equals([
      '0000:06:00.0 does not exist',
      'trex.service: Main process exited, code=exited, status=255/n/a',
    ])
  })

  it('is quoted by what the watchdog of TRex said, not by the traceback that follows', () => {
    const journal = [
      ' 4        0      3       1       3    255',
      ' -------------------------------',
      "WATCHDOG: task 'ZMQ sync request-response' has not responded for more than 1.61659 seconds - timeout is 1 seconds",
      '*** traceback follows ***',
      '1       0x564cc09defa7 ./_t-rex-64(+0x207fa7) [0x564cc09defa7]',
      '15      0x7fa6ebb278ec /lib/x86_64-linux-gnu/libc.so.6(+0x1098ec) [0x7fa6ebb278ec]',
      '*** addr2line information follows ***',
      './t-rex-64: line 109:   407 Aborted                 ./_$(basename $0) $INPUT_ARGS $EXTRA_INPUT_ARGS',
      'trex.service: Main process exited, code=exited, status=134/n/a',
      "trex.service: Failed with result 'exit-code'.",
    ]
    expect(tellingLines(journal.join('\n'))).deep.equals([journal[2], journal[8]])
  })

  it('names a locked configuration of DPDK, which stands far above the end', () => {
    const journal = readTranscript('trex-live/79-journal-lock-held-by-testpmd.txt.gz')
    expect(tellingLines(journal)[0]).includes("Cannot create lock on '/var/run/dpdk/rte/config'")
  })

  it('is quoted by its last lines where none tells why', () => {
    const lines = ['1', '2', '3', '4', '5', '6']
    expect(tellingLines(lines.join('\n'))).deep.equals(['2', '3', '4', '5', '6'])
    expect(tellingLines('')).deep.equals([])
  })

  it('says how many TX queues the NIC lacks', () => {
    const journal = journalOf('guest-start1-one-queue.generator-console.log')
    expect(journal).includes('set dpdk queues mode to MULTI_QUE')
    expect(missingQueues(journal)).equals(3)
    expect(tellingLines(journal)[0]).includes('maximum tx queues is (1) required (4)')
    expect(missingQueues(tellingLines('nothing of queues').join())).equals(undefined)
  })

  it('tells ports that DPDK did not get from a TRex that is not there, by the driver’s lines first', () => {
    const words = (name: string) =>
      readFileSync(new URL(`../../../../fixtures/cases/${name}`, import.meta.url), 'utf8')
    expect(refusedPorts(words('trex-interface-not-found/words.txt'))).deep.equals([
      'EAL: Requested device 0000:06:00.0 cannot be used',
      'EAL: Requested device 0000:07:00.0 cannot be used',
      'Could not find requested interface 0000:06:00.0',
    ])
    expect(refusedPorts(words('testpmd-iavf-init/banner.txt'))[0]).matches(
      /^iavf_get_vf_resource\(\): Failed/,
    )
    expect(refusedPorts(readTranscript('trex-live/79-journal-lock-held-by-testpmd.txt.gz'))).deep.equals([])
    expect(refusedPorts(journalOf('guest-start1-one-queue.generator-console.log'))).deep.equals([])
  })
})
