/** The preflight against clusters on which each violation is really present. */
import { PATIENCE } from '../../support/common/testing/patience.ts'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { ApiClient } from '../../support/cluster/api-client.ts'
import { Inventory } from '../../support/cluster/inventory.ts'
import { readParameters } from '../../support/readiness/read-parameters.ts'
import { diagnose } from '../../support/diagnosis/diagnose.ts'
import { criterion, findings } from '../../support/diagnosis/findings.fixture.ts'
import type { Finding } from '../../support/readiness/preflight/check.ts'
import { examineAll, PREFLIGHT } from '../../support/readiness/preflight/preflight.ts'
import { Survey } from '../../support/readiness/preflight/survey.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { GuestlessLab, VALID } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import {
  BOTH,
  OF_OPTIONAL_ROLE,
  onNetwork,
  onNodes,
  withAllocatable,
  withConfig,
} from './preflight-case.fixture.ts'
import { CASES } from './preflight-cases.fixture.ts'

/** The finding of each criterion, by id. */
type Findings = Readonly<Record<string, Finding>>

async function examine(
  lab: GuestlessLab,
  data: Record<string, string> = {},
  user?: string,
): Promise<Findings> {
  const kubeConfig = new KubeConfig()
  const account = user ?? `system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`
  kubeConfig.loadFromString(lab.server.kubeconfig(account, NAMESPACE))
  const limits = { signal: new AbortController().signal, timeout: PATIENCE }
  const parameters = readParameters({ ...VALID, ...data })
  const survey = new Survey(new Inventory(new ApiClient(kubeConfig)), NAMESPACE, parameters, limits)
  return Object.fromEntries(await examineAll(survey))
}

/** The messages of each violated criterion, by id. */
function wrongs(findings: Findings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(findings)
      .filter(([, { outcome }]) => outcome === 'failed' || outcome === 'error')
      .map(([id, { problems }]) => [id, problems.join('; ')]),
  )
}

function outcomes(findings: Findings): Record<string, string> {
  return Object.fromEntries(Object.entries(findings).map(([id, { outcome }]) => [id, outcome]))
}

/** The id of the first cause for each criterion, by the criterion's id. */
function causesOf(found: Readonly<Record<string, string>>): Record<string, string> {
  // Judge the criteria as specs/readiness/preflight.spec.ts does.
  const criteria = Object.entries(found).map(([id, message]) =>
    criterion(id, INPUT.includes(id) ? 'error' : 'failed', message),
  )
  const invalid = Object.keys(found).filter((id) => INPUT.includes(id))
  const causes = diagnose(findings({ criteria, invalid }))
  return Object.fromEntries(causes.flatMap(({ id, explains }) => explains.map((one) => [one, id])))
}

const INPUT = ['preflight.timeout', 'preflight.rate', 'preflight.leftovers', 'precondition.permissions']

