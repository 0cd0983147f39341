import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { silentLogger } from '../../common/logger.ts'
import { FakeShell, soon } from '../testing/fake-shell.ts'
import { readTranscript } from '../testing/transcript.ts'
import { only, PLAN, rejection } from './session.fixture.ts'
import { TestpmdSession } from './session.ts'
import { explainStartFailure, TestpmdStartError } from './start-failure.ts'

const VIRTIO_STARTS = readTranscript('testpmd/start-attempts-virtio.serial')
/** mlx5_glue_constructor in drivers/common/mlx5/linux/mlx5_common_os.c, of a DPDK built with ibverbs_link=dlopen. */
const NO_GLUE = [
  'mlx5_common: Cannot load glue library: libibverbs.so.1: cannot open shared object file: No such file or directory',
  'mlx5_common: Cannot initialize MLX5 common due to missing run-time dependency on rdma-core libraries (libibverbs, libmlx5)',
]

describe("testpmd's start", () => {
  it('starts again with as many queues as the NIC has', async () => {
    const starts = VIRTIO_STARTS.split('LAB# dpdk-testpmd').slice(1)
    const shell = new FakeShell({
      open: (line) => (line.includes('--rxq=1 ') ? { banner: '' } : { finalOutput: starts[0] ?? '' }),
      send: only,
    })
    const session = await TestpmdSession.open(shell, PLAN, soon)
    expect(session.plan.queues).equals(1)
    expect(shell.typed[1]).includes('--rxq=1 --txq=1')
  })

  it('starts again with as many descriptors as the NIC takes, in each direction', async () => {
    // Messages of ethdev: from DPDK 22.11 with Amazon's ENA (pktgen/Pktgen-DPDK#101), and from 24.11.
    const tx = 'Invalid value for nb_tx_desc(=2048), should be: <= 1024, >= 128, and a product of 1'
    const rx = 'ETHDEV: Invalid value for nb_rx_desc(=2048), should be: <= 1000, >= 64, and a product of 32'
    const ending = (line: string, direction: string) =>
      ['Configuring Port 0 (socket 0)', line, `Fail to configure port 0 ${direction} queues`].join('\r\n') +
      '\r\nEAL: Error - exiting with code: 1\r\n  Cause: Start ports failed'
    const shell = new FakeShell({
      open: (line) => {
        if (line.includes('--txd=2048 ')) return { finalOutput: ending(tx, 'tx') }
        return line.includes('--rxd=2048 ') ? { finalOutput: ending(rx, 'rx') } : { banner: '' }
      },
      send: only,
    })
    const warnings: string[] = []
    const session = await TestpmdSession.open(shell, PLAN, soon, {
      ...silentLogger,
      warn: (line) => warnings.push(line),
    })
    expect(session.plan.descriptors).deep.equals({ tx: 1024, rx: 992 })
    expect(shell.typed[1]).includes('--rxd=2048 --txd=1024')
    expect(shell.typed[2]).includes('--rxd=992 --txd=1024')
    expect(warnings).deep.equals([
      'the NIC has 1024 descriptors in each TX queue instead of 2048; restarting testpmd with those',
      'the NIC has 992 descriptors in each RX queue instead of 2048; restarting testpmd with those',
    ])
  })

  it('takes a testpmd that comes to its prompt with stopped ports for one that did not start', async () => {
    // In DPDK 23.11 and later, an interactive testpmd does not exit in this case (main in app/test-pmd/testpmd.c).
    const banner = (reason: string, kind: string) =>
      ['Configuring Port 0 (socket 0)', reason, `Fail to ${kind}`, 'Start ports failed', ''].join('\r\n')
    const many = 'ETHDEV: Invalid value for nb_tx_desc(=2048), should be: <= 1024, >= 64, and a product of 32'
    const again = new FakeShell({
      open: (line) => ({
        banner: line.includes('--txd=2048 ') ? banner(many, 'configure port 0 tx queues') : '',
      }),
      send: (line) => (line === 'quit' ? '' : only(line)),
    })
    expect((await TestpmdSession.open(again, PLAN, soon)).plan.descriptors).deep.equals({ tx: 1024 })
    expect(again.typed.slice(0, 3).map((line) => line.split(' ')[0])).deep.equals([
      'dpdk-testpmd',
      'quit',
      'dpdk-testpmd',
    ])

    const refused = 'iavf_dev_start(): configure queues failed'
    const shell = new FakeShell({
      open: () => ({ banner: banner(refused, 'start port 0: Input/output error') }),
      send: (line) => (line === 'quit' ? '' : only(line)),
    })
    const error = await rejection(TestpmdSession.open(shell, PLAN, soon))
    if (!(error instanceof TestpmdStartError)) throw error
    expect(error).includes({ classification: 'port-start' })
    expect(error.evidence.join('; ')).matches(
      /^iavf_dev_start\(\): configure queues failed; Fail to start port 0/,
    )
    expect(shell.typed.at(-1)).equals('quit')
  })

  for (const refused of [
    // Below the NIC's minimum, or a number that it can never have: a restart would fail in the same way.
    'Invalid value for nb_tx_desc(=2048), should be: <= 8192, >= 4096, and a product of 32',
    'Invalid value for nb_tx_desc(=2048), should be: <= 16, >= 64, and a product of 32',
    'Invalid value for nb_tx_desc(=2048), should be: <= 0, >= 0, and a product of 0',
  ]) {
    it(`does not start again at: ${refused}`, async () => {
      const finalOutput = `Configuring Port 0 (socket 0)\r\n${refused}\r\nFail to configure port 0 tx queues`
      const shell = new FakeShell({ open: () => ({ finalOutput }) })
      const error = await rejection(TestpmdSession.open(shell, PLAN, soon))
      if (!(error instanceof TestpmdStartError)) throw error
      expect(error).includes({ classification: 'port-start' })
      expect(error.evidence[0]).equals(refused)
      expect(shell.typed).has.length(1)
    })
  }
})

