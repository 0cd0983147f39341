import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { readTranscript } from '../../testing/transcript.ts'
import { missingMemory, missingQueues, missingVerbs, refusedPorts, relevantLines } from './journal.ts'

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
    expect(relevantLines(journal.join('\n'))).deep.equals([
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
    expect(relevantLines(journal.join('\n'))).deep.equals([journal[2], journal[8]])
  })

  it('names a locked configuration of DPDK, which stands far above the end', () => {
    const journal = readTranscript('trex-live/79-journal-lock-held-by-testpmd.txt.gz')
    expect(relevantLines(journal)[0]).includes("Cannot create lock on '/var/run/dpdk/rte/config'")
  })

  it('is quoted by its last lines where none tells why', () => {
    const lines = ['1', '2', '3', '4', '5', '6']
    expect(relevantLines(lines.join('\n'))).deep.equals(['2', '3', '4', '5', '6'])
    expect(relevantLines('')).deep.equals([])
  })

  it('says how many TX queues the NIC lacks', () => {
    const journal = journalOf('guest-start1-one-queue.generator-console.log')
    expect(journal).includes('set dpdk queues mode to MULTI_QUE')
    expect(missingQueues(journal)).equals(3)
    expect(relevantLines(journal)[0]).includes('maximum tx queues is (1) required (4)')
    expect(missingQueues(relevantLines('nothing of queues').join())).equals(undefined)
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

  // cisco-system-traffic-generator/trex-core#1161: TRex starts EAL with a log level that hides the driver's name.
  it('quotes the driver without EAL’s line about it', () => {
    const journal = [
      'Starting  TRex v3.04 please wait  ...',
      'ice_load_pkg(): failed to search file path',
      '',
      'ice_dev_init(): Failed to load the DDP package,Use safe-mode-support=1 to enter Safe Mode',
      'EAL: Requested device 0000:4d:00.0 cannot be used',
      'ERROR in DPDK map',
      'Could not find requested interface 0000:4d:00.0',
    ]
    expect(refusedPorts(journal.join('\n')).slice(0, 2)).deep.equals([journal[1], journal[3]])
  })

  // src/main_dpdk.cpp and scripts/dpdk_setup_ports.py of trex-core 3.08
  for (const text of [
    'Could not find requested interface 01:00.0',
    // trex-core#760, #507 and #1135, and EAL's rte_eal_init
    'Error: bind failed for 0000:00:09.0 - Cannot write new PCI ID to driver igb_uio',
    'EAL: Cannot open /dev/vfio/noiommu-0: Device or resource busy',
    "KeyError: 'Driver_str'",
    "EAL: FATAL: Cannot use IOVA as 'PA' since physical addresses are not available",
    'Could not find all interfaces (asked for: 2, found: 1).',
    'Cause: Error: Could not find supported ethernet ports. You are probably trying to use unsupported NIC',
    'Error: driver net_bnxt is not supported. Please consult the documentation for a list of supported drivers',
    'Unable to bind interfaces to driver igb_uio.',
    'ERROR all device should have the same type  net_iavf != net_ixgbe_vf',
    'Cause: rte_eth_dev_start: err=-1, port=0',
  ])
    it(`blames the ports and not the image: ${text}`, () => {
      expect(refusedPorts(`Starting  TRex v3.08 please wait  ...\n${text}`)).deep.equals([text])
      expect(missingVerbs(text)).deep.equals([])
    })

  // cisco-system-traffic-generator/trex-core#934
  it('quotes the driver where a port does not start', () => {
    const said = 'ixgbe_dev_start(): failure in ixgbe_dev_start(): -38'
    const cause = 'Cause: rte_eth_dev_start: err=-5, port=0'
    const journal = `Number of ports found: 2\n${said}\n${said}\nEAL: Error - exiting with code: 1\n  ${cause}`
    expect(refusedPorts(journal)).deep.equals([said, cause])
  })

  // lib/ethdev/rte_ethdev.c (rte_eth_dev_configure)
  it('quotes ethdev where it refuses the configuration of a port', () => {
    const said = 'ETHDEV: Ethdev port_id=0 nb_tx_queues=5 > 4'
    const cause = 'Cause: Cannot configure device: err=-22, port=0'
    expect(refusedPorts(`EAL: Error - exiting with code: 1\n${said}\n  ${cause}`)).deep.equals([said, cause])
  })

  it('tells libraries of NVIDIA’s NICs that are not there, or of another release', () => {
    const glue = "mlx5_common: Cannot load glue library: libmlx5.so.1: version `MLX5_1.24' not found"
    expect(
      missingVerbs(`${glue}\nERROR in DPDK map\nCould not find requested interface 0000:06:00.0`),
    ).deep.equals([glue])
    const ofed = 'OFED /usr/bin/ofed_info is not installed on this setup.'
    expect(missingVerbs(ofed)).deep.equals([ofed])
    // The library does not matter to a port of another driver.
    const other = `${glue}\niavf_dev_init(): Init vf failed\nEAL: Requested device 0000:06:00.0 cannot be used`
    expect(missingVerbs(`${other}\nCould not find requested interface 0000:06:00.0`)).deep.equals([])
  })

  it('takes too few RX queues for one sending CPU too many', () => {
    const text =
      'ERROR: driver maximum rx queues is (1), number of cores (4) and requested rx queues (2) is higher, reduce the number of dp cores '
    expect(missingQueues(text)).equals(1)
  })

  for (const text of [
    'EAL: FATAL: Cannot init memory',
    'Cause: Cannot init mbuf pool rx_mbuf-2048',
    'ERROR there is not enough huge-pages memory in your system',
  ])
    it(`blames the memory and not the image: ${text}`, () => {
      expect(missingMemory(`EAL: No free 2048 kB hugepages reported on node 0\n${text}`)).deep.equals([text])
      expect(missingMemory('EAL: No free 2048 kB hugepages reported on node 0')).deep.equals([])
    })
})
