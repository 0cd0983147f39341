/** What other users do to a checkup while it runs. */
import { once } from 'node:events'
import WebSocket from 'ws'
import { parse } from 'yaml'
import { CONFIG_MAPS, ROLES } from '../apiserver/kinds.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { LabError } from '../lab-error.ts'
import type { FaultyProxy } from './api-proxy.ts'
import { interfereWithNode, isNodeInterference, type NodeInterference } from './node-interference.ts'

export type Interference =
  | 'takes the console of the VM under test'
  | 'cuts all connections'
  | 'stops the API server for 10 s'
  | 'deletes the VM under test'
  | 'deletes the ConfigMap'
  | 'edits the ConfigMap'
  | "takes the console's permission away"
  | NodeInterference

/** A running checkup. */
export interface RunningCheckup {
  readonly server: ApiServer
  readonly proxy: FaultyProxy | undefined
  readonly namespace: string
  /** Name of its ConfigMap. */
  readonly configMap: string
}

const DOWN_MS = 10_000
/** Data that a user writes into the ConfigMap during a run. */
export const NOTE = { note: "a user's own" }

export async function interfere(action: Interference, checkup: RunningCheckup): Promise<void> {
  const { server, proxy, namespace, configMap } = checkup
  const { store } = server
  if (isNodeInterference(action)) {
    await interfereWithNode(action, store, { namespace, name: vmUnderTest(checkup) })
    // A lost node closes no connections; a component between it and the client does so after a while.
    if (action === 'loses the node of the VM under test') await takeConsole(checkup)
    return
  }
  switch (action) {
    case 'takes the console of the VM under test':
      await takeConsole(checkup)
      break
    case 'cuts all connections':
      proxy?.cut()
      break
    case 'stops the API server for 10 s':
      proxy?.goDown(DOWN_MS)
      break
    case 'deletes the VM under test':
      store.delete(VMI, namespace, vmUnderTest(checkup))
      break
    case 'deletes the ConfigMap':
      store.delete(CONFIG_MAPS, namespace, configMap)
      break
    case "takes the console's permission away":
      withoutConsole(checkup)
      break
    case 'edits the ConfigMap': {
      const found = store.get(CONFIG_MAPS, namespace, configMap)
      if (found === undefined) throw new LabError('fault', 'the ConfigMap is not there')
      store.update(CONFIG_MAPS, { ...found, data: { ...(found['data'] as object), ...NOTE } })
      break
    }
  }
}

/** Removes the permission after the preflight has checked it. */
function withoutConsole({ server: { store }, namespace }: RunningCheckup): void {
  const role = store.get(ROLES, namespace, 'kubevirt-dpdk-checker')
  if (role === undefined) throw new LabError('fault', 'the role is not there')
  const rules = (role['rules'] as { resources: string[] }[]).filter(
    ({ resources }) => !resources.includes('virtualmachineinstances/console'),
  )
  store.update(ROLES, { ...role, rules })
}

function vmUnderTest({ server, namespace }: RunningCheckup): string {
  const names = server.store.list(VMI, namespace).map(({ metadata }) => metadata.name)
  const name = names.find((candidate) => candidate.startsWith('vmi-under-test-'))
  if (name === undefined) throw new LabError('fault', 'there is no VM under test')
  return name
}

async function takeConsole(checkup: RunningCheckup): Promise<void> {
  const { server, namespace } = checkup
  const { users } = parse(server.kubeconfig('admin', namespace)) as { users: { user: { token: string } }[] }
  const vmi = `namespaces/${namespace}/virtualmachineinstances/${vmUnderTest(checkup)}`
  const url = `${server.url.replace('http', 'ws')}/apis/subresources.kubevirt.io/v1/${vmi}/console`
  const headers = { Authorization: `Bearer ${users[0]?.user.token ?? ''}` }
  const socket = new WebSocket(url, ['plain.kubevirt.io'], { headers })
  socket.on('error', () => undefined)
  await once(socket, 'open')
}
