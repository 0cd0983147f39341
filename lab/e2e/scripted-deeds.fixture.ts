/** What others do to a checkup while it runs. */
import { once } from 'node:events'
import WebSocket from 'ws'
import { parse } from 'yaml'
import { CONFIG_MAPS, ROLES } from '../apiserver/kinds.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { CONFIG_MAP, type ScriptedLab } from './scripted-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import type { Deed } from './scripted-scenario.fixture.ts'

const DOWN_MS = 10_000
/** What a user writes into the ConfigMap during a run. */
export const NOTE = { note: "a user's own" }

export async function perform(deed: Deed, lab: ScriptedLab): Promise<void> {
  const { store } = lab.server
  switch (deed) {
    case 'takes the console of the VM under test':
      await takeConsole(lab)
      break
    case 'cuts all connections':
      lab.proxy?.cut()
      break
    case 'stops the API server for 10 s':
      lab.proxy?.goDown(DOWN_MS)
      break
    case 'deletes the VM under test':
      store.delete(VMI, NAMESPACE, vmUnderTest(lab))
      break
    case 'deletes the ConfigMap':
      store.delete(CONFIG_MAPS, NAMESPACE, CONFIG_MAP)
      break
    case "takes the console's permission away":
      withoutConsole(lab)
      break
    case 'edits the ConfigMap': {
      const found = store.get(CONFIG_MAPS, NAMESPACE, CONFIG_MAP)
      if (found === undefined) throw new Error('the ConfigMap is not there')
      store.update(CONFIG_MAPS, { ...found, data: { ...(found['data'] as object), ...NOTE } })
      break
    }
  }
}

/** Behind the preflight, which asks for it. */
function withoutConsole({ server: { store } }: ScriptedLab): void {
  const role = store.get(ROLES, NAMESPACE, 'kubevirt-dpdk-checker')
  if (role === undefined) throw new Error('the role is not there')
  const rules = (role['rules'] as { resources: string[] }[]).filter(
    ({ resources }) => !resources.includes('virtualmachineinstances/console'),
  )
  store.update(ROLES, { ...role, rules })
}

function vmUnderTest({ server }: ScriptedLab): string {
  const names = server.store.list(VMI, NAMESPACE).map(({ metadata }) => metadata.name)
  const name = names.find((candidate) => candidate.startsWith('vmi-under-test-'))
  if (name === undefined) throw new Error('there is no VM under test')
  return name
}

async function takeConsole(lab: ScriptedLab): Promise<void> {
  const { server } = lab
  const { users } = parse(server.kubeconfig('admin', NAMESPACE)) as { users: { user: { token: string } }[] }
  const vmi = `namespaces/${NAMESPACE}/virtualmachineinstances/${vmUnderTest(lab)}`
  const url = `${server.url.replace('http', 'ws')}/apis/subresources.kubevirt.io/v1/${vmi}/console`
  const headers = { Authorization: `Bearer ${users[0]?.user.token ?? ''}` }
  const socket = new WebSocket(url, ['plain.kubevirt.io'], { headers })
  socket.on('error', () => undefined)
  await once(socket, 'open')
}
