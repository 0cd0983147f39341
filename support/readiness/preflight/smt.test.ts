import { expect } from 'chai'
import type { Readable } from '../../cluster/inventory.ts'
import type { KubeletConfig, KubeVirt } from '../../cluster/inventory-schemas.ts'
import { vmiNeeds } from '../../model/vmi-needs.ts'
import { planShape } from '../../model/vmi-shape.ts'
import { smt } from './smt.ts'
import type { Survey } from './survey.ts'

const LABEL = 'feature.node.kubernetes.io/cpu-hardware_multithreading'
const STRICT = { cpuManagerPolicy: 'static', cpuManagerPolicyOptions: { 'full-pcpus-only': 'true' } }
const LENIENT = { cpuManagerPolicy: 'static', cpuManagerPolicyOptions: {} }
const HIDDEN = { notReadable: 'no' }
const ALIGNED = 'alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity'

interface Given {
  /** The label's value on each node; undefined: not labelled. */
  readonly smt: readonly (string | undefined)[]
  readonly kubelets?: readonly Readable<KubeletConfig>[]
  readonly gates?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly hasTargets?: boolean
  readonly vcpus?: number
}

function examine({
  smt: labels,
  kubelets = [],
  gates = [],
  annotations = {},
  hasTargets = false,
  vcpus,
}: Given) {
  const nodes = labels.map((value, index) => ({
    metadata: {
      name: `node-${index}`,
      labels: {
        'kubevirt.io/schedulable': 'true',
        cpumanager: 'true',
        ...(value === undefined ? {} : { [LABEL]: value }),
      },
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }))
  const kubeVirt: KubeVirt = {
    metadata: { annotations: { ...annotations } },
    spec: { configuration: { developerConfiguration: { featureGates: [...gates] } } },
  }
  const scheduling = { tolerations: [], nodeSelector: {}, priorityClassName: undefined }
  const survey = {
    parameters: {
      targetNodes: hasTargets ? { 'vm-under-test': 'node-0', 'traffic-generator': 'node-1' } : undefined,
    },
    needs: () => Promise.resolve(vmiNeeds(planShape({ vcpus }))),
    kubeVirt: () => Promise.resolve({ found: kubeVirt }),
    nodes: () => Promise.resolve({ found: { nodes, absent: [], scheduling } }),
    kubeletConfig: (name: string) => {
      const kubelet = kubelets[Number(name.slice('node-'.length))]
      return kubelet === undefined ? Promise.reject(new Error('out of reach')) : Promise.resolve(kubelet)
    },
  }
  return smt.examine(survey as unknown as Survey)
}

describe('the preflight of SMT', () => {
  it('fails where every node gives out whole cores only and nobody aligns the CPUs', async () => {
    const found = await examine({ smt: ['true', 'true'], kubelets: [{ found: STRICT }, { found: STRICT }] })
    expect(found.outcome).to.equal('failed')
    expect(found.problems.join())
      .to.include('node-0, node-1 assign whole cores only (full-pcpus-only) and refuse pods of 9 CPUs')
      .and.include('AlignCPUs')
  })

  it('passes where KubeVirt aligns them, and asks no kubelet', async () => {
    const found = await examine({ smt: ['true'], gates: ['AlignCPUs'], annotations: { [ALIGNED]: '' } })
    expect(found.outcome).to.equal('passed')
    expect(found.evidence[0]).to.deep.equal({ what: 'CPUs that each VMI takes', value: '10' })
  })

  it('counts the CPUs that were asked for', async () => {
    const found = await examine({ smt: ['true'], kubelets: [{ found: STRICT }], vcpus: 12 })
    expect(found.problems.join()).to.include('refuse pods of 13 CPUs')
  })

  it('takes the gate without its annotation for nothing', async () => {
    const found = await examine({ smt: ['true'], gates: ['AlignCPUs'], kubelets: [{ found: STRICT }] })
    expect(found.outcome).to.equal('failed')
  })

  it('passes where kubelets share out single threads', async () => {
    expect((await examine({ smt: ['true'], kubelets: [{ found: LENIENT }] })).outcome).to.equal('passed')
  })

  it('passes without SMT', async () => {
    expect((await examine({ smt: ['false', undefined] })).outcome).to.equal('passed')
  })

  it('warns where there are other nodes to go to', async () => {
    const found = await examine({ smt: ['true', 'false'], kubelets: [{ found: STRICT }] })
    expect(found).to.deep.include({ outcome: 'passed', problems: [] })
    expect(found.warnings.join()).to.include('node-0 assign')
  })

  it('does not where both nodes were asked for', async () => {
    const found = await examine({ smt: ['true', 'false'], kubelets: [{ found: STRICT }], hasTargets: true })
    expect(found.outcome).to.equal('failed')
  })

  for (const [name, kubelets] of [
    ['may not be asked', [HIDDEN]],
    ['do not answer', []],
  ] as const) {
    it(`does not judge where kubelets ${name}`, async () => {
      const found = await examine({ smt: ['true'], kubelets })
      expect(found.outcome).to.equal('not-judged')
      expect(found.problems.join()).to.include('kubelets with full-pcpus-only refuse pods of 9 CPUs')
    })
  }

  it('does not judge where no node tells', async () => {
    expect((await examine({ smt: [undefined] })).outcome).to.equal('not-judged')
  })
})
