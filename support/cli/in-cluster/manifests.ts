/** The objects of a checkup in a cluster: the manifests in fixtures/manifests, filled in. */
import { readFileSync } from 'node:fs'
import { parseAllDocuments, stringify } from 'yaml'
import { z } from 'zod'
import type { Manifest } from '../../cluster/objects.ts'
import { DEFAULT_CONFIG_MAP, DEFAULT_JOB } from '../job-names.ts'

export interface Wanted {
  /** Undefined: the manifests name no namespace. */
  readonly namespace?: string | undefined
  /** Keys of the checkup's ConfigMap. */
  readonly data: Readonly<Record<string, string>>
  /** Undefined: the placeholder of the manifest stays. */
  readonly image?: string | undefined
  readonly pullSecret?: string | undefined
  /** Appended to the names of ConfigMap and Job, so that each run has its own. */
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** In the order of creation. */
export interface CheckupManifests {
  /** Account, roles and bindings. */
  readonly rbac: readonly Manifest[]
  readonly configMap: Manifest
  readonly job: Manifest
}

export const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
})

export const jobSchema = manifestSchema.extend({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        serviceAccountName: z.string(),
        containers: z.tuple([
          z.looseObject({
            image: z.string(),
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
          }),
        ]),
      }),
    }),
  }),
})

/** The documents of a manifest. */
export function readManifest(name: string): unknown[] {
  const file = new URL(`../../../fixtures/manifests/${name}.yaml`, import.meta.url)
  return parseAllDocuments(readFileSync(file, 'utf8'))
    .map((document) => document.toJS() as unknown)
    .filter((document) => document !== null)
}

export function checkupManifests(wanted: Wanted): CheckupManifests {
  const [configMap] = readManifest('configmap')
  const [job] = readManifest('job')
  return {
    rbac: readManifest('permissions').map((one) => placed(manifestSchema.parse(one), wanted)),
    configMap: configMapOf(manifestSchema.parse(configMap), wanted),
    job: jobOf(jobSchema.parse(job), wanted),
  }
}

/** YAML documents, for `kubectl apply -f -`. */
export function yamlOf(manifests: readonly Manifest[]): string {
  return manifests.map((one) => `---\n${stringify(one)}`).join('')
}

function configMapOf(manifest: z.infer<typeof manifestSchema>, wanted: Wanted): Manifest {
  const name = manifest.metadata.name + (wanted.suffix ?? '')
  return placed({ ...manifest, data: wanted.data }, wanted, name)
}

function jobOf(manifest: z.infer<typeof jobSchema>, wanted: Wanted): Manifest {
  const { spec } = manifest
  const template = podTemplate(spec.template, wanted)
  return placed({ ...manifest, spec: { ...spec, template } }, wanted, DEFAULT_JOB + (wanted.suffix ?? ''))
}

type PodTemplate = z.infer<typeof jobSchema>['spec']['template']

/** The pod of a Job with image, secret and ConfigMap filled in. */
export function podTemplate(template: PodTemplate, { image, pullSecret, suffix = '' }: Wanted): PodTemplate {
  const [container] = template.spec.containers
  const env = container.env.map((variable) =>
    variable.name === 'CONFIGMAP_NAME' ? { ...variable, value: DEFAULT_CONFIG_MAP + suffix } : variable,
  )
  const spec = {
    ...template.spec,
    containers: [{ ...container, image: image ?? container.image, env }] satisfies [object],
    ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
  }
  return { ...template, spec }
}

export function placed(
  manifest: z.infer<typeof manifestSchema>,
  { namespace, labels }: Wanted,
  name = manifest.metadata.name,
): Manifest {
  const { labels: own, ...metadata } = manifest.metadata
  const all = { ...own, ...labels }
  // The manifests' bindings name no namespace for the account. kubectl fills in the binding's own; so does this.
  const subjects = z.array(z.looseObject({})).safeParse(manifest['subjects']).data
  return {
    ...manifest,
    metadata: {
      ...metadata,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(Object.keys(all).length === 0 ? {} : { labels: all }),
    },
    ...(subjects === undefined || namespace === undefined
      ? {}
      : { subjects: subjects.map((subject) => ({ ...subject, namespace })) }),
  }
}