describe('the preflight', () => {
  for (const { name, break: breakIt, parameters, wrong } of CASES) {
    const ids = Object.keys(wrong)
    it(`${ids.length === 0 ? 'has nothing against' : 'names'} ${name}`, async () => {
      await using lab = await GuestlessLab.start({ preflightPermissions: true })
      breakIt?.(lab)
      const found = wrongs(await examine(lab, parameters))
      expect(Object.keys(found), JSON.stringify(found, null, 1)).to.have.members(ids)
      for (const [id, part] of Object.entries(wrong)) expect(found[id]).to.include(part)
      for (const said of Object.values(found)) expect(said.length).to.be.below(1000)
      expect(Object.keys(causesOf(found))).to.have.members(ids)
    })
  }

  it('judges everything on a healthy cluster, with the optional permissions', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true })
    const all = Object.fromEntries(
      PREFLIGHT.flatMap(({ id, onlyIf }) => (onlyIf === undefined ? [[id, 'passed']] : [])),
    )
    expect(outcomes(await examine(lab))).to.deep.equal(all)
  })

  it("says what it may not read with the README's permissions, and finds nothing wrong in that", async () => {
    await using lab = await GuestlessLab.start()
    const findings = await examine(lab)
    expect(wrongs(findings)).to.deep.equal({})
    const unread = Object.entries(findings).filter(([, { outcome }]) => outcome === 'not-judged')
    expect(unread.map(([id]) => id)).to.have.members(OF_OPTIONAL_ROLE)
    for (const [id, { problems }] of unread) expect(problems.join(), id).to.include('no permission to read ')
  })

  it('names leftovers of other runs with the command that removes them', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true })
    const labels = { 'kubevirt-dpdk-checkup/uid': 'an-earlier-run' }
    lab.server.store.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'vmi-under-test-config-old', namespace: NAMESPACE, labels },
    })
    const first = await examine(lab)
    expect(wrongs(first)).to.deep.equal({})
    expect(first['preflight.leftovers']?.warnings.join())
      .to.include('vmi-under-test-config-old')
      .and.include(`npx dpdk-checkup clean --namespace ${NAMESPACE} --run an-earlier-run`)
  })

  it('names VMIs of other runs, which might send packets', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true })
    lab.server.store.create(VMI, {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { name: 'vmi-old', namespace: NAMESPACE, labels: { 'kubevirt-dpdk-checkup/uid': 'old' } },
      spec: { domain: { devices: {} } },
    })
    const found = await examine(lab)
    expect(found['preflight.leftovers']?.outcome).to.equal('error')
    expect(causesOf(wrongs(found))).to.deep.equal({ 'preflight.leftovers': 'other-run-there' })
    expect(wrongs(found)['preflight.leftovers'])
      .to.match(
        /^VMIs vmi-old \(since \d{4}-\S+\) of run old are in namespace target: no run is going on in this namespace;/,
      )
      .and.include('kubectl delete -n target vmi,configmap -l kubevirt-dpdk-checkup/uid=old')
  })

  it('says whose the VMIs of a run are that goes on, and advises nobody to remove them', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true })
    const startedAt = new Date().toISOString()
    const claimedBy = (name: string, data: Record<string, string>) => {
      const metadata = { name, namespace: NAMESPACE }
      lab.server.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    }
    const vmiOf = (uid: string, annotations?: Record<string, string>) => {
      const labels = { 'kubevirt-dpdk-checkup/uid': uid }
      lab.server.store.create(VMI, {
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        metadata: { name: `vmi-${uid}`, namespace: NAMESPACE, labels, ...(annotations && { annotations }) },
        spec: { domain: { devices: {} } },
      })
    }
    const annotated = (configMap: string, started: string) => ({
      'kubevirt-dpdk-checkup/configmap': configMap,
      'kubevirt-dpdk-checkup/started-at': started,
    })
    claimedBy('a1', { 'spec.timeout': '10m', 'status.startTimestamp': startedAt })
    vmiOf('live', annotated('a1', startedAt))
    // VMIs of an earlier run with the same ConfigMap, of a run whose ConfigMap is gone, and of a suite that did not
    // annotate them.
    vmiOf('before', annotated('a1', '2026-01-01T00:00:00.000Z'))
    vmiOf('gone', annotated('a0', startedAt))
    vmiOf('silent')
    const { problems = [] } = (await examine(lab))['preflight.leftovers'] ?? {}
    const about = (uid: string) => problems.find((problem) => problem.includes(` of run ${uid} `)) ?? ''
    for (const uid of ['live', 'silent'])
      expect(about(uid), uid)
        .to.include(`ConfigMap a1 says that this run began at ${startedAt} and ends at `)
        .and.not.match(/clean|delete/)
    for (const [uid, configMap] of [
      ['before', 'a1'],
      ['gone', 'a0'],
    ] as const)
      expect(about(uid), uid)
        .to.include(`ConfigMap ${configMap} says that this run has ended`)
        .and.include(`--run ${uid}`)
  })

  it('finds nothing wrong with what goes away already', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true })
    const metadata = {
      name: 'going',
      namespace: NAMESPACE,
      labels: { 'kubevirt-dpdk-checkup/uid': 'x' },
      finalizers: ['kept/by-a-finalizer'],
    }
    lab.server.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    lab.server.store.delete(CONFIG_MAPS, NAMESPACE, 'going')
    expect((await examine(lab))['preflight.leftovers']).to.deep.include({ outcome: 'passed', warnings: [] })
  })

  it('warns of a timeout that holds a run only where nothing is slow, with the arithmetic', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true })
    const found = await examine(lab, { 'spec.timeout': '2m', 'spec.param.testDuration': '10s' })
    expect(wrongs(found)).to.deep.equal({})
    expect(found['preflight.timeout']?.warnings.join()).to.include(
      'usually takes boot and configuration 3m + testDuration 10s + last counters 2s = 3m12s',
    )
  })

  it('says all at once what is wrong', async () => {
    await using lab = await GuestlessLab.start({ preflightPermissions: true })
    onNodes(lab, BOTH, withAllocatable({ 'hugepages-1Gi': '0', cpu: '4' }))
    onNetwork(lab, withConfig('nonsense'))
    const found = await examine(lab, { 'spec.param.trafficGenPacketsPerSecond': '20m' })
    expect(Object.keys(wrongs(found))).to.have.members([
      'preflight.network',
      'preflight.cpus',
      'preflight.hugepages',
      'preflight.rate',
    ])
  })
})
