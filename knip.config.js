/** What `npm run check:unused` goes by: whatever is not reached from an entry is unused. */

/** Packages of the lab's that tests of the suite use too: who only judges clusters does not install them. */
const LAB_PACKAGES_OF_TESTS = ['ajv', 'ajv-formats', 'axe-core', 'fast-xml-parser', 'playwright-core']

/** @type {import('knip').KnipConfig} */
export default {
  // Whoever calls a function may name the types that it takes and returns.
  ignoreExportsUsedInFile: { interface: true, type: true },
  workspaces: {
    '.': {
      entry: [
        'specs/**/*.spec.ts',
        // What programs import (package.json, `exports`).
        'support/index.ts',
        'support/**/*.test.ts',
        // What mocha loads (.mocharc.json, .mocharc.cjs) beside specs and tests.
        'support/*/root-hooks.ts',
        // Programs: the commands of package.json, and those that other programs start.
        'support/cli/*-cli.ts',
        'support/cli/*.mjs',
        'support/report/slow-reports-command.mjs',
        'support/common/testing/busy-exit.mjs',
        // A hook loads it in place of a file of client-node.
        'support/cluster/client-node-configuration.ts',
      ],
      project: ['specs/**/*.ts', 'support/**/*.{ts,mjs}', '*.{js,cjs}'],
      ignoreDependencies: [...LAB_PACKAGES_OF_TESTS, 'saxes'],
      // Programs of the machine.
      ignoreBinaries: ['flock', 'kubectl', 'mkfifo', 'script', 'openssl', 'sha256sum'],
    },
    lab: {
      entry: [
        '**/*.test.ts',
        '**/*-cli.ts',
        'dev/*.ts',
        // Started, or loaded, by its path.
        'bench/suite-probe.mjs',
        'e2e/rootless/simulated-kubectl.fixture.ts',
      ],
      project: ['**/*.{ts,mjs}'],
      ignoreDependencies: LAB_PACKAGES_OF_TESTS,
      ignoreBinaries: ['flock', 'kubectl', 'setpriv', 'unshare'],
    },
  },
}
