/** The tests of our own code by what they take, quickest first. Every *.test.ts is in exactly one tier, by its name. */
export interface TestTier {
  readonly name: string
  /** The script of package.json that runs it alone. */
  readonly script: string
  /** Mocha's configuration, in the root folder. */
  readonly configuration: string
}

export const TEST_TIERS: readonly TestTier[] = [
  // One module each, within the test's process or with a small child process. On two cores a third job uses what
  // those leave that wait.
  { name: 'unit tests', script: 'test:unit', configuration: '.mocharc.unit.json' },
  // *.scenario.test.ts: whole programs as users run them, on the scripted lab; a real shell; reports in a browser.
  { name: 'scenarios', script: 'test:scenarios', configuration: '.mocharc.scenarios.json' },
  // *.lab.test.ts: real guests, built images, packages from the registry.
  { name: 'the lab end to end', script: 'test:lab', configuration: '.mocharc.lab.json' },
]
