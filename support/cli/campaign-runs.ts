/** The runs of a campaign, one after the other, until each frame size has the required number of passed runs. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { digestOf } from '../common/canonical-json.ts'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { type CampaignPlan, type CampaignResult, judgeCampaign } from '../model/campaign.ts'
import { isUnmet } from '../model/criterion-result.ts'
import { campaignFiles, packCampaign, type PackedRun } from '../report/campaign-package.ts'
import { environmentOf } from '../report/environment.ts'
import { MANIFEST_FILE } from '../report/manifest.ts'
import { BUNDLE_FILE, CERTIFICATE_FILE, JSON_FILE, PACKAGE_FILE } from '../report/report-folders.ts'
import { parseReport } from '../report/read-report.ts'
import { Unpacking } from '../report/unpacking.ts'

/** Not where the package is: each run writes a certificate beside its folder too. */
const RUNS_FOLDER = 'runs'
/** The groups of the criteria that are judged before anything is created. */
const PRECONDITIONS = /^(precondition|preflight)\./

export interface CampaignRunsOptions {
  readonly plan: CampaignPlan
  /** Runs of each size that may fail to pass, beyond which the size is given up. */
  readonly retries: number
  /** Gets the package and the certificate, and the folders of the runs in a folder of their own. */
  readonly folder: string
  readonly startedAt: Date
  /** Makes one run with this size of frames. @param output folder in which its reports get one of their own */
  readonly run: (frameSize: string, output: string) => Promise<unknown>
  /** Whether to start no more runs. */
  readonly isInterrupted: () => boolean
  /** Gets a line for each run. */
  readonly printProgress: (line: string) => void
  readonly printError: (line: string) => void
}

export interface CampaignEnd extends CampaignResult {
  readonly runs: readonly PackedRun[]
  readonly package: string
  /** The page; undefined if the campaign gives no certificate. */
  readonly certificate: string | undefined
}

/**
 * The package is written after each run: a campaign that is killed leaves those that it made.
 * @throws InvalidInputError if the folder cannot be made
 */
export async function makeCampaign(options: CampaignRunsOptions): Promise<CampaignEnd> {
  const { plan, retries, folder, isInterrupted, printProgress } = options
  try {
    await mkdir(path.join(folder, RUNS_FOLDER), { recursive: true })
  } catch (error) {
    throw new InvalidInputError([`the campaign's folder ${folder} cannot be made: ${describeError(error)}`])
  }
  const runs: PackedRun[] = []
  for (const frameSize of plan.frameSizes) {
    let [passes, others] = [0, 0]
    while (passes < plan.repetitions && others <= retries && !isInterrupted()) {
      const which = `frameSize=${frameSize}, pass ${passes + 1} of ${plan.repetitions}`
      printProgress(
        `run ${runs.length + 1}: ${which}${others > 0 ? `, after ${others} that did not pass` : ''}`,
      )
      const made = await oneRun(frameSize, options)
      runs.push(made)
      const verdict = made.left?.report.verdict
      if (verdict === 'passed' || verdict === 'passed-with-waivers') passes += 1
      else others += 1
      await pack(runs, options)
      if (endedAtPreconditions(made)) {
        printProgress(
          `run ${runs.length} is not repeated: it failed a precondition before it created objects`,
        )
        break
      }
    }
  }
  const files = await pack(runs, options)
  const isCertified = files.has(CERTIFICATE_FILE)
  return {
    ...judgeCampaign(plan, runs),
    runs,
    package: path.join(folder, PACKAGE_FILE),
    certificate: isCertified ? path.join(folder, CERTIFICATE_FILE) : undefined,
  }
}

/** Such a run would end in the same way again. */
function endedAtPreconditions({ left }: PackedRun): boolean {
  const { criteria = [], guests = [] } = left?.report ?? {}
  return guests.length === 0 && criteria.some((each) => PRECONDITIONS.test(each.id) && isUnmet(each))
}

/** An error in a run does not end the campaign: it is printed, and counts as a run without reports. */
async function oneRun(
  frameSize: string,
  { folder, run, printError }: CampaignRunsOptions,
): Promise<PackedRun> {
  const output = path.join(folder, RUNS_FOLDER)
  const before = new Set(await readdir(output))
  try {
    await run(frameSize, output)
  } catch (error) {
    printError(describeError(error))
  }
  try {
    const made = (await readdir(output, { withFileTypes: true })).filter(
      (entry) => entry.isDirectory() && !before.has(entry.name),
    )
    const [own] = made
    if (own === undefined) throw new Error('the run left no reports')
    const archive = await readFile(path.join(output, own.name, BUNDLE_FILE))
    const unpacking = new Unpacking()
    await unpacking.addArchive(archive)
    const report = parseReport(unpacking.files.get(JSON_FILE)?.toString() ?? '', JSON_FILE)
    const bundle = digestOf(unpacking.files.get(MANIFEST_FILE) ?? '')
    return { frameSize, archive, left: { report, bundle, environment: environmentOf(report).digest } }
  } catch (error) {
    printError(`this run has no bundle: ${describeError(error)}`)
    return { frameSize }
  }
}

/** Writes package and certificate. @returns the files of the package */
async function pack(runs: readonly PackedRun[], { plan, folder, startedAt }: CampaignRunsOptions) {
  const files = campaignFiles(plan, runs)
  const part = path.join(folder, `.${PACKAGE_FILE}`)
  await writeFile(part, await packCampaign(files, startedAt))
  await rename(part, path.join(folder, PACKAGE_FILE))
  const certificate = files.get(CERTIFICATE_FILE)
  if (certificate !== undefined) await writeFile(path.join(folder, CERTIFICATE_FILE), certificate)
  return files
}
