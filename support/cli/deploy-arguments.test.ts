import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import { readDeployArguments, readRenderArguments, VARIABLES_TEXT } from './deploy-arguments.ts'
import { defaultParameters } from '../rootless/parameters.ts'

function violations(args: readonly string[], env: Record<string, string> = {}): readonly string[] {
  try {
    readDeployArguments('deploy', ['testpmd-tap', ...args], {}, env)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.violations
    throw error
  }
  return []
}

describe('what is typed behind rootless deploy', () => {
  it('takes defaults, the environment, and before it the command line', () => {
    const parsed = readDeployArguments(
      'deploy',
      ['testpmd-tap', 'TAP_QUEUES=2'],
      { timeout: '90s', keep: true, 'force-conflicts': true },
      { TAP_QUEUES: '3', TESTPMD_CPUS: '4', ROOT: 'true', HOME: '/root' },
    )
    expect(parsed).to.deep.equal({
      command: 'deploy',
      tree: 'testpmd-tap',
      parameters: { ...defaultParameters(), TAP_QUEUES: '2', TESTPMD_CPUS: '4' },
      variant: 'root',
      timeout: 90_000,
      keep: true,
      forceConflicts: true,
      resetNetwork: false,
      renderOnly: false,
    })
  })

  it('takes false for what is not asked, and PRIVILEGED', () => {
    const variant = (env: Record<string, string>) =>
      readDeployArguments('deploy', ['testpmd-tap'], {}, env).variant
    expect(variant({ ROOT: 'false', PRIVILEGED: 'true' })).to.equal('privileged')
    expect(variant({ ROOT: '', PRIVILEGED: 'false' })).to.equal('default')
    const parsed = readDeployArguments('deploy', ['testpmd-tap'], {}, {})
    expect(parsed).to.include({ keep: false, forceConflicts: false, resetNetwork: false })
  })

  it('renders any tree by itself', () => {
    for (const tree of ['testpmd-tap', 'prerequisites', 'sriov-network-node-policy'])
      expect(readRenderArguments([tree, 'TAP_QUEUES=2'], { ROOT: 'true' })).to.deep.equal({
        tree,
        parameters: { ...defaultParameters(), TAP_QUEUES: '2' },
        variant: 'root',
      })
    expect(() => readDeployArguments('deploy', ['sriov-network-node-policy'], {}, {})).to.throw(
      InvalidInputError,
    )
    expect(() => readRenderArguments(['everything'], {})).to.throw(/policy, not everything/)
  })

  it('gives nodes time to reboot with a MachineConfig', () => {
    expect(readDeployArguments('deploy', ['machineconfig'], {}, {}).timeout).to.equal(3_600_000)
  })

  it('helps with every parameter', () => {
    for (const name of Object.keys(defaultParameters())) expect(VARIABLES_TEXT).to.include(`  ${name}=`)
  })

  for (const [words, sentence] of [
    [['ROOT=yes'], 'ROOT must be true or false, not "yes"'],
    [['PRIVILEGED=1'], 'PRIVILEGED must be true or false, not "1"'],
    [['ROOT=true', 'PRIVILEGED=true'], 'ROOT and PRIVILEGED cannot both be true'],
    [['RUNTIME_CLASS_NAME='], 'RUNTIME_CLASS_NAME must be'],
    [['TAP_MAC=20:04:0f:f1:88'], 'TAP_MAC must be the MAC address of one port'],
    [['TAP_MAC=01:00:5e:00:00:01'], 'TAP_MAC must be the MAC address of one port'],
    [['TAP_MAC=00:00:00:00:00:00'], 'TAP_MAC must be the MAC address of one port'],
    [['EAST_MAC=20:04:0F:F1:88:12'], 'EAST_MAC and WEST_MAC are both 20:04:0f:f1:88:12'],
    [['WEST_PEER_MAC=20:04:0f:f1:88:11'], 'EAST_MAC and WEST_PEER_MAC are both 20:04:0f:f1:88:11'],
    [['MAC_DPDK_OVERRIDE=20:04:0f:f1:88:01'], 'MAC_DPDK_OVERRIDE is the same as TAP_MAC'],
    [['TAP_ADDRESS=192.168.18.110'], 'TAP_ADDRESS must be an IPv4 address with the length of its prefix'],
    [['TAP_ADDRESS=192.168.18.110/33'], 'TAP_ADDRESS must be an IPv4 address with the length of its prefix'],
    [['TAP_ADDRESS=192.168.18.310/25'], 'TAP_ADDRESS must be an IPv4 address with the length of its prefix'],
    [['TAP_GATEWAY=192.168.18.200'], 'TAP_GATEWAY 192.168.18.200 is not in 192.168.18.110/25'],
    [['TAP_GATEWAY=192.168.18.110'], 'TAP_GATEWAY must not be the address of the tap itself'],
    [['FORWARDING_CORES=8'], 'FORWARDING_CORES must be less than the 8 CPUs'],
    [['PINNED_LCORES=2-3', 'FORWARDING_CORES=2'], 'FORWARDING_CORES must be less than the 2 CPUs'],
    [['PINNED_LCORES=3-2'], 'PINNED_LCORES must be a list of CPUs'],
    [['FORWARD_MODE=teleport'], 'FORWARD_MODE must be mac, io, macswap or rxonly'],
    [['TESTPMD_LOG_LEVEL=loud'], 'TESTPMD_LOG_LEVEL must be a level of EAL such as 8 or debug'],
    [['TESTPMD_LOG_LEVEL=pmd:debug -x'], 'TESTPMD_LOG_LEVEL must be a level of EAL'],
    [['TESTPMD_STRACE=yes'], 'TESTPMD_STRACE must be true or false'],
    [['SRIOV_RESOURCE_NAME=openshift.io/vfio_pci_0'], 'SRIOV_RESOURCE_NAME must be'],
    [['TESTPMD_IMAGE=a b'], 'TESTPMD_IMAGE must be an image reference'],
    [['TESTPMD_HUGEPAGES_1GI=512Mi'], 'TESTPMD_HUGEPAGES_1GI must be whole Gi'],
    [['TAP_QUEUE=2'], 'TAP_QUEUE is not a parameter'],
    [['extra'], 'extra is not NAME=value'],
  ] as const) {
    it(`answers ${words.join(' ')} with a sentence`, () => {
      const said = violations(words)
      expect(said).to.have.length(1)
      expect(said[0]).to.include(sentence)
    })
  }

  it('names every violation at once', () => {
    expect(violations(['ROOT=2', 'TAP_MAC=x', 'nonsense'])).to.have.length(3)
  })

  it('answers a time that is none with a sentence', () => {
    expect(() => readDeployArguments('deploy', ['testpmd-tap'], { timeout: 'soon' }, {})).to.throw(
      '--timeout must be a duration such as 5m, not "soon"',
    )
  })

  it('names the trees where it is given none', () => {
    expect(() => readDeployArguments('deploy', [], {}, {})).to.throw(
      /machineconfig.*testpmd-tap.*, not nothing/,
    )
  })
})
