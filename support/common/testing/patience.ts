/**
 * Milliseconds that a test waits for what has to come. Nobody waits so long but a test that hangs, on however slow a
 * machine; it is less than mocha's own limit (.mocharc.unit.json, .mocharc.scenarios.json), so that the test says what it waited for.
 */
export const PATIENCE = 240_000
