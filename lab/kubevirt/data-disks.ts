/** A guest's disks with files from cloud-init data (as a NoCloud seed), ConfigMaps and Secrets. */
import type { KubeObject, ResourceKind } from '../apiserver/contract.ts'
import { CONFIG_MAPS, SECRETS } from '../apiserver/kinds.ts'
import type { GuestDataDisk } from '../guests/guest-runtime.ts'
import type { Vmi, VmiSpec } from './vmi.ts'

type Volume = NonNullable<VmiSpec['volumes']>[number]
type CloudInit = NonNullable<Volume['cloudInitNoCloud']>

/** The source object of a volume does not exist yet, so the kubelet cannot mount the volume. */
export class MissingSourceError extends Error {
  readonly volume: string

  constructor(volume: string, message: string) {
    super(message)
    this.volume = volume
  }
}

/** Reads an object of the VMI's namespace. */
export type ReadSource = (kind: ResourceKind, name: string) => KubeObject | undefined

/**
 * The data disks in the order of the VMI's disks, with the current contents: as in KubeVirt, a running guest does
 * not see later changes of their sources.
 * @throws MissingSourceError
 */
export function dataDisks(vmi: Vmi, read: ReadSource): GuestDataDisk[] {
  const { devices } = vmi.spec.domain
  return (devices.disks ?? []).flatMap((disk): GuestDataDisk[] => {
    const volume = vmi.spec.volumes?.find(({ name }) => name === disk.name)
    const content = volume === undefined ? undefined : contentOf(vmi, volume, read)
    if (content === undefined) return []
    return [{ name: disk.name, ...content, ...(disk.serial ? { serial: disk.serial } : {}) }]
  })
}

function contentOf(
  vmi: Vmi,
  volume: Volume,
  read: ReadSource,
): Pick<GuestDataDisk, 'label' | 'files'> | undefined {
  const { configMap, secret, cloudInitNoCloud } = volume
  if (cloudInitNoCloud !== undefined)
    return { label: 'cidata', files: seedFiles(vmi, volume.name, cloudInitNoCloud, read) }
  if (configMap !== undefined) {
    const { name = '', optional = false, volumeLabel } = configMap
    const files = configMapFiles(volume.name, name, optional, read)
    return { ...(volumeLabel === undefined ? {} : { label: volumeLabel }), files }
  }
  if (secret !== undefined) {
    const { secretName = '', optional = false, volumeLabel } = secret
    const files = secretFiles(volume.name, secretName, optional, read)
    return { ...(volumeLabel === undefined ? {} : { label: volumeLabel }), files }
  }
  return undefined
}

function seedFiles(vmi: Vmi, volume: string, source: CloudInit, read: ReadSource): Record<string, string> {
  const { name, namespace = 'default' } = vmi.metadata
  const userData =
    source.userData ??
    decoded(source.userDataBase64) ??
    secretValue(volume, source.secretRef?.name, ['userdata', 'userData'], read) ??
    ''
  const networkData =
    source.networkData ??
    decoded(source.networkDataBase64) ??
    secretValue(volume, source.networkDataSecretRef?.name, ['networkdata', 'networkData'], read)
  const hostname = (vmi.spec.hostname ?? name.split('.')[0] ?? name).slice(0, 63)
  return {
    'user-data': userData,
    // KubeVirt writes JSON, which cloud-init reads as YAML.
    'meta-data': JSON.stringify({ 'instance-id': `${name}.${namespace}`, 'local-hostname': hostname }),
    ...(networkData === undefined ? {} : { 'network-config': networkData }),
  }
}

function secretValue(
  volume: string,
  name: string | undefined,
  keys: readonly string[],
  read: ReadSource,
): string | undefined {
  if (name === undefined) return undefined
  const files = secretFiles(volume, name, false, read)
  return keys.map((key) => files[key]).find((value) => value !== undefined)
}

function configMapFiles(
  volume: string,
  name: string,
  optional: boolean,
  read: ReadSource,
): Record<string, string> {
  const found = read(CONFIG_MAPS, name)
  if (found === undefined && !optional) throw missing(volume, `configmap "${name}" not found`)
  const binary = Object.entries((found?.['binaryData'] ?? {}) as Record<string, string>)
  return {
    ...(found?.['data'] as Record<string, string> | undefined),
    ...Object.fromEntries(binary.map(([key, value]) => [key, decoded(value) ?? ''])),
  }
}

function secretFiles(
  volume: string,
  name: string,
  optional: boolean,
  read: ReadSource,
): Record<string, string> {
  const found = read(SECRETS, name)
  if (found === undefined && !optional) throw missing(volume, `secret "${name}" not found`)
  const data = Object.entries((found?.['data'] ?? {}) as Record<string, string>)
  return {
    ...Object.fromEntries(data.map(([key, value]) => [key, decoded(value) ?? ''])),
    ...(found?.['stringData'] as Record<string, string> | undefined),
  }
}

function missing(volume: string, what: string): MissingSourceError {
  return new MissingSourceError(volume, `MountVolume.SetUp failed for volume "${volume}" : ${what}`)
}

function decoded(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString()
}
