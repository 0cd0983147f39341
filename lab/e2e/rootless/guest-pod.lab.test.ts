/** The tap application in a real guest, with real VFIO, vhost-net and DPDK. Takes minutes if guests are emulated. */
import { expect } from 'chai'
import { PATIENCE } from '../../../support/common/testing/patience.ts'
import { ensureGuestImages } from '../../guests/images.ts'
import type { GuestRuntime } from '../../guests/guest-runtime.ts'
import { createQemuRuntime } from '../../guests/qemu/qemu-runtime.ts'
import {
  accessViolations,
  capabilityViolations,
  counterViolations,
  ealViolations,
  lcoreViolations,
  linkViolations,
  macViolations,
  memlockViolations,
  noNewPrivsViolations,
  pingViolations,
  userViolations,
} from '../../../support/rootless/expectations.ts'
import { explainEnd } from '../../../support/rootless/explain.ts'
import { defaultParameters } from '../../../support/rootless/parameters.ts'
import { parsePing } from '../../../support/rootless/ping.ts'
import { parsePrivileges } from '../../../support/rootless/privileges-block.ts'
import { parseStartup } from '../../../support/rootless/startup-log.ts'
import { executeAnyway, readStatistics, since } from '../../../support/rootless/testpmd-control.ts'
import { bootGuestPod, type GuestPod } from './guest-pod.fixture.ts'

const { signal } = new AbortController()
const limits = { signal, timeout: PATIENCE }
const { TAP_GATEWAY } = defaultParameters()
const PINGS = 100

describe('the tap application as an unprivileged process in a real guest', () => {
  let runtime: GuestRuntime
  let pod: GuestPod

  before('two guests boot', async () => {
    const images = await ensureGuestImages({ variant: 'minimal', log: () => undefined, signal })
    runtime = await createQemuRuntime({
      kernel: images.kernel,
      nic: ({ id }) => (id === 'gateway' ? 'virtio' : 'vmxnet3'),
      signal,
    })
    pod = await bootGuestPod(runtime, images, signal)
  })
  after(async () => {
    await pod[Symbol.asyncDispose]()
    await runtime[Symbol.asyncDispose]()
  })

  afterEach(() => pod.stop())

  async function pingOut() {
    const before = await readStatistics(pod.kubectl, 'pod', limits)
    const args = ['ping', '-c', String(PINGS), '-i', '0.05', '-W', '2', TAP_GATEWAY]
    const ping = parsePing(await executeAnyway(pod.kubectl, 'pod', args, limits))
    return { ping, counters: since(before, await readStatistics(pod.kubectl, 'pod', limits)) }
  }

  it('comes up with no more than the manifest asks for, and pings out first', async () => {
    const log = await pod.start({ TAP_QUEUES: '1', TESTPMD_QUEUES: '1' })
    const privileges = parsePrivileges(log)
    const startup = parseStartup(log)
    expect(
      [
        ...userViolations(privileges, 'default'),
        ...capabilityViolations(privileges.capabilities, 'default'),
        ...noNewPrivsViolations(privileges, 'default'),
        ...memlockViolations(privileges, 2 ** 30),
        ...accessViolations(privileges),
        ...ealViolations(startup),
        ...macViolations(startup, defaultParameters()),
        ...linkViolations(startup),
        ...lcoreViolations(startup.lcores, privileges.cpus),
      ],
      log,
    ).to.deep.equal([])
    // Two threads per core: the command line has CPU 2 to itself, and its sibling 3 stays idle.
    expect(startup.lcores).to.equal('0@2,1@4,2@5')
    const { ping, counters } = await pingOut()
    expect([
      ...pingViolations({ ping, startup, counters }, PINGS),
      ...counterViolations(counters, ping),
    ]).to.deep.equal([])
  })

  it("fails to ping with the original's queues, and the cause is named", async () => {
    const log = await pod.start({ TAP_QUEUES: '2', TESTPMD_QUEUES: '1', TESTPMD_MBUFS: '2048' })
    const startup = parseStartup(log)
    const { ping, counters } = await pingOut()
    // A hash that changes with every boot decides which of the two queues receives the pings.
    expect(pingViolations({ ping, startup, counters }, PINGS).join()).to.match(
      /^\d+ of 100 pings were answered(, other addresses may get none)?: queue mismatch: the tap has 2 queues and testpmd polls 1/,
    )
  })

  it('takes two queues that are polled, and the MAC address that DPDK gives the tap', async () => {
    const mac = '20:04:0f:f1:88:02'
    const env = { TAP_QUEUES: '2', TESTPMD_QUEUES: '2', MAC_DPDK_OVERRIDE: mac }
    const log = await pod.start(env)
    const startup = parseStartup(log)
    expect(macViolations(startup, { ...defaultParameters(), MAC_DPDK_OVERRIDE: mac })).to.deep.equal([])
    const { ping, counters } = await pingOut()
    expect([
      ...pingViolations({ ping, startup, counters }, PINGS),
      ...counterViolations(counters, ping),
    ]).to.deep.equal([])
  })

  it('does not start under the seccomp profile RuntimeDefault, and says that this is why', async () => {
    const log = await pod.start({}, { seccomp: 'RuntimeDefault' }).then(
      () => expect.fail('it started'),
      (error: unknown) => String(error),
    )
    expect(log).to.match(/^Seccomp:\s+2$/m)
    expect(explainEnd('tap', log, 1)).to.match(
      /set_mempolicy: Operation not permitted; remedy: run the pod without/,
    )
  })
})
