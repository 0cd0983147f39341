import { assert } from 'chai'
import {
  accessTrouble,
  capabilityTrouble,
  configured,
  criterion,
  ealTrouble,
  lcoreTrouble,
  linkTrouble,
  macTrouble,
  memlockTrouble,
  noNewPrivsTrouble,
  reach,
  tapStarted,
  userTrouble,
} from '../../support/rootless/index.ts'

const GIB = 2 ** 30

describe('privileges', () => {
  before('deploy the tap', reach(tapStarted))

  criterion(
    'privileges.parameters',
    'its parameters are valid',
    configured,
    ({ parameters, variant }, witness) => {
      witness('variant', variant)
      for (const [name, value] of Object.entries(parameters)) witness(name, value)
    },
  )

  criterion(
    'privileges.pod-up',
    'schedules the pod and gets it forwarding',
    tapStarted,
    ({ up }, witness) => {
      witness('pod', up.pod.metadata.name)
      witness('node', up.pod.spec?.nodeName ?? undefined)
    },
  )

  criterion(
    'privileges.user',
    'runs the pod as the user and groups it asked for',
    tapStarted,
    ({ privileges, variant }, witness) => {
      witness('uid', privileges.uid)
      witness('gid', privileges.gid)
      witness('groups', privileges.groups.join(', '))
      mustBeWell(userTrouble(privileges, variant))
    },
  )

  criterion(
    'privileges.capabilities',
    'gives it exactly the capabilities it needs',
    tapStarted,
    ({ privileges, variant }, witness) => {
      for (const [name, set] of Object.entries(privileges.capabilities))
        witness(name, [...(set as ReadonlySet<string>)].join(', ') || 'none')
      mustBeWell(capabilityTrouble(privileges.capabilities, variant))
    },
  )

  criterion(
    'privileges.no-new-privs',
    'lets it gain no privileges',
    tapStarted,
    ({ privileges, variant }, witness) => {
      witness('no-new-privs', privileges.noNewPrivs ? 'set' : 'not set')
      mustBeWell(noNewPrivsTrouble(privileges, variant))
    },
  )

  criterion(
    'privileges.memlock',
    'lets it lock the memory that VFIO needs',
    tapStarted,
    ({ privileges, parameters }, witness) => {
      witness('memlock', privileges.memlock)
      mustBeWell(memlockTrouble(privileges, parseInt(parameters.TESTPMD_HUGEPAGES_1GI, 10) * GIB))
    },
  )

  criterion(
    'privileges.devices',
    'lets it use vhost-net, the VFIO group and the hugepages',
    tapStarted,
    ({ privileges }, witness) => {
      for (const [path, access] of privileges.access) witness(path, access)
      mustBeWell(accessTrouble(privileges))
    },
  )
})

describe('start', () => {
  before('deploy the tap', reach(tapStarted))

  criterion('start.eal', 'brings EAL up with VFIO and IOVA VA', tapStarted, ({ startup }, witness) => {
    witness('IOVA mode', startup.iovaMode)
    witness('VFIO', startup.vfio ? 'initialized' : 'not initialized')
    mustBeWell(ealTrouble(startup))
  })

  criterion(
    'start.ports',
    'configures VF and tap with one MAC address, or the override',
    tapStarted,
    ({ startup, parameters }, witness) => {
      for (const [port, { mac, device, driver }] of startup.ports)
        witness(`port ${port}`, `${device ?? 'unknown device'}, ${driver ?? 'unknown driver'}, ${mac}`)
      mustBeWell(macTrouble(startup, parameters))
    },
  )

  criterion('start.links', 'brings up both links', tapStarted, ({ startup }, witness) => {
    for (const [port, { link, linkSpeed }] of startup.ports)
      witness(`port ${port}`, `${link}, ${linkSpeed ?? 'unknown speed'}`)
    mustBeWell(linkTrouble(startup))
  })

  criterion(
    'start.lcores',
    "keeps testpmd's lcores on the CPUs of the container",
    tapStarted,
    ({ startup, privileges }, witness) => {
      witness('lcores', startup.lcores)
      witness('lcores that forward', startup.forwardingLcores.join(', '))
      witness('CPUs of the container', privileges.cpus?.join(', '))
      mustBeWell(lcoreTrouble(startup.lcores, privileges.cpus))
    },
  )
})

function mustBeWell(trouble: readonly string[]): void {
  assert(trouble.length === 0, trouble.join('; '))
}
