/** Whether the requested network exists, and provides SR-IOV VFs. */
import { shorten } from '../../common/text.ts'
import { type CniPlugin, readCniConfig } from '../../cluster/cni-config.ts'
import { RESOURCE_NAME_ANNOTATION } from '../../cluster/network-selections.ts'
import type { Nad } from '../../cluster/inventory-schemas.ts'
import type { Readable } from '../../cluster/inventory.ts'
import type { SriovNetwork } from '../../cluster/schemas/sriov-network.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { defineCheck, type FindingRecorder } from './check.ts'
import { judgeChain } from './cni-chain.ts'
import { type AskedOfTheNetwork, judgeSriov } from './sriov-cni.ts'
import { compareVlans, sriovNetworkOf, type SriovNetworkRef } from './sriov-network.ts'
import type { NetworkRead, Survey } from './survey.ts'

export const network = defineCheck({
  id: 'precondition.network',
  title: 'the NetworkAttachmentDefinition exists',
  rationale: 'The ports of both VMs come from this network.',
  remediation:
    'Create the NetworkAttachmentDefinition in the namespace of the run, or correct the parameter.',
  reads: async (survey) => ({ networks: await survey.networks(), namespace: survey.namespace }),
  judge: ({ networks, namespace }, record) => {
    for (const network of networks) {
      const { nad, name } = network
      const { fact } = recorderOf(network, networks, record)
      if ('notReadable' in nad) skipCriterion(nad.notReadable)
      fact('NetworkAttachmentDefinition', 'found' in nad ? `${namespace}/${name}` : 'missing')
      // The error's sentence already contains the name.
      if ('missing' in nad) record.wrong(nad.missing)
      else fact('resource of its VFs', resourceName(nad.found) ?? 'none named')
    }
  },
})

export const networkConfig = defineCheck({
  id: 'preflight.network',
  title: 'the network provides SR-IOV VFs',
  rationale: 'DPDK drives VFs directly; a bridge or a virtual port would measure something else.',
  remediation: 'Use a NetworkAttachmentDefinition of type sriov whose resource the nodes offer.',
  reads: async (survey) => {
    const networks = await survey.networks()
    const sources = await Promise.all(networks.map((network) => readSource(survey, network)))
    return { networks, sources, parameters: survey.parameters }
  },
  judge: ({ networks, sources, parameters }, record) => {
    const found = networks.map((network, index) => {
      const { nad } = network
      if ('notReadable' in nad) skipCriterion(nad.notReadable)
      if ('missing' in nad) skipCriterion('the network does not exist, see precondition.network')
      return { nad: nad.found, source: sources[index], record: recorderOf(network, networks, record) }
    })
    for (const { nad, source, record } of found) {
      judgeResource(nad, record)
      if (isEmpty(nad.spec?.config)) {
        record.warning(
          'the network’s spec.config is empty: Multus reads the configuration from a file on each node, and this file was not checked',
        )
        continue
      }
      const config = readCniConfig(nad.spec?.config)
      if ('problem' in config) {
        record.wrong(`the network's configuration ${config.problem}`)
        continue
      }
      judgeChain(config, record)
      const vlan = judgePlugins(config.plugins, parameters, record)
      if (source !== undefined) compareVlans(source.ref, source.read, vlan, record)
    }
  },
})

interface Source {
  readonly ref: SriovNetworkRef
  readonly read: Readable<SriovNetwork>
}

/** Undefined if not readable: the SriovNetwork only adds a hint. */
async function readSource(survey: Survey, { nad }: NetworkRead): Promise<Source | undefined> {
  const ref = 'found' in nad ? sriovNetworkOf(nad.found) : undefined
  if (ref === undefined) return undefined
  const unread = { notReadable: 'no answer' }
  return { ref, read: await survey.sriovNetwork(ref).catch(() => unread) }
}

