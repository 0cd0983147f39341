/** The checkup's environment variables: the place of its ConfigMap, and its own pod. */
import { z } from 'zod'
import { InvalidInputError } from '../common/errors.ts'

const environmentSchema = z.object({
  CONFIGMAP_NAMESPACE: z.string().min(1),
  CONFIGMAP_NAME: z.string().min(1),
  POD_UID: z.string().optional(),
  POD_NAME: z.string().optional(),
  HOSTNAME: z.string().optional(),
})

export interface Environment {
  readonly namespace: string
  readonly configMap: string
  /** The checkup's own pod, which becomes the owner of the run's objects; undefined outside of a cluster. */
  readonly pod: CheckupPod | undefined
}

export interface CheckupPod {
  readonly uid: string
  /** POD_NAME; empty if the manifest does not set it. */
  readonly name: string
  /**
   * HOSTNAME: the pod's name, its first 63 characters, `spec.hostname`, or the node's name if the pod uses the host
   * network.
   */
  readonly hostname: string
}

/** @throws InvalidInputError naming every variable that is missing */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const parsed = environmentSchema.safeParse(env)
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.'))
    throw new InvalidInputError(missing.map((name) => `the environment variable ${name} is missing or empty`))
  }
  const { CONFIGMAP_NAMESPACE, CONFIGMAP_NAME, POD_UID: uid = '', POD_NAME: name = '' } = parsed.data
  const { HOSTNAME: hostname = '' } = parsed.data
  return {
    namespace: CONFIGMAP_NAMESPACE,
    configMap: CONFIGMAP_NAME,
    pod: uid === '' ? undefined : { uid, name, hostname },
  }
}
