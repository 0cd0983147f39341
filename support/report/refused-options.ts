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
    why: 'it runs no test and reports everything as passed; `npx dpdk-checkup preflight` looks at a cluster and creates nothing',
  },
  {
    option: '--parallel',
    isGiven: ({ parallel }) => parallel === true,
    why: 'it gives each spec file a process of its own, and all of them judge one run of one process; leave it out',
  },
  {
    option: '--retries',
    isGiven: ({ retries = 0 }) => retries > 0,
    why: 'a criterion that is not met would be judged again by the facts of the first time; leave it out',
  },
  {
    option: '--watch',
    isGiven: ({ watch }) => watch === true,
    why: 'a run claims its ConfigMap once, and a second run needs a new one; leave it out',
  },
  {
    option: '--delay',
    isGiven: ({ delay }) => delay === true,
    why: 'mocha would wait for the specs for ever; leave it out',
  },
  {
    option: '--allow-uncaught',
    isGiven: ({ allowUncaught }) => allowUncaught === true,
    why: 'the first criterion that is not met would end the process, and leave the VMs behind; leave it out',
  },
  {
    option: '--async-only',
    isGiven: ({ asyncOnly }) => asyncOnly === true,
    why: 'it fails every spec that does not wait for anything; leave it out',
  },
  {
    option: '--timeout',
    isGiven: ({ timeout }) => timeout !== undefined && timeout !== false && parseFloat(String(timeout)) > 0,
    why: 'a stage of a run takes minutes, and mocha’s limit fails its spec without ending it; spec.timeout limits a run, so leave it out',
  },
]

/** For a run with another reporter than the suite's, which mocha's options do not show. */
export const OTHER_REPORTER: Pick<Refused, 'option' | 'why'> = {
  option: '--reporter',
  why: 'only the suite’s own reporter knows the verdict and its exit code; it writes JUnit, HTML and JSON as well, so leave it out',
}

/** The first refused option that is given; undefined if there is none. */
export function refusedOption(
  options: RunOptions,
): { readonly option: string; readonly why: string } | undefined {
  return REFUSED.find(({ isGiven }) => isGiven(options))
}
