/** A small API extension for tests: VMIs with a console that echoes, and a soft reboot. */
import { type ApiExtension, StatusError, type Store, type SubresourceRequest } from '../contract.ts'
import { VMIS } from './recorded-world.ts'
import { notFound } from '../status.ts'

const SUBRESOURCES = {
  group: 'subresources.kubevirt.io',
  version: 'v1',
  plural: 'virtualmachineinstances',
} as const

export interface TestExtension {
  readonly extension: (store: Store) => ApiExtension[]
  /** The users and objects of soft reboot requests. */
  readonly reboots: SubresourceRequest[]
}

export function testExtension(): TestExtension {
  const reboots: SubresourceRequest[] = []
  const extension = (store: Store): ApiExtension[] => {
    const check = ({ namespace, name }: SubresourceRequest) => {
      const vmi = store.get(VMIS, namespace, name)
      if (vmi === undefined) throw notFound(VMIS, name)
      const { phase } = (vmi['status'] ?? {}) as { phase?: string }
      if (phase !== 'Running') throw new StatusError(409, 'Conflict', 'VMI is not running')
    }
    return [
      {
        kinds: [VMIS],
        admitCreate: (_kind, vmi) => ({ ...vmi, status: { phase: 'Pending' } }),
        subresources: [
          {
            ...SUBRESOURCES,
            subresource: 'console',
            method: 'GET',
            webSocket: {
              protocols: ['plain.kubevirt.io'],
              check,
              connect: (_request, socket) => {
                socket.on('message', (data) => {
                  socket.send(data)
                })
              },
            },
          },
          {
            ...SUBRESOURCES,
            subresource: 'softreboot',
            method: 'PUT',
            handle: (request) => {
              check(request)
              reboots.push(request)
              return Promise.resolve(undefined)
            },
          },
        ],
      },
    ]
  }
  return { extension, reboots }
}