describe('explaining why testpmd did not start', () => {
  const eal = (...lines: string[]) =>
    ['EAL: Detected CPU lcores: 8', ...lines, 'Port 0 is closed'].join('\r\n')
  const cases: [string, string, RegExp][] = [
    [
      'hugepages',
      eal('EAL: No available 1048576 kB hugepages reported', 'EAL: FATAL: Cannot get hugepage information.'),
      /No available 1048576 kB hugepages reported; EAL: FATAL: Cannot get hugepage information/,
    ],
    [
      'memory-policy',
      eal('set_mempolicy: Operation not permitted', 'EAL: FATAL: rte_service_init() failed'),
      /^set_mempolicy: Operation not permitted$/,
    ],
    [
      'no-port',
      eal('set_mempolicy: Operation not permitted', 'testpmd: No probed ethernet devices'),
      /^testpmd: No probed ethernet devices$/,
    ],
    ['memory', eal('EAL: FATAL: Cannot init memory', 'EAL: Cannot init memory'), /Cannot init memory/],
    [
      'vfio',
      eal(
        'EAL:   0000:06:00.0 VFIO group is not viable! Not all devices in IOMMU group bound to VFIO or unbound',
        'testpmd: No probed ethernet devices',
      ),
      /VFIO group is not viable/,
    ],
    [
      'no-port',
      eal('EAL: No available 2048 kB hugepages reported', 'testpmd: No probed ethernet devices'),
      /^testpmd: No probed ethernet devices$/,
    ],
    [
      'no-verbs-library',
      // glibc's loader: testpmd is linked with net_mlx5, and that with libibverbs.
      'dpdk-testpmd: error while loading shared libraries: libibverbs.so.1: cannot open shared object file: No such file or directory',
      /libibverbs\.so\.1: cannot open/,
    ],
    [
      'no-verbs-library',
      // cisco-system-traffic-generator/trex-core#713
      eal(
        'EAL: libibverbs.so.1: cannot open shared object file: No such file or directory',
        'EAL: FATAL: Cannot init plugins',
      ),
      /libibverbs\.so\.1: cannot open .*; EAL: FATAL: Cannot init plugins/,
    ],
    [
      'no-port-without-verbs',
      eal(...NO_GLUE, 'testpmd: No probed ethernet devices'),
      /^mlx5_common: Cannot load glue.*No probed/,
    ],
    [
      // Printed for any NIC if rdma-core is missing, so something else stopped testpmd.
      'memory',
      eal(...NO_GLUE, 'EAL: FATAL: Cannot init memory'),
      /^EAL: FATAL: Cannot init memory$/,
    ],
    [
      'driver-refused',
      eal(
        ...NO_GLUE,
        'EAL: Probe PCI driver: net_iavf (8086:1889) device: 0000:06:00.0 (socket -1)',
        'iavf_dev_init(): Init vf failed',
        'EAL: Requested device 0000:06:00.0 cannot be used',
        'testpmd: No probed ethernet devices',
      ),
      /^iavf_dev_init/,
    ],
    [
      'no-verbs',
      // libibverbs has no other Verbs device in the guest with which to compare.
      eal(
        'EAL: Probe PCI driver: mlx5_pci (15b3:101e) device: 0000:06:00.0 (socket -1)',
        'mlx5_common: Verbs device not found: 0000:06:00.0',
        'mlx5_common: Failed to initialize device context.',
        'EAL: Requested device 0000:06:00.0 cannot be used',
        'testpmd: No probed ethernet devices',
      ),
      /^mlx5_common: Verbs device not found/,
    ],
    ['too-many-queues', VIRTIO_STARTS.split('LAB# dpdk-testpmd')[1] ?? '', /rxq 4 invalid/],
    ['not-installed', '-bash: dpdk-testpmd: command not found', /command not found/],
    [
      // rte_bus_generic_probe and RTE_LOG_LINE_PREFIX of DPDK 26.07
      'driver-refused',
      eal(
        'PCI_BUS: Probe PCI driver: net_iavf (8086:1889) device: 0000:06:00.0 (socket -1)',
        'IAVF_INIT: iavf_dev_init(): Init vf failed',
        'EAL: Failed to probe device 0000:06:00.0',
        'EAL: Bus (pci) probe failed.',
        'testpmd: No probed ethernet devices',
      ),
      /^IAVF_INIT: iavf_dev_init\(\): Init vf failed; EAL: Failed to probe device 0000:06:00.0$/,
    ],
    [
      // emmericp/MoonGen#314, DPDK 17.11
      'driver-refused',
      'EAL: PCI device 0000:13:00.0 on NUMA socket -1\r\nEAL:   probe driver: 8086:37cd net_i40e_vf\r\n' +
        'i40evf_init_vf(): init_adminq failed: -53\r\ni40evf_dev_init(): Init vf failed\r\n' +
        'EAL: Requested device 0000:13:00.0 cannot be used\r\nEAL: No probed ethernet devices',
      /^i40evf_init_vf\(\): init_adminq failed: -53; i40evf_dev_init/,
    ],
    [
      // drivers/bus/pci/pci_common.c: before the driver is called
      'iova-mode',
      eal(
        "EAL:   Expecting 'PA' IOVA mode but current mode is 'VA', not initializing",
        'EAL: Requested device 0000:06:00.0 cannot be used',
        'testpmd: No probed ethernet devices',
      ),
      /^EAL: {3}Expecting 'PA' IOVA mode/,
    ],
    [
      // mlx5's complaint about its library is not of the device that VFIO keeps.
      'vfio',
      eal(
        ...NO_GLUE,
        'EAL: Cannot open /dev/vfio/noiommu-0: Device or resource busy',
        'EAL: Failed to open VFIO group 0',
        'EAL: Requested device 0000:06:00.0 cannot be used',
        'testpmd: No probed ethernet devices',
      ),
      /Device or resource busy; EAL: Failed to open VFIO group 0/,
    ],
    [
      // FDio/vpp#631: the first port is fine; VFIO refuses the second before its driver is called.
      'vfio',
      eal(
        'EAL: Probe PCI driver: net_iavf (8086:154c) device: 0000:06:00.0 (socket 1)',
        'iavf_dev_init_vlan(): Failed to update vlan offload',
        'EAL: Cannot open /dev/vfio/151: Device or resource busy',
        'EAL: Failed to open VFIO group 151',
        'EAL: Requested device 0000:07:00.0 cannot be used',
        'testpmd: No probed ethernet devices',
      ),
      /Device or resource busy; EAL: Failed to open VFIO group 151$/,
    ],
    [
      // drivers/net/mlx4/mlx4.c (mlx4_pci_probe)
      'no-verbs',
      eal(
        'EAL: Probe PCI driver: net_mlx4 (15b3:1004) device: 0000:06:00.0 (socket -1)',
        'net_mlx4: cannot access device, is mlx4_ib loaded?',
        'EAL: Requested device 0000:06:00.0 cannot be used',
        'testpmd: No probed ethernet devices',
      ),
      /is mlx4_ib loaded/,
    ],
    [
      // lib/ethdev/rte_ethdev.c (rte_eth_dev_configure)
      'too-many-queues',
      'Configuring Port 0 (socket 0)\r\nETHDEV: Ethdev port_id=0 nb_rx_queues=4 > 1\r\nFail to configure port 0\r\n' +
        'EAL: Error - exiting with code: 1\r\n  Cause: Start ports failed',
      /nb_rx_queues=4 > 1/,
    ],
    [
      // drivers/net/intel/iavf/iavf_ethdev.c (iavf_init_rxq)
      'port-start',
      'Configuring Port 0 (socket 0)\r\n' +
        'iavf_init_rxq(): maximum packet length must be larger than 64 and smaller than 9728\r\n' +
        'iavf_dev_start(): failed to do Queue init\r\nFail to start port 0: Operation not permitted\r\n' +
        'EAL: Error - exiting with code: 1\r\n  Cause: Start ports failed',
      /^iavf_init_rxq\(\): maximum packet length must be/,
    ],
    [
      // lib/eal/x86/rte_cpuflags.c and lib/eal/common/eal_common_cpuflags.c
      'unknown',
      'ERROR: This system does not support "AVX512F".\r\nPlease check that RTE_MACHINE is set correctly.\r\n' +
        'EAL: FATAL: unsupported cpu type.\r\nEAL: unsupported cpu type.\r\n' +
        'EAL: Error - exiting with code: 1\r\n  Cause: Cannot init EAL: Operation not supported',
      /^ERROR: This system does not support "AVX512F"/,
    ],
    ['unknown', eal('EAL: Error - exiting with code: 1', '  Cause: Something new'), /Cause: Something new$/],
    ['unknown', '', /said nothing/],
  ]
  for (const [classification, words, evidence] of cases) {
    it(`${classification}: ${words.split('\r\n').at(-2) ?? words}`, () => {
      const failure = explainStartFailure(words)
      expect(failure.classification).equals(classification)
      expect(failure.evidence.join('; ')).matches(evidence)
    })
  }

  it('knows by its exit code that it is not installed, in the language of the guest', () => {
    const german = '-bash: dpdk-testpmd: Kommando nicht gefunden.'
    expect(explainStartFailure(german, 127)).deep.includes({
      classification: 'not-installed',
      evidence: [german],
    })
    // The loader's exit code is the same.
    const library =
      'dpdk-testpmd: error while loading shared libraries: libnuma.so.1: cannot open shared object file'
    expect(explainStartFailure(library, 127)).includes({ classification: 'unknown' })
  })

  it('reads how many queues the NIC has where ethdev refuses more', () => {
    const text =
      'Configuring Port 0 (socket 0)\r\nETHDEV: Ethdev port_id=0 nb_tx_queues=4 > 2\r\nFail to configure port 0'
    expect(explainStartFailure(text).maxQueues).equals(2)
  })

  for (const [name, classification, words] of [
    [
      'testpmd-iavf-init/banner',
      'driver-refused',
      /OP_GET_VF_RESOURCE; .*; iavf_dev_init\(\): Init vf failed/,
    ],
    ['testpmd-mlx5-vfio/banner', 'no-verbs', /No Verbs device matches PCI device 0000:06:00.0/],
    ['testpmd-no-port-prompt/banner', 'no-port', /^testpmd: No probed ethernet devices$/],
    [
      'testpmd-port-start-words/words',
      'port-start',
      /^ETHDEV: Invalid value for nb_tx_desc\(=2048\), should be: <= 1024/,
    ],
  ] as const) {
    it(`${classification}: ${name}`, async () => {
      const banner = readFileSync(new URL(`../../../fixtures/cases/${name}.txt`, import.meta.url), 'utf8')
      const isOver = !banner.includes('testpmd> ')
      const shell = new FakeShell({
        open: () => (isOver ? { finalOutput: banner } : { banner }),
        send: (line) => (line === 'quit' || line === 'show port info all' ? '' : undefined),
      })
      const error = await rejection(TestpmdSession.open(shell, PLAN, soon))
      if (!(error instanceof TestpmdStartError)) throw error
      expect(error.classification).equals(classification)
      expect(error.evidence.join('; ')).matches(words)
      // The guest's shell is free for the diagnosis.
      expect(shell.typed.at(-1)).matches(isOver ? /^dpdk-testpmd/ : /^quit$/)
    })
  }

  it('names the port that is not there where the other one is', async () => {
    const both = only('show port info all')
    const first = both.slice(0, both.indexOf('********************* Infos for port 1'))
    const refused = [
      'PCI_BUS: Probe PCI driver: net_bnxt (14e4:16dc) device: 0000:07:00.0 (socket 0)',
      'bnxt_hwrm_ver_get(): timeout(in 500000 us) msg 0x0 seq 0',
      'PCI_BUS: Requested device 0000:07:00.0 cannot be used',
    ]
    for (const [banner, classification, words] of [
      ['EAL: No available 2048 kB hugepages reported', 'no-port', 'it has only 0000:06:00.0'],
      [refused.join('\r\n'), 'driver-refused', refused.slice(1).join('; ')],
    ] as const) {
      const shell = new FakeShell({
        open: () => ({ banner }),
        send: (line) => (line === 'quit' ? '' : first),
      })
      const error = await rejection(TestpmdSession.open(shell, PLAN, soon))
      expect(error).instanceOf(TestpmdStartError).includes({ classification })
      expect(error).has.property(
        'message',
        `dpdk-testpmd has no port 0000:07:00.0 on the fake guest: ${words}`,
      )
    }
  })

  it('does not take what a driver says of one device for the fault of another', () => {
    const failure = explainStartFailure(
      eal(
        'EAL: Probe PCI driver: net_iavf (8086:1889) device: 0000:06:00.0 (socket -1)',
        'iavf_dev_init(): something that failed and did not matter',
        'EAL: Probe PCI driver: net_iavf (8086:1889) device: 0000:07:00.0 (socket -1)',
        'EAL: 0000:07:00.0 failed to select IOMMU type',
        'testpmd: No probed ethernet devices',
      ),
    )
    expect(failure.classification).equals('vfio')
  })

  it('ends in an error with the cause in its message', async () => {
    const shell = new FakeShell({ open: () => ({ finalOutput: 'EAL: Cannot init memory' }) })
    const error = await rejection(TestpmdSession.open(shell, PLAN, soon))
    expect(error).instanceOf(TestpmdStartError).includes({ classification: 'memory' })
    expect(error).has.property(
      'message',
      'dpdk-testpmd did not start on the fake guest: EAL: Cannot init memory',
    )
  })
})
