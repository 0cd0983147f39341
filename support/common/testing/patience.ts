/**
 * Milliseconds that a test waits for a state. Only a test that hangs waits this long, even on a slow machine. It is
 * below mocha's own limit (.mocharc.unit.json, .mocharc.scenarios.json), so that the failure says what the test waited
 * for.
 */
export const PATIENCE = 240_000
