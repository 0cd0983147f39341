/** The schema of the VMI fields that the lab reads. As with the CRD's schema, it is checked before the webhooks. */
import { z } from 'zod'
import type { KubeObject } from '../apiserver/contract.ts'
import { invalid, type Violation } from '../apiserver/status.ts'
import { VMI } from './kubevirt-kinds.ts'

const quantity = z.union([z.string(), z.number()])
const flag = z.boolean().optional()
const text = z.string().optional()
const count = z.int().optional()
const empty = z.looseObject({}).optional()

const probe = z
  .looseObject({
    exec: z.looseObject({ command: z.array(z.string()).optional() }).optional(),
    guestAgentPing: empty,
    httpGet: empty,
    tcpSocket: empty,
    initialDelaySeconds: count,
    periodSeconds: count,
    timeoutSeconds: count,
    failureThreshold: count,
    successThreshold: count,
  })
  .optional()

const spec = z.looseObject({
  affinity: empty,
  hostname: text,
  nodeSelector: z.record(z.string(), z.string()).optional(),
  terminationGracePeriodSeconds: count,
  readinessProbe: probe,
  livenessProbe: probe,
  networks: z
    .array(
      z.looseObject({
        name: z.string(),
        multus: z.looseObject({ networkName: z.string() }).optional(),
        pod: empty,
      }),
    )
    .optional(),
  volumes: z
    .array(
      z.looseObject({
        name: z.string(),
        containerDisk: z.looseObject({ image: z.string() }).optional(),
        configMap: z.looseObject({ name: text, optional: flag }).optional(),
        secret: z.looseObject({ secretName: text, optional: flag }).optional(),
        cloudInitNoCloud: z
          .looseObject({
            userData: text,
            userDataBase64: text,
            networkData: text,
            networkDataBase64: text,
            secretRef: z.looseObject({ name: text }).optional(),
            networkDataSecretRef: z.looseObject({ name: text }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  domain: z.looseObject({
    cpu: z
      .looseObject({
        sockets: count,
        cores: count,
        threads: count,
        maxSockets: count,
        model: text,
        dedicatedCpuPlacement: flag,
        isolateEmulatorThread: flag,
      })
      .optional(),
    memory: z
      .looseObject({
        guest: quantity.optional(),
        maxGuest: quantity.optional(),
        hugepages: z.looseObject({ pageSize: text }).optional(),
      })
      .optional(),
    firmware: z.looseObject({ uuid: text }).optional(),
    resources: z
      .looseObject({
        requests: z.record(z.string(), quantity).optional(),
        limits: z.record(z.string(), quantity).optional(),
      })
      .optional(),
    devices: z.looseObject({
      autoattachSerialConsole: flag,
      disks: z
        .array(
          z.looseObject({
            name: z.string(),
            serial: text,
            bootOrder: count,
            disk: z.looseObject({ bus: text }).optional(),
            cdrom: empty,
            lun: empty,
          }),
        )
        .optional(),
      interfaces: z
        .array(
          z.looseObject({
            name: z.string(),
            macAddress: text,
            pciAddress: text,
            model: text,
            sriov: empty,
            masquerade: empty,
            bridge: empty,
          }),
        )
        .optional(),
    }),
  }),
})

const shape = z.looseObject({ spec })

/** @throws StatusError 422 with every field that is missing or has the wrong type */
export function checkShape(object: KubeObject): void {
  const result = shape.safeParse(object)
  if (result.success) return
  const violations = result.error.issues.map((issue) => violationOf(object, issue))
  throw invalid(VMI, object.metadata.name, violations)
}

const OPENAPI_TYPES: Readonly<Record<string, string>> = {
  int: 'integer',
  number: 'integer',
  record: 'object',
}

function violationOf(object: KubeObject, issue: z.core.$ZodIssue): Violation {
  const field = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
  const name = field.slice(1)
  const value = valueAt(object, issue.path)
  if (value === undefined) return { reason: 'FieldValueRequired', field: name, message: 'Required value' }
  const found = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const expected = issue.code === 'invalid_type' ? issue.expected : 'string'
  const wanted = OPENAPI_TYPES[expected] ?? expected
  return {
    reason: 'FieldValueTypeInvalid',
    field: name,
    message: `Invalid value: "${found}": ${name} in body must be of type ${wanted}: "${found}"`,
  }
}

function valueAt(object: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    object,
  )
}
