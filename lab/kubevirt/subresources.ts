/** `subresources.kubevirt.io`: a VMI's serial console, soft reboot and guest agent info. */
import { StatusError, type SubresourceHandler, type SubresourceRequest } from '../apiserver/contract.ts'
import type { VmiController } from './controller.ts'
import { conditionOf, isTrue } from '../nodes/condition.ts'
import type { Vmi } from './vmi.ts'
import type { VmiLife } from './vmi-life.ts'

const GROUP = 'subresources.kubevirt.io'
/** The resource in KubeVirt's error messages, in the singular. */
const RESOURCE = 'virtualmachineinstance.kubevirt.io'

export function vmiSubresources(controller: () => VmiController): SubresourceHandler[] {
  const find = (request: SubresourceRequest) => lookUp(controller(), request)
  return ['v1', 'v1alpha3'].flatMap((version): SubresourceHandler[] => {
    const common = { group: GROUP, version, plural: 'virtualmachineinstances' }
    return [
      {
        ...common,
        subresource: 'console',
        method: 'GET',
        webSocket: {
          protocols: ['plain.kubevirt.io'],
          check: (request) => void consoleOf(find(request)),
          connect: (request, socket) => {
            try {
              consoleOf(find(request)).connect(socket)
            } catch {
              // The VMI ended between the check and the upgrade.
              socket.terminate()
            }
          },
        },
      },
      {
        ...common,
        subresource: 'softreboot',
        method: 'PUT',
        handle: (request) => {
          softReboot(find(request))
          return Promise.resolve(undefined)
        },
      },
      {
        ...common,
        subresource: 'guestosinfo',
        method: 'GET',
        handle: (request) => guestOsInfo(find(request)),
      },
    ]
  })
}

interface Found {
  readonly vmi: Vmi
  readonly life: VmiLife | undefined
}

function lookUp(controller: VmiController, { namespace, name }: SubresourceRequest): Found {
  const found = controller.find(namespace, name)
  if (found !== undefined) return found
  throw new StatusError(404, 'NotFound', `${RESOURCE} "${name}" not found`, details(name))
}

function consoleOf({ vmi, life }: Found): NonNullable<VmiLife['console']> {
  const { name } = vmi.metadata
  if (vmi.spec.domain.devices.autoattachSerialConsole === false)
    throw new StatusError(400, 'BadRequest', 'No serial consoles are present.')
  if (vmi.status.phase === 'Failed') throw conflict(name, 'VMI is in failed status')
  if (vmi.status.phase !== 'Running') throw new StatusError(400, 'BadRequest', 'VMI is not running')
  if (life?.console !== undefined) return life.console
  throw internal("dialing virt-launcher's serial console socket failed: no such file or directory")
}

function softReboot({ vmi, life }: Found): void {
  const { name } = vmi.metadata
  if (vmi.status.phase !== 'Running' || life?.guest === undefined) throw conflict(name, 'VM is not running')
  if (isTrue(vmi, 'Paused')) throw conflict(name, 'VMI is paused')
  const acpi = vmi.spec.domain.features?.acpi?.enabled !== false
  if (conditionOf(vmi, 'AgentConnected') === undefined && !acpi)
    throw conflict(name, 'VMI neither have the agent connected nor the ACPI feature enabled')
  // Like KubeVirt, errors of the guest's reboot are ignored: only the guest shows whether it rebooted.
  life.guest.softReboot().catch(() => undefined)
}

async function guestOsInfo({ vmi, life }: Found): Promise<object> {
  const agent = life?.guest?.agent
  if (conditionOf(vmi, 'AgentConnected') === undefined || agent === undefined)
    throw internal('VMI does not have guest agent connected')
  const { version } = await agent.info().catch(() => {
    throw internal('VMI does not have guest agent connected')
  })
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceGuestAgentInfo',
    guestAgentVersion: version,
    os: vmi.status.guestOSInfo ?? {},
    fsInfo: { disks: [] },
  }
}

function conflict(name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${RESOURCE} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, details(name))
}

function internal(why: string): StatusError {
  const message = `Internal error occurred: ${why}`
  return new StatusError(500, 'InternalError', message, { causes: [{ reason: '', message: why }] })
}

function details(name: string): { name: string; group: string; kind: string } {
  return { name, group: 'kubevirt.io', kind: 'virtualmachineinstance' }
}
