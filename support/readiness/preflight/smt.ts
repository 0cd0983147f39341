/**
 * Kubelets that assign whole cores only (`full-pcpus-only`) refuse a pod with an odd number of hyperthreads:
 * `SMT Alignment Error`. A VMI takes one CPU more than its guest has, for its emulator thread, unless KubeVirt is
 * configured to align them.
 */
import type { Readable } from '../../cluster/inventory.ts'
import type { KubeletConfig } from '../../cluster/inventory-schemas.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { cpusNeeded } from './capacity.ts'
import { defineCheck } from './check.ts'
import { byReason, listNames, mustHaveUsableNodes, nameOf } from './nodes.ts'
import type { Survey } from './survey.ts'
import { ENABLE_ALIGN_CPUS } from '../../cluster/kubevirt-labels.ts'

/** Set by node-feature-discovery. */
const SMT_LABEL = 'feature.node.kubernetes.io/cpu-hardware_multithreading'
/** Most kubelets that are read: they answer slowly, and are usually configured alike. */
const MOST_KUBELETS = 10

type Kubelet = readonly [node: string, config: Readable<KubeletConfig>]

export const smt = defineCheck({
  id: 'preflight.smt',
  title: "the CPU count fits the kubelets' full-pcpus-only policy",
  rationale: 'Kubelets with full-pcpus-only refuse pods with an odd number of hyperthreads.',
  remediation: `Request an even number of CPUs, or ${ENABLE_ALIGN_CPUS}.`,
  reads: async (survey) => {
    const kubeVirt = await survey.kubeVirt()
    const usable = mustHaveUsableNodes(await survey.nodes())
    const threaded = usable.filter(({ metadata }) => metadata.labels?.[SMT_LABEL] === 'true').map(nameOf)
    const isLabelled = usable.some(({ metadata }) => metadata.labels?.[SMT_LABEL] !== undefined)
    const asked = cpusNeeded(await survey.needs(), kubeVirt)
    const kubelets = asked % 2 === 0 ? [] : await readKubelets(survey, threaded.slice(0, MOST_KUBELETS))
    return {
      threaded,
      isLabelled,
      isOnAll: threaded.length === usable.length,
      asked,
      kubeVirt,
      kubelets,
      hasTargets: survey.parameters.targetNodes !== undefined,
    }
  },
  judge: (
    { threaded, isLabelled, isOnAll, asked, kubeVirt, kubelets, hasTargets },
    { fact, wrong, warning },
  ) => {
    fact('CPUs that each VMI takes', asked)
    fact(`nodes with label ${SMT_LABEL}=true`, listNames(threaded) || 'none')
    if (asked % 2 === 0) return
    if (!isLabelled)
      skipCriterion(
        `no node has the label ${SMT_LABEL} of node-feature-discovery, which says whether it has SMT`,
      )
    if (threaded.length === 0) return
    fact('kubelets', byReason(kubelets.map(([node, config]) => [node, describeKubelet(config)])))
    const strict = kubelets.filter(([, config]) => givesWholeCoresOnly(config) === true).map(([node]) => node)
    const sentence = `${listNames(strict)} assign whole cores only (full-pcpus-only) and refuse pods of ${asked} CPUs: ${ENABLE_ALIGN_CPUS}`
    if (strict.length > 0 && (hasTargets || (isOnAll && strict.length === kubelets.length))) wrong(sentence)
    else if (strict.length > 0) warning(sentence)
    else if (kubelets.some(([, config]) => givesWholeCoresOnly(config) === undefined)) {
      const gates = 'notReadable' in kubeVirt ? `, and ${kubeVirt.notReadable}` : ''
      skipCriterion(
        `the kubelets' configuration is not readable (get nodes/proxy)${gates}: kubelets with full-pcpus-only refuse pods of ${asked} CPUs if KubeVirt does not align the CPUs`,
      )
    }
  },
})

function readKubelets(survey: Survey, nodes: readonly string[]): Promise<Kubelet[]> {
  return Promise.all(
    nodes.map(async (node): Promise<Kubelet> => {
      // An unreachable kubelet is treated like one that this account may not read.
      const config = await survey.kubeletConfig(node).catch(() => ({ notReadable: 'no answer' }))
      return [node, config]
    }),
  )
}

function givesWholeCoresOnly(config: Readable<KubeletConfig>): boolean | undefined {
  if (!('found' in config)) return undefined
  const { cpuManagerPolicy, cpuManagerPolicyOptions } = config.found
  return cpuManagerPolicy === 'static' && cpuManagerPolicyOptions?.['full-pcpus-only'] === 'true'
}

function describeKubelet(config: Readable<KubeletConfig>): string {
  const strict = givesWholeCoresOnly(config)
  if (strict === undefined) return 'not readable'
  return strict ? 'full-pcpus-only' : 'no full-pcpus-only'
}
