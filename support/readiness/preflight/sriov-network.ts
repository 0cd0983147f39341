/**
 * The SriovNetwork from which the SR-IOV operator has made a network, if the account may read it: its VLAN beside that
 * of the NetworkAttachmentDefinition, which pods get. They differ while the operator has not processed a change, or
 * does not run.
 */
import type { Nad } from '../../cluster/inventory-schemas.ts'
import type { Readable } from '../../cluster/inventory.ts'
import type { SriovNetwork } from '../../cluster/schemas/sriov-network.ts'
import { shorten } from '../../common/text.ts'
import type { FindingRecorder } from './check.ts'

/** `SriovNetwork.sriovnetwork.openshift.io/<namespace>/<name>`: pkg/consts of the operator, from 1.3 on. */
const OWNER_ANNOTATION = 'sriovnetwork.openshift.io/owner-ref'
const OWNER = /^SriovNetwork\.sriovnetwork\.openshift\.io\/([a-z0-9][-a-z0-9]*)\/([a-z0-9][-a-z0-9.]*)$/

export interface SriovNetworkRef {
  readonly namespace: string
  readonly name: string
}

/** Undefined if no SriovNetwork made the network. */
export function sriovNetworkOf({ metadata }: Nad): SriovNetworkRef | undefined {
  const [, namespace, name] = OWNER.exec(metadata.annotations?.[OWNER_ANNOTATION] ?? '') ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

/** @param vlan of the network itself; undefined counts as none */
export function compareVlans(
  { namespace, name }: SriovNetworkRef,
  read: Readable<SriovNetwork>,
  vlan: number | undefined,
  { fact, warning }: FindingRecorder,
): void {
  if (!('found' in read)) return
  const source = `SriovNetwork ${shorten(`${namespace}/${name}`, 120)}`
  const wanted = read.found.spec?.vlan ?? undefined
  fact(`vlan of ${source}`, wanted ?? 'not set')
  if ((wanted ?? 0) !== (vlan ?? 0))
    warning(
      `the network's VLAN is ${titleOf(vlan)}, but the VLAN of its ${source} is ${titleOf(wanted)}: the SR-IOV operator has not written the change yet, so pods get ${titleOf(vlan)}`,
    )
}

function titleOf(vlan: number | undefined): string {
  return vlan === undefined || vlan === 0 ? 'none' : String(vlan)
}