/** If there are two networks, each sentence names the network that it is about. */
function recorderOf(
  { name, ports }: NetworkRead,
  all: readonly NetworkRead[],
  record: FindingRecorder,
): FindingRecorder {
  if (all.length === 1) return record
  const network = `network ${shorten(name, 80)} of the ${ports.join(' and ')} ports`
  return {
    fact: (what, value) => {
      record.fact(`${what}, ${network}`, value)
    },
    wrong: (sentence) => {
      record.wrong(`${network}: ${sentence}`)
    },
    warning: (sentence) => {
      record.warning(`${network}: ${sentence}`)
    },
  }
}

/** The resource that pods of a network request; undefined if its NAD names no valid one. */
export function resourceName(nad: Nad): string | undefined {
  const name = nad.metadata.annotations?.[RESOURCE_NAME_ANNOTATION]
  return name !== undefined && isResourceName(name) ? name : undefined
}

/** The resources of all networks whose NADs were found and name one. */
export function resourcesOf(networks: readonly NetworkRead[]): string[] {
  return networks.flatMap(({ nad }) => ('found' in nad ? (resourceName(nad.found) ?? []) : []))
}

// A qualified name of Kubernetes: a DNS subdomain, a slash and a name.
function isResourceName(name: string): boolean {
  return name.length <= 317 && /^[a-z0-9][-a-z0-9.]*\/[A-Za-z0-9][-\w.]*$/.test(name)
}

function judgeResource(nad: Nad, { fact, wrong }: FindingRecorder): void {
  const named = nad.metadata.annotations?.[RESOURCE_NAME_ANNOTATION]
  fact(`annotation ${RESOURCE_NAME_ANNOTATION}`, quoted(named))
  if (named === undefined)
    wrong(`the network has no annotation ${RESOURCE_NAME_ANNOTATION}, so no pod would request its VFs`)
  else if (!isResourceName(named))
    wrong(
      `the network's annotation ${RESOURCE_NAME_ANNOTATION} is ${quoted(named)}, which is not a valid resource name`,
    )
}

/** If spec.config is empty, Multus reads a CNI configuration file on the node (docs/configuration.md of Multus). */
function isEmpty(config: unknown): boolean {
  return config === undefined || config === null || config === ''
}

/** Other plugins that give pods a VF's PCI device; this suite does not know their options. */
const OTHER_VF_PLUGINS = ['ovs', 'accelerated-bridge', 'host-device']

/** Their VFs are of InfiniBand ports (ib-sriov-cni). */
const INFINIBAND_PLUGINS = ['ib-sriov', 'ib-sriov-cni']

/** @returns the VLAN of its frames, if it has a valid one */
function judgePlugins(
  plugins: readonly CniPlugin[],
  asked: AskedOfTheNetwork,
  record: FindingRecorder,
): number | undefined {
  const types = plugins.map(({ type }) => shorten(type, 60)).join(', ')
  record.fact('CNI plugins', types)
  const sriov = plugins.find(({ type }) => type === 'sriov')
  if (sriov !== undefined) return judgeSriov(sriov, asked, record).vlan
  if (plugins.some(({ type }) => INFINIBAND_PLUGINS.includes(type)))
    record.wrong(
      `the network's CNI plugin is ${types}, which provides InfiniBand VFs, and DPDK forwards on Ethernet ports alone: use VFs of an Ethernet port and the plugin sriov`,
    )
  else if (plugins.some(({ type }) => OTHER_VF_PLUGINS.includes(type)))
    record.warning(
      `the network's plugin is ${types}, not sriov: its VLAN, spoof check and trust were not checked`,
    )
  else
    record.wrong(
      `the network's CNI plugin is ${types}, which provides no VF; SR-IOV ports need the plugin sriov`,
    )
  return undefined
}

/** Text from the cluster for a sentence: shortened and in quotation marks. */
function quoted(text: string | undefined): string {
  return text === undefined ? 'none' : JSON.stringify(shorten(text, 120))
}
