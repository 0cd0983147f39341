/** Clusters that refuse the objects of a run: the preflight finds out by dry run, and creates nothing. */
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { ApiClient } from '../../support/cluster/api-client.ts'
import { Inventory } from '../../support/cluster/inventory.ts'
import { PATIENCE } from '../../support/common/testing/patience.ts'
import { diagnose } from '../../support/diagnosis/diagnose.ts'
import { criterion, findings } from '../../support/diagnosis/findings.fixture.ts'
import { observedFailures } from '../../support/diagnosis/failures.ts'
import { readParameters } from '../../support/readiness/read-parameters.ts'
import { admission } from '../../support/readiness/preflight/admission.ts'
import type { Finding } from '../../support/readiness/preflight/check.ts'
import { Survey } from '../../support/readiness/preflight/survey.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { badRequest } from '../apiserver/status.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { GuestlessLab, VALID } from './guestless-lab.fixture.ts'
import {
  policyOnVmis,
  quotaOnConfigMaps,
  quotaOnVmis,
  refuse,
  terminating,
  webhookDown,
} from './refusing-clusters.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

async function ask(lab: GuestlessLab, account = 'dpdk-checkup-sa'): Promise<Finding> {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromString(lab.server.kubeconfig(`system:serviceaccount:${NAMESPACE}:${account}`, NAMESPACE))
  const limits = { signal: new AbortController().signal, timeout: PATIENCE }
  const inventory = new Inventory(new ApiClient(kubeConfig))
  return admission.examine(new Survey(inventory, NAMESPACE, readParameters(VALID), limits))
}

function expectNothingMade({ server: { store } }: GuestlessLab): void {
  expect(store.list(VMI)).to.deep.equal([])
  const maps = store.list(CONFIG_MAPS, NAMESPACE)
  expect(maps.filter(({ metadata }) => /^(?:vmi-under|dpdk-traffic)/.test(metadata.name))).to.deep.equal([])
}

describe('admission, asked by dry run', () => {
  for (const [name, breakIt, cause, words] of [
    ['a quota on VMIs', quotaOnVmis, 'quota-exceeded', /exceeded quota: team/],
    ['a quota on ConfigMaps', quotaOnConfigMaps, 'quota-exceeded', /limited: configmaps=10/],
    ['a policy', policyOnVmis, 'admission-denied', /VMs are not for this cluster/],
    ['a webhook that is down', webhookDown, 'webhook-unavailable', /no endpoints available/],
    ['a namespace that is being deleted', terminating, 'namespace-terminating', /being terminated/],
  ] as const)
    it(`names ${name}`, async () => {
      await using lab = await GuestlessLab.start()
      breakIt(lab)
      const found = await ask(lab)
      expect(found.outcome).to.equal('failed')
      expect(found.problems.join()).to.match(words)
      const failures = observedFailures({ preflight: new Map([[admission.id, found]]), vmis: {}, guests: {} })
      const causes = diagnose(findings({ criteria: [criterion(admission.id)], failures }))
      expect(causes.map(({ id }) => id)).to.deep.equal([cause])
      expectNothingMade(lab)
    })

  it('has nothing against a cluster that admits all, and leaves nothing there', async () => {
    await using lab = await GuestlessLab.start()
    expect((await ask(lab)).outcome).to.equal('passed')
    expectNothingMade(lab)
  })

  it('is skipped if a webhook does not support dry runs, and if the account may not create', async () => {
    await using lab = await GuestlessLab.start()
    expect(await ask(lab, 'default')).to.deep.include({ outcome: 'not-judged' })
    refuse(lab, VMI, /./, () => badRequest('admission webhook "a.example" does not support dry run'))
    const found = await ask(lab)
    expect(found.outcome).to.equal('not-judged')
    expect(found.problems.join()).to.match(/does not support dry run/)
  })
})
