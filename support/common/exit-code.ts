/** What the suite's programs end with. */
export const EXIT_CODE = {
  /** Done, and all is well. */
  ok: 0,
  /** Done, and what was judged did not pass: a criterion failed, a run is worse than another, a goal was missed. */
  failed: 1,
  /** It could not do, or judge, what it was asked to. */
  error: 2,
} as const
