/** Mocha's options with which a run says nothing true of a cluster: such a run ends before it has begun. */

/** What mocha hands to a reporter, from its command line and its configuration alike. */
export interface RunOptions {
  readonly dryRun?: boolean | undefined
  readonly parallel?: boolean | undefined
  readonly retries?: number | undefined
  readonly watch?: boolean | undefined
  readonly delay?: boolean | undefined
}

interface Refused {
  readonly option: string
  readonly isGiven: (options: RunOptions) => boolean
  /** A sentence about it, with what to do instead. */
  readonly why: string
}

const REFUSED: readonly Refused[] = [
  {
    option: '--dry-run',
    isGiven: ({ dryRun }) => dryRun === true,
    why: 'it runs nothing and calls everything passed; `npx dpdk-checkup preflight` looks at a cluster and creates nothing',
  },
  {
    option: '--parallel',
    isGiven: ({ parallel }) => parallel === true,
    why: 'it gives each spec file a process of its own, and all of them judge one run of one process; leave it out',
  },
  {
    option: '--retries',
    isGiven: ({ retries = 0 }) => retries > 0,
    why: 'a criterion that is not met would be judged again by what was found the first time; leave it out',
  },
  {
    option: '--watch',
    isGiven: ({ watch }) => watch === true,
    why: 'a run claims its ConfigMap once, and a second run needs a new one; leave it out',
  },
  {
    option: '--delay',
    isGiven: ({ delay }) => delay === true,
    why: 'the specs would be waited for for ever; leave it out',
  },
]

/** The first that is given; undefined where the run may begin. */
export function refusedOption(
  options: RunOptions,
): { readonly option: string; readonly why: string } | undefined {
  return REFUSED.find(({ isGiven }) => isGiven(options))
}
