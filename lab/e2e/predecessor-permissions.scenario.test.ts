/** The permissions that users of the predecessor granted, unchanged. */
import { expect } from 'chai'
import { ROLES } from '../apiserver/kinds.ts'
import { ScriptedLab } from './scripted-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

/** The Role `kubevirt-dpdk-checker` in the README of kiagnose/kubevirt-dpdk-checkup at 0c827da, which OpenShift's steps repeat. */
const RULES = [
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachineinstances'], verbs: ['create', 'get', 'delete'] },
  { apiGroups: ['subresources.kubevirt.io'], resources: ['virtualmachineinstances/console'], verbs: ['get'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'delete'] },
]

describe("the predecessor's roles", () => {
  it('are enough for a pass; a warning names the missing permission', async () => {
    await using lab = await ScriptedLab.start()
    const role = lab.server.store.get(ROLES, NAMESPACE, 'kubevirt-dpdk-checker')
    if (role === undefined) throw new Error('the role is not there')
    lab.server.store.update(ROLES, { ...role, rules: RULES })
    const { exitCode, report, output } = await lab.run()
    expect(exitCode, output).to.equal(0)
    const outcome = (id: string) => report?.criteria.find((criterion) => criterion.id === id)?.outcome
    expect(outcome('precondition.permissions')).to.equal('passed')
    const warning = report?.warnings.find((each) => each.includes('softreboot')) ?? ''
    expect(warning)
      .to.include('lacks permission to update virtualmachineinstances.subresources.kubevirt.io/softreboot')
      .and.include('Without this permission the guests reboot themselves')
      .and.include(
        '- {apiGroups: ["subresources.kubevirt.io"], resources: ["virtualmachineinstances/softreboot"], verbs: ["update"]}',
      )
    // Both guests were rebooted, without the permission that the suite would use for it.
    expect(report?.guests.map(({ rebooted }) => rebooted)).to.deep.equal([true, true])
    expect(lab.leftovers()).to.deep.equal([])
  })
})
