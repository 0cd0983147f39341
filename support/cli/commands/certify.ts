/** `dpdk-checkup certify`: all runs that a profile requires, in one package with one certificate. */
import path from 'node:path'
import { InvalidInputError } from '../../common/errors.ts'
import { onSignals } from '../../common/signals.ts'
import { plural } from '../../common/text.ts'
import { type CampaignPlan, MOST_REPETITIONS, MOST_RETRIES, USUAL_REPETITIONS } from '../../model/campaign.ts'
import { PROFILE_NAMES } from '../../model/certification.ts'
import { profileNamed } from '../../readiness/profiles.ts'
import { stampOf } from '../../report/report-folders.ts'
import { clusterName } from '../../report/verdict-text.ts'
import { makeCampaign } from '../campaign-runs.ts'
import type { Signals } from '../child.ts'
import { type Call, defineCommand } from '../command.ts'
import { EXIT_CODE_OPTION, exitCodes } from '../exit-code-option.ts'
import { PARAMETER_OPTIONS, parameterData, validParameters, withTimeout } from '../parameter-options.ts'

const OPTIONS = {
  ...PARAMETER_OPTIONS,
  repetitions: {
    type: 'text',
    value: 'N',
    default: String(USUAL_REPETITIONS),
    doc: `how many runs of each frame size must pass, 1 to ${MOST_REPETITIONS}`,
  },
  retries: {
    type: 'text',
    value: 'N',
    default: '0',
    doc: `how many runs of each frame size may fail and be repeated, 0 to ${MOST_RETRIES}; the package and the certificate show all runs`,
  },
  output: {
    type: 'text',
    value: 'FOLDER',
    default: 'reports',
    doc: 'folder for reports; the campaign creates a new folder in it',
  },
  ...EXIT_CODE_OPTION,
} as const

export const certify = defineCommand({
  name: 'certify',
  summary: 'Make all runs that a profile requires, and pack them with one certificate',
  details: `
The command runs the checkup from this machine, like run does: --repetitions times for each frame size of the profile,
one run after the other. campaign.tar.gz contains all runs, including those that did not pass; verify checks the file.
certificate.html is one page about all runs. Ctrl-C ends the current run and then the campaign.`,
  options: OPTIONS,
  examples: [
    {
      line: 'certify -n dpdk --network dpdk-network --profile telco',
      doc: 'Three runs of each frame size must pass',
    },
    {
      line: 'certify -n dpdk --network dpdk-network --profile performance --repetitions 1 --retries 1',
      doc: 'One run of each frame size must pass, one more may fail',
    },
  ],
  exitCodes:
    '0 all frame sizes passed, 1 a frame size did not pass (or passed with waivers, without --accept-waivers), 2 inconclusive or an error',
  usesCluster: true,
  run: certifyCluster,
})

async function certifyCluster({ options, session }: Call<typeof OPTIONS>): Promise<number> {
  const exitCodeOf = exitCodes(options['exit-code'])
  const repetitions = numberOf('repetitions', options.repetitions, 1, MOST_REPETITIONS)
  const retries = numberOf('retries', options.retries, 0, MOST_RETRIES)
  const given = parameterData(options, session.isVerbose ? ['verbose=true'] : [])
  const plan = planOf(given, repetitions)
  if (options.output === '') throw new InvalidInputError(['--output is empty'])
  // Before the first run, and with every size: a mistake in the last one would be noticed hours later.
  const dataOf = (frameSize: string) => withTimeout({ ...given, [FRAME_SIZE_KEY]: frameSize })
  const parameters = plan.frameSizes.map((frameSize) => validParameters(dataOf(frameSize)))
  const deviations = new Set(
    parameters.flatMap(({ profile }) =>
      (profile?.deviations ?? []).map(({ parameter, used }) => `${parameter}=${used}`),
    ),
  )
  if (deviations.size > 0)
    session.printError(
      `the campaign will give no certificate: it deviates from profile ${plan.profile}: ${[...deviations].join(', ')}`,
    )
  const startedAt = new Date()
  const folder = path.resolve(options.output, `campaign-${stampOf(startedAt.toISOString())}`)
  const { runHere } = await import('../run-here.ts')
  let isInterrupted = false
  // The signals of the current run: a listener for every run would be too many.
  let listeners: Parameters<Signals>[0][] = []
  onSignals((signal, count) => {
    isInterrupted = true
    for (const listener of listeners) listener(signal, count)
  })
  const signals: Signals = (listener) => listeners.push(listener)
  const end = await makeCampaign({
    plan,
    retries,
    folder,
    startedAt,
    run: (frameSize, output) => {
      listeners = []
      return runHere({ data: dataOf(frameSize), output, session, signals })
    },
    isInterrupted: () => isInterrupted,
    printProgress: session.printProgress,
    printError: session.printError,
  })
  const unmet = end.sizes.reduce((sum, size) => sum + size.unmet, 0)
  session.print(
    [
      `Campaign of ${plural(end.runs.length, 'run')} on ${clusterName(end)}: ${end.verdict}${unmet > 0 ? `, ${unmet} of the runs did not pass` : ''}`,
      ...end.sizes.map(({ frameSize, passed, unmet: others }) => {
        const more = others > 0 ? `, ${others} not` : ''
        return `  frameSize=${frameSize.padEnd(5)} ${passed.length} of ${repetitions} passed${more}`
      }),
      `Package      ${end.package}`,
      `Certificate  ${end.certificate ?? `none: ${end.whyNot ?? ''}`}`,
    ].join('\n'),
  )
  return exitCodeOf(end.verdict, end.acceptsWaivers)
}

const FRAME_SIZE_KEY = 'spec.param.frameSize'

/** @throws InvalidInputError if no profile is given, or a size of frames */
function planOf(given: Readonly<Record<string, string>>, repetitions: number): CampaignPlan {
  const profile = profileNamed(given['spec.param.profile'])
  if (profile === undefined)
    throw new InvalidInputError([`--profile is missing: ${PROFILE_NAMES.join(', ')}`])
  if (given[FRAME_SIZE_KEY] !== undefined)
    throw new InvalidInputError([
      'frameSize cannot be set with certify: certify makes runs with each frame size that the profile requires',
    ])
  return {
    profile: profile.name,
    frameSizes: profile.sizes.map(({ frameSize }) => frameSize),
    repetitions,
  }
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : NaN
  if (!(number >= least && number <= most))
    throw new InvalidInputError([`--${name} must be a number from ${least} to ${most}, not ${text}`])
  return number
}
