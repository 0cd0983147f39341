import { expect } from 'chai'
import { boundPod } from '../cluster/bound-pod.ts'
import type { Readable } from '../cluster/inventory.ts'
import { readEnvironment } from './environment.ts'
import { findOwner } from './owner.ts'

const POD = 'dpdk-checkup-q4d6q'
const HIDDEN = { notReadable: 'no permission to read pods' }
const claims = (namespace = 'ns', uid = 'uid-1') => ({ namespace, name: POD, uid })

describe('the owner of what a run creates', () => {
  function find(
    env: Readonly<Record<string, string>>,
    {
      bound,
      uids = {},
    }: { bound?: ReturnType<typeof claims>; uids?: Record<string, string> | 'hidden' } = {},
  ) {
    const environment = readEnvironment({ CONFIGMAP_NAMESPACE: 'ns', CONFIGMAP_NAME: 'config', ...env })
    const uidOf = (name: string): Promise<Readable<string>> => {
      if (uids === 'hidden') return Promise.resolve(HIDDEN)
      const found = uids[name]
      return Promise.resolve(found === undefined ? { missing: `there is no pod ${name}` } : { found })
    }
    return findOwner(environment, { boundPod: bound, uidOf })
  }
  const owner = { name: POD, uid: 'uid-1' }

  it('is nobody without POD_UID', async () => {
    expect(await find({ HOSTNAME: POD, POD_NAME: POD })).to.equal(undefined)
  })

  it('is the pod of the token, whatever the host is called', async () => {
    for (const HOSTNAME of ['node-1', POD.slice(0, 5), POD, ''])
      expect(await find({ POD_UID: 'uid-1', HOSTNAME }, { bound: claims() })).to.deep.equal(owner)
  })

  it('is the pod that POD_NAME says, where the account may not read pods', async () => {
    expect(
      await find({ POD_UID: 'uid-1', POD_NAME: POD, HOSTNAME: 'node-1' }, { uids: 'hidden' }),
    ).to.deep.equal(owner)
  })

  it('is the pod that the host is called after, where that is read', async () => {
    expect(await find({ POD_UID: 'uid-1', HOSTNAME: POD }, { uids: { [POD]: 'uid-1' } })).to.deep.equal(owner)
  })

  for (const [what, env, sources] of [
    ['a host name that no pod confirms', { HOSTNAME: 'node-1' }, { uids: 'hidden' }],
    ['a host name that is not the pod’s', { HOSTNAME: 'node-1' }, {}],
    ['a pod of another uid', { HOSTNAME: POD, POD_NAME: POD }, { uids: { [POD]: 'uid-2' } }],
    ['a token of another pod', { HOSTNAME: 'node-1' }, { bound: claims('ns', 'uid-2') }],
    ['a pod in another namespace', { HOSTNAME: POD }, { bound: claims('other') }],
  ] as const) {
    it(`is nobody with ${what}, and that is told`, async () => {
      const found = await find({ POD_UID: 'uid-1', ...env }, sources)
      expect(found)
        .to.have.property('none')
        .that.matches(/have no owner, so they stay if the run is killed: /)
    })
  }

  it('is read from the claims of a service account’s token, and from no other', () => {
    const token = (payload: object) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`
    const pod = { name: POD, uid: 'uid-1' }
    expect(boundPod(token({ 'kubernetes.io': { namespace: 'ns', pod } }))).to.deep.equal(claims())
    for (const other of [token({ 'kubernetes.io': { namespace: 'ns' } }), 'sha256~opaque', ''])
      expect(boundPod(other)).to.equal(undefined)
  })
})
