/** mocha options that would make the result invalid; with one of them a run ends before it starts. */

/** Options that mocha passes to a reporter, from its command line and its configuration. */
export interface RunOptions {
  readonly dryRun?: boolean | undefined
  readonly parallel?: boolean | undefined
  readonly retries?: number | undefined
  readonly watch?: boolean | undefined
  readonly delay?: boolean | undefined
  readonly allowUncaught?: boolean | undefined
  readonly asyncOnly?: boolean | undefined
  /** Milliseconds, or a text such as `5s`; 0: no limit. */
  readonly timeout?: number | string | false | undefined
}

interface Refused {
  readonly option: string
  readonly isGiven: (options: RunOptions) => boolean
  /** Why it is refused, with the alternative. */
  readonly why: string
}

const REFUSED: readonly Refused[] = [
  {
    option: '--dry-run',
    isGiven: ({ dryRun }) => dryRun === true,
    why: 'it runs no test and reports everything as passed; `npx dpdk-checkup preflight` checks a cluster and creates nothing',
  },
  {
    option: '--parallel',
    isGiven: ({ parallel }) => parallel === true,
    why: 'it starts a process for each spec file, but all spec files must judge one run in one process',
  },
  {
    option: '--retries',
    isGiven: ({ retries = 0 }) => retries > 0,
    why: 'it would judge a failed criterion again with the same facts',
  },
  {
    option: '--watch',
    isGiven: ({ watch }) => watch === true,
    why: 'it would start a second run, which needs a new ConfigMap',
  },
  {
    option: '--delay',
    isGiven: ({ delay }) => delay === true,
    why: 'mocha would wait for the specs forever',
  },
  {
    option: '--allow-uncaught',
    isGiven: ({ allowUncaught }) => allowUncaught === true,
    why: 'the first failed criterion would end the process, and the VMs would stay',
  },
  {
    option: '--async-only',
    isGiven: ({ asyncOnly }) => asyncOnly === true,
    why: 'it fails every spec that does not wait for anything',
  },
  {
    option: '--timeout',
    isGiven: ({ timeout }) => timeout !== undefined && timeout !== false && parseFloat(String(timeout)) > 0,
    why: 'a stage of a run takes minutes, and mocha’s limit would fail its spec without ending the stage; use spec.timeout instead',
  },
]

/** For a run with another reporter than the suite's, which mocha's options do not show. */
export const OTHER_REPORTER: Pick<Refused, 'option' | 'why'> = {
  option: '--reporter',
  why: 'only the suite’s own reporter knows the verdict and its exit code; it also writes JUnit, HTML and JSON',
}

/** The first refused option that is given; undefined if there is none. */
export function refusedOption(
  options: RunOptions,
): { readonly option: string; readonly why: string } | undefined {
  return REFUSED.find(({ isGiven }) => isGiven(options))
}
