/** Exit codes of the suite's programs. */
export const EXIT_CODE = {
  /** Success. */
  ok: 0,
  /**
   * The program worked, and the verdict is negative: a criterion failed, a run is worse than another, a goal was
   * missed.
   */
  failed: 1,
  /** The program could not do its work, or could not judge. */
  error: 2,
} as const
