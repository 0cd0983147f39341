/** The objects of runs on a schedule: the manifest in fixtures/manifests/cronjob.yaml, filled in. */
import { z } from 'zod'
import type { Manifest } from '../../cluster/objects.ts'
import { jobSchema, manifestSchema, placed, podTemplate, readManifest, type Wanted } from './manifests.ts'

export interface Schedule {
  /** In cron's notation. */
  readonly schedule: string
  /** Number of runs whose ConfigMaps, and with them their reports, are kept. */
  readonly keep: number
}

const cronJobSchema = manifestSchema.extend({ spec: z.looseObject({ schedule: z.string() }) })

/** The command line in the suite's image, whose entry point is mocha. */
export const PROGRAM = ['node', 'support/cli/checkup-cli.ts']
/** The only folder that a pod with a read-only root file system can write to. */
const REPORTS = '/tmp/reports'

/** Five fields, or a name that Kubernetes knows. */
const SCHEDULE =
  /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[-*,/A-Za-z0-9?]+( +[-*,/A-Za-z0-9?]+){4})$/
export const SCHEDULE_EXPECTED = 'five fields in cron’s notation, such as "0 3 * * 0", or @weekly'

export function isSchedule(text: string): boolean {
  return SCHEDULE.test(text)
}

/** The objects of a schedule besides the account and its roles. Each run creates its own ConfigMap, so its container
 * is `run`, not mocha.
 */
export function scheduleManifests(wanted: Wanted, { schedule, keep }: Schedule): readonly Manifest[] {
  const [role, binding, cronJob] = readManifest('cronjob')
  const { spec } = jobSchema.parse(readManifest('job')[0])
  const template = podTemplate(spec.template, wanted)
  const [container] = template.spec.containers
  const args = ['run', '--keep', String(keep), '--output', REPORTS, ...parameterWords(wanted.data)]
  const own = {
    ...container,
    command: PROGRAM,
    args,
    env: container.env.filter(({ name }) => name !== 'CONFIGMAP_NAME'),
  }
  const pod = { ...template, spec: { ...template.spec, containers: [own] } }
  const scheduled = cronJobSchema.parse(cronJob)
  const jobTemplate = { spec: { ...spec, template: pod } }
  return [
    placed(manifestSchema.parse(role), wanted),
    placed(manifestSchema.parse(binding), wanted),
    placed({ ...scheduled, spec: { ...scheduled.spec, schedule, jobTemplate } }, wanted),
  ]
}

/** The keys of a ConfigMap as options of `run`. */
export function parameterWords(data: Readonly<Record<string, string>>): string[] {
  return Object.entries(data).flatMap(([key, value]) => [
    '--set',
    `${key.replace(/^spec\.(param\.)?/, '')}=${value}`,
  ])
}
