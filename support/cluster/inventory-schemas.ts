/** Schemas of what the inventory reads. They require only the fields that are needed. */
import { z } from 'zod'
import { textMap } from './schemas/metadata.ts'

export const versionSchema = z.looseObject({ gitVersion: z.string() })
export const identitySchema = z.looseObject({ metadata: z.looseObject({ uid: z.string() }) })
export const rootCertificatesSchema = z.looseObject({ data: z.looseObject({ 'ca.crt': z.string() }) })
export const whoSchema = z.looseObject({
  status: z.looseObject({ userInfo: z.looseObject({ username: z.string() }) }),
})
export const resourceListSchema = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) })

export const nadSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), annotations: textMap.nullish() }),
  spec: z.looseObject({ config: z.unknown().optional() }).nullish(),
})
export type Nad = z.infer<typeof nadSchema>

const kubeVirtSchema = z.looseObject({
  metadata: z.looseObject({ annotations: textMap.nullish() }),
  spec: z
    .looseObject({
      configuration: z
        .looseObject({
          developerConfiguration: z
            .looseObject({
              featureGates: z.array(z.string()).nullish(),
              disabledFeatureGates: z.array(z.string()).nullish(),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
  status: z.looseObject({ observedKubeVirtVersion: z.string().nullish() }).nullish(),
})
export const kubeVirtListSchema = z.looseObject({ items: z.array(kubeVirtSchema) })
/** The KubeVirt object: its version and configuration. */
export type KubeVirt = z.infer<typeof kubeVirtSchema>

export const kubeletConfigSchema = z.looseObject({
  kubeletconfig: z.looseObject({
    cpuManagerPolicy: z.string().nullish(),
    cpuManagerPolicyOptions: textMap.nullish(),
    topologyManagerPolicy: z.string().nullish().catch(undefined),
    memoryManagerPolicy: z.string().nullish().catch(undefined),
  }),
})
export type KubeletConfig = z.infer<typeof kubeletConfigSchema>['kubeletconfig']

const named = z.looseObject({ name: z.string(), value: z.string().nullish() })
/** NodeResourceTopology, topology.node.k8s.io/v1alpha2 (k8stopologyawareschedwg/noderesourcetopology-api). */
export const nodeTopologySchema = z.looseObject({
  topologyPolicies: z.array(z.string()).catch([]),
  attributes: z.array(named).catch([]),
  zones: z.array(z.looseObject({ name: z.string(), type: z.string() })).catch([]),
})
export type NodeTopology = z.infer<typeof nodeTopologySchema>

export const webhookListSchema = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
})

export const labelledListSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({
        name: z.string(),
        uid: z.string(),
        labels: textMap.nullish(),
        annotations: textMap.nullish(),
        creationTimestamp: z.string().nullish(),
        deletionTimestamp: z.string().nullish(),
      }),
    }),
  ),
})
/** An object found by its label. */
export type Labelled = z.infer<typeof labelledListSchema>['items'][number]['metadata']
