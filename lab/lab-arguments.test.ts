import { expect } from 'chai'
import { InvalidInputError } from '../support/common/errors.ts'
import { pktgen } from '../support/dataplane/engines/pktgen/engine.ts'
import { readParameters } from '../support/readiness/read-parameters.ts'
import { HELP, parseLabArguments, withRate } from './lab-arguments.ts'
import { OPTION_NAMES } from './options.ts'

describe('arguments of npm start', () => {
  it('are a valid checkup by default', () => {
    const { configMapData, nic } = parseLabArguments(['start'], 'net')
    expect(nic).to.equal('vmxnet3')
    expect(readParameters(withRate(configMapData, '2k'))).to.deep.include({
      networkAttachmentDefinitionName: 'net',
      trafficGenPacketsPerSecond: 2000,
      trafficGenEngine: pktgen,
      testDuration: 10_000,
      warnings: [],
    })
  })

  it('pass any parameter on by its name, and the timeout', () => {
    const words = [
      'start',
      'testDuration=20s',
      'trafficGenPacketsPerSecond=5k',
      'timeout=20m',
      '--nic',
      'virtio',
      'a=b=c',
    ]
    const { configMapData, nic } = parseLabArguments(words, 'net')
    expect(nic).to.equal('virtio')
    expect(configMapData).to.include({
      'spec.timeout': '20m',
      'spec.param.testDuration': '20s',
      'spec.param.trafficGenPacketsPerSecond': '5k',
      'spec.param.a': 'b=c',
    })
  })

  it('keep a rate that was given, whatever fits the machine', () => {
    const { configMapData } = parseLabArguments(['start', 'trafficGenPacketsPerSecond=40k'], 'net')
    expect(readParameters(withRate(configMapData, '2k')).trafficGenPacketsPerSecond).to.equal(40_000)
  })

  it('are refused where the NICs of the lab cannot have as many queues', () => {
    const start = (...words: string[]) => parseLabArguments(['start', ...words], 'net')
    for (const words of [['vmiCpus=10'], ['vmiCpus=12', 'vmiQueues=5']])
      expect(() => start(...words)).to.throw(
        InvalidInputError,
        /1, 2, 4 or 8 queues, not [65]: set vmiQueues/,
      )
    for (const words of [
      ['vmiCpus=12'],
      ['vmiCpus=10', 'vmiQueues=4'],
      ['vmiCpus=32'],
      ['vmiCpus=10', '--nic', 'virtio'],
    ])
      expect(() => start(...words)).to.not.throw()
    // The checkup itself refuses these.
    for (const words of [['vmiCpus=7'], ['vmiQueues=all'], ['vmiCpus=']])
      expect(() => start(...words)).to.not.throw()
  })

  it('take the full keys too', () => {
    const { configMapData } = parseLabArguments(
      ['start', 'spec.param.verbose=true', 'spec.timeout=20m'],
      'net',
    )
    expect(configMapData).to.include({ 'spec.param.verbose': 'true', 'spec.timeout': '20m' })
  })

  it('take TRex where an archive is named, and where guests are simulated', () => {
    const trex = 'trafficGenEngine=trex'
    const archive = { TREX_ARCHIVE: '/v3.08.tar.gz' }
    expect(parseLabArguments(['start', trex], 'net', archive).configMapData).to.include({
      'spec.param.trafficGenEngine': 'trex',
    })
    expect(parseLabArguments(['start', '--runtime', 'scripted', trex], 'net', {}).runtime).to.equal(
      'scripted',
    )
  })

  it('take a fault by its name', () => {
    expect(parseLabArguments(['start'], 'net').fault).to.equal(undefined)
    for (const command of ['start', 'lab']) {
      const { fault } = parseLabArguments([command, '--runtime', 'scripted', '--fault', 'loss'], 'net')
      expect(fault).to.deep.include({ id: 'loss', scripted: { links: { lostToVm: 0.01 } } })
    }
  })

  for (const words of [
    ['--fault', 'weak-nic,slow-uplink'],
    ['--fault', 'weak-nic', '--fault', 'slow-uplink'],
  ])
    it(`take several faults between nodes: ${words.join(' ')}`, () => {
      const { fault } = parseLabArguments(
        ['start', '--runtime', 'scripted', '--lab-nodes', '12', ...words],
        'net',
      )
      expect(fault).to.deep.include({
        labNodes: 12,
        scripted: {
          ways: [
            { node: 'lab-node-3', lost: 0.05 },
            { zone: 'zone-b', lost: 0.05 },
          ],
        },
      })
      expect(fault?.parameters).to.include({ 'spec.param.pairs': 'all' })
    })

  it('take the parameters of a fault, and those that are typed before them', () => {
    const words = ['start', '--runtime', 'scripted', '--fault', 'trex-killed', 'testDuration=3s']
    expect(parseLabArguments(words, 'net').configMapData).to.deep.equal({
      'spec.timeout': '5m',
      'spec.param.networkAttachmentDefinitionName': 'net',
      'spec.param.trafficGenPacketsPerSecond': '10k',
      'spec.param.testDuration': '3s',
      'spec.param.trafficGenEngine': 'trex',
    })
  })

  it('give real guests on many nodes a network and time for more than a pair', () => {
    for (const words of [
      ['--lab-nodes', '2', 'nodes=all'],
      ['nodes=all', 'pairs=ring'],
    ])
      expect(parseLabArguments(['start', ...words], 'net')).to.deep.include({ labNodes: 2 })
    const timeoutOf = (...words: string[]) =>
      parseLabArguments(['start', ...words], 'net').configMapData['spec.timeout']
    expect(timeoutOf('nodes=all')).to.equal('1h')
    expect(timeoutOf('nodes=all', 'timeout=2h')).to.equal('2h')
    expect(timeoutOf('--runtime', 'scripted', '--lab-nodes', '2', 'nodes=all')).to.equal('15m')
    expect(parseLabArguments(['start'], 'net').labNodes).to.equal(undefined)
  })

  it('list the faults with any runtime', () => {
    for (const runtime of ['qemu', 'scripted'])
      expect(
        parseLabArguments(['start', '--runtime', runtime, '--fault', 'list'], 'net').listsFaults,
      ).to.equal(true)
  })

  it('choose the simulated guests of the default images', () => {
    const { guestImage, runtime, configMapData } = parseLabArguments(
      ['lab', '--runtime', 'scripted', '--guest-image', 'centos'],
      'net',
      {},
    )
    expect(configMapData).to.include({ 'spec.param.trafficGenEngine': 'trex' })
    expect({ guestImage, runtime }).to.deep.equal({ guestImage: 'centos', runtime: 'scripted' })
  })

  it('say how much memory the guests take, the usual one where the checkup will refuse what is asked for', () => {
    const memoryOf = (...words: string[]) => parseLabArguments(['start', ...words], 'net').memoryGi
    const usual = readParameters(withRate(parseLabArguments(['start'], 'net').configMapData, '2k')).vmiMemory
    expect(memoryOf()).to.equal(usual)
    expect(memoryOf('vmiMemory=6Gi')).to.equal(6)
    for (const wrong of ['2Gi', '6500Mi', 'much', ''])
      expect(memoryOf(`vmiMemory=${wrong}`), wrong).to.equal(usual)
  })

  it('have a help that names every option', () => {
    for (const name of OPTION_NAMES) expect(HELP).to.include(`--${name}`)
  })

  for (const [words, complaint] of [
    [['start', 'fast'], 'fast is not a parameter=value pair'],
    [['start', '--nic', 'e1000'], '--nic takes vmxnet3, virtio, mlx5, bnxt, ena, not e1000'],
    [['start', '--nic', 'mlx5'], '--nic mlx5 works with --runtime scripted only'],
    [['start', '--nic', 'virtio', '--runtime', 'scripted'], '--nic virtio works with --runtime qemu only'],
    [
      ['start', '--runtime', 'scripted', '--nic', 'ena', '--fault', 'mlx5'],
      '--fault mlx5 has its own NICs (mlx5), so --nic ena is not possible',
    ],
    [['start', '--runtime', 'docker'], '--runtime takes qemu or scripted, not docker'],
    [['start', '--guest-image', 'fat'], '--guest-image takes minimal, full or centos, not fat'],
    [
      ['lab', '--runtime', 'scripted', '--guest-image', 'full'],
      '--guest-image full works with --runtime qemu only',
    ],
    [['start', '--guest-image', 'centos'], '--guest-image centos works with --runtime scripted only'],
    [['start', '--iommu', 'maybe'], '--iommu takes on or off, not maybe'],
    [['start', 'trafficGenEngine=trex'], 'TREX_ARCHIVE to the path of a release, a tar.gz from https://'],
    [['start', '--nick', 'virtio'], "Unknown option '--nick'"],
    [['lab', 'testDuration=20s'], 'lab takes no parameters'],
    [
      ['start', '--runtime', 'scripted', '--fault', 'fire'],
      '--fault takes list, or an id of that list, not fire',
    ],
    [
      ['start', '--runtime', 'scripted', '--fault', 'loss,weak-nic'],
      '--fault loss and weak-nic cannot be combined: only weak-nic, bad-cable, slow-uplink, slow-fabric can',
    ],
    [
      ['start', '--runtime', 'scripted', '--lab-nodes', 'many'],
      '--lab-nodes takes a whole number from 2 to 200, not many',
    ],
    [
      ['lab', '--runtime', 'scripted', '--fault', 'vm-deleted'],
      '--fault vm-deleted works with npm start only: the fault happens while the suite runs',
    ],
    [['stop'], 'the command is start or lab'],
  ] as const) {
    it(`refuse ${words.join(' ')}`, () => {
      expect(() => parseLabArguments(words, 'net', {})).to.throw(InvalidInputError, complaint)
    })
  }
})
