/**
 * Starts of testpmd of the kinds in `fixtures/cases`, with other NICs and releases of DPDK. Each row names where its
 * lines come from; PCI addresses are invented.
 */
import { expect } from 'chai'
import { explainMissingPorts, explainStartFailure, type StartFailureCause } from './start-failure.ts'

const HEAD = ['EAL: Detected CPU lcores: 8', 'EAL: Detected NUMA nodes: 1', "EAL: Selected IOVA mode 'PA'"]
const NONE = 'testpmd: No probed ethernet devices'
const given = (log: string, address = '0000:06:00.0') => `${log}: Requested device ${address} cannot be used`

type Row = readonly [
  what: string,
  lines: readonly string[],
  classification: StartFailureCause,
  evidence: RegExp,
]

const WITHOUT_PORTS: readonly Row[] = [
  // Since 24.03 the bus has a log of its own whose level hides the line that names the driver (drivers/bus/pci), and
  // drivers put the name of theirs first: bnxt.h, ena_logs.h, iavf_log.h, ixgbe_logs.h, virtio_logs.h.
  [
    'bnxt of 24.03 and newer',
    ['BNXT: bnxt_hwrm_ver_get(): timeout(in 500000 us) msg 0x0 seq 0', given('PCI_BUS'), NONE],
    'driver-refused',
    /^BNXT: bnxt_hwrm_ver_get\(\): timeout/,
  ],
  [
    'ena of 24.03 and newer',
    [
      '[ENA_COM: ena_com_mmio_reg_read_request_init]Failed to read reg',
      'ENA_DRIVER: eth_ena_dev_init(): Failed to init ENA device',
      given('PCI_BUS'),
      NONE,
    ],
    'driver-refused',
    /^\[ENA_COM: .*; ENA_DRIVER: eth_ena_dev_init\(\): Failed/,
  ],
  [
    'iavf of 25.11',
    ['IAVF_INIT: iavf_init_vf(): init_adminq failed: -53', given('PCI_BUS'), NONE],
    'driver-refused',
    /^IAVF_INIT: iavf_init_vf\(\): init_adminq failed/,
  ],
  [
    'ixgbevf of 24.11',
    ['IXGBE_INIT: eth_ixgbevf_dev_init(): VF Initialization Failure: -100', given('PCI_BUS'), NONE],
    'driver-refused',
    /^IXGBE_INIT: eth_ixgbevf_dev_init/,
  ],
  // FDio/vpp#642
  [
    'i40evf of 20.11, whose PF has another API',
    [
      'EAL: Probe PCI driver: net_i40e_vf (8086:154c) device: 0000:06:00.0 (socket 1)',
      'i40evf_check_api_version(): PF/VF API version mismatch:(0.0)-(1.1)',
      'i40evf_init_vf(): check_api version failed',
      'i40evf_dev_init(): Init vf failed',
      given('EAL'),
      NONE,
    ],
    'driver-refused',
    /^i40evf_check_api_version\(\): PF\/VF API version mismatch/,
  ],
  // k8snetworkplumbingwg/sriov-network-device-plugin#123
  [
    'mlx5 of 18.11 without Verbs devices',
    [
      'EAL: PCI device 0000:06:00.0 on NUMA socket 1',
      'EAL:   probe driver: 15b3:1016 net_mlx5',
      'net_mlx5: probe of PCI device 0000:06:00.0 aborted after encountering an error: No such file or directory',
      given('EAL'),
      NONE,
    ],
    'no-verbs',
    /^net_mlx5: probe of PCI device/,
  ],
  // microsoft/lisa#1159
  [
    'mlx4 of 20.11 without ib_uverbs',
    [
      'EAL: Probe PCI driver: net_mlx4 (15b3:1004) device: 0000:06:00.0 (socket 0)',
      'net_mlx4: cannot list devices, is ib_uverbs loaded?',
      given('EAL'),
      'EAL: Bus (pci) probe failed.',
      NONE,
    ],
    'no-verbs',
    /is ib_uverbs loaded/,
  ],
  // OpenVisualCloud/Media-Transport-Library#402, with BlueField's VF, and the bus of 24.03 that names no driver
  [
    'mlx5 of 24.11 bound to vfio-pci',
    [
      'mlx5_common: No Verbs device matches PCI device 0000:06:00.0, are kernel drivers loaded?',
      'mlx5_common: Verbs device not found: 0000:06:00.0',
      'mlx5_common: Failed to initialize device context.',
      given('PCI_BUS'),
      NONE,
    ],
    'no-verbs',
    /^mlx5_common: No Verbs device matches/,
  ],
  // k8snetworkplumbingwg/sriov-network-device-plugin#266: the driver was tried and said nothing.
  [
    'a driver that gives up in silence',
    [
      'EAL: No available hugepages reported in hugepages-2048kB',
      'EAL: PCI device 0000:06:00.0 on NUMA socket -1',
      'EAL:   Invalid NUMA socket, default to 0',
      'EAL:   probe driver: 8086:154c net_i40e_vf',
      NONE,
    ],
    'driver-refused',
    /^EAL:\s+probe driver: 8086:154c net_i40e_vf; testpmd: No probed/,
  ],
  // cisco-system-traffic-generator/trex-core#507
  [
    'a VFIO group that another program holds',
    [
      'EAL: Cannot open /dev/vfio/noiommu-0: Device or resource busy',
      'EAL: Failed to open group 0',
      given('EAL'),
      NONE,
    ],
    'vfio',
    /noiommu-0: Device or resource busy/,
  ],
  // drivers/bus/pci/linux/pci_vfio.c (pci_vfio_map_resource_primary)
  [
    'a device that EAL cannot map',
    ['EAL: 0000:06:00.0 mapping BAR0 failed: Cannot allocate memory', given('EAL'), NONE],
    'vfio',
    /^EAL: 0000:06:00.0 mapping BAR0 failed: Cannot allocate memory; testpmd: No probed/,
  ],
  ['no driver at all', [NONE], 'no-port', /^testpmd: No probed ethernet devices$/],
]

describe('a testpmd without ports, with other NICs and releases', () => {
  for (const [what, lines, classification, evidence] of WITHOUT_PORTS) {
    const banner = [...HEAD, ...lines].join('\r\n')
    it(`${classification}: ${what}`, () => {
      for (const failure of [explainStartFailure(banner), explainMissingPorts(banner, [])]) {
        expect(failure.classification).equals(classification)
        expect(failure.evidence.join('; ')).matches(evidence)
      }
    })
  }

  it('does not blame the driver of the port that is there', () => {
    const banner = 'EAL: Probe PCI driver: net_iavf (8086:1889) device: 0000:06:00.0 (socket -1)'
    expect(explainMissingPorts(banner, ['0000:06:00.0']).classification).equals('no-port')
    const other = `${banner}\r\n${banner.replace('06', '07')}`
    expect(explainMissingPorts(other, ['0000:06:00.0'])).deep.includes({
      classification: 'driver-refused',
      evidence: [banner.replace('06', '07'), 'it has only 0000:06:00.0'],
    })
  })
})

describe('a testpmd that ends, with other NICs and releases', () => {
  const ended = ['EAL: Error - exiting with code: 1', '  Cause: Start ports failed']
  const rows: readonly Row[] = [
    // lib/eal/linux/eal.c (rte_eal_init), a guest whose kernel hides physical addresses
    [
      'EAL without physical addresses',
      [
        "EAL: FATAL: Cannot use IOVA as 'PA' since physical addresses are not available",
        "EAL: Cannot use IOVA as 'PA' since physical addresses are not available",
        'EAL: Error - exiting with code: 1',
        '  Cause: Cannot init EAL: Invalid argument',
      ],
      'iova-mode',
      /Cannot use IOVA as 'PA'/,
    ],
    // lib/eal/common/eal_common_options.c; the second of 24.11 and older, the last of 25.11
    ...[
      ['EAL: invalid core list, please check specified cores are part of 0-1'],
      [
        'EAL: No valid lcores in core list',
        'EAL: invalid coremask or core-list parameter, please check specified cores are part of 0-23',
      ],
      ["EAL: invalid lcore list: '4,900'"],
    ].map((said): Row => [
      'CPUs that the guest does not have',
      [...said, 'EAL: Error - exiting with code: 1', '  Cause: Cannot init EAL: Invalid argument'],
      'lcores',
      new RegExp(`^${said[0]?.slice(0, 20) ?? ''}`),
    ]),
    [
      'a crash, without the lines of a start that went well',
      ['EAL: Multi-process socket /var/run/dpdk/rte/mp_socket', 'Illegal instruction (core dumped)'],
      'unknown',
      /^Illegal instruction \(core dumped\)$/,
    ],
    // lib/ethdev/rte_ethdev.c (eth_dev_validate_offloads, rte_eth_rx_queue_setup)
    [
      'offloads that the NIC does not have',
      [
        'Configuring Port 0 (socket 0)',
        "ETHDEV: Ethdev port_id=0 requested Tx offloads 0x10000 doesn't match Tx offloads capabilities 0x8e",
        'Fail to configure port 0',
        ...ended,
      ],
      'port-start',
      /^ETHDEV: Ethdev port_id=0 requested Tx offloads/,
    ],
    [
      'bnxt, whose firmware has no rings left',
      [
        'Configuring Port 0 (socket 0)',
        'BNXT: bnxt_hwrm_ring_alloc(): hwrm_ring_alloc failed. rc:-1',
        'BNXT: bnxt_start_nic(): HWRM ring alloc failure rc: ffffffff',
        'Fail to start port 0: Operation not permitted',
        ...ended,
      ],
      'port-start',
      /^BNXT: bnxt_hwrm_ring_alloc\(\): hwrm_ring_alloc failed/,
    ],
  ]
  for (const [what, lines, classification, evidence] of rows)
    it(`${classification}: ${what}`, () => {
      const failure = explainStartFailure([...HEAD, ...lines].join('\r\n'), 1)
      expect(failure.classification).equals(classification)
      expect(failure.evidence.join('; ')).matches(evidence)
    })
})
