/** The output and the exit code of a command in a guest. */
export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

export const done: Outcome = { stdout: '', stderr: '', exitCode: 0 }

export function printed(stdout: string): Outcome {
  return { stdout, stderr: '', exitCode: 0 }
}

export function failure(stderr: string, exitCode = 1): Outcome {
  return { stdout: '', stderr, exitCode }
}
