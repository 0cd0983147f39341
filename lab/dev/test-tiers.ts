/** The test tiers by what their tests need, quickest first. The name of a *.test.ts file decides its tier. */
export interface TestTier {
  readonly name: string
  /** The script in package.json that runs only this tier. */
  readonly script: string
  /** Mocha's configuration, a file in the root folder. */
  readonly configuration: string
}

export const TEST_TIERS: readonly TestTier[] = [
  // One module each, in the test's process or with a small child process. Three jobs on two cores, because some of
  // them wait.
  { name: 'unit tests', script: 'test:unit', configuration: '.mocharc.unit.json' },
  // *.scenario.test.ts: whole programs as users run them, on the simulated lab; a real shell; reports in a browser.
  { name: 'scenarios', script: 'test:scenarios', configuration: '.mocharc.scenarios.json' },
  // *.lab.test.ts: real guests, image builds, packages from the registry.
  { name: 'the lab end to end', script: 'test:lab', configuration: '.mocharc.lab.json' },
]
