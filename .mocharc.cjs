// mocha adds the files it is given to those of its configuration. `npx mocha` judges the cluster's readiness
// (.mocharc.json); `npx mocha specs/rootless` judges the rootless pods, and nothing else.
const readiness = require('./.mocharc.json')

const asksForRootless = process.argv.slice(2).some((word) => /(^|\/)specs\/rootless(\/|$)/.test(word))

module.exports = asksForRootless
  ? {
      ...readiness,
      require: readiness.require.map((file) =>
        file.replace('/readiness/root-hooks.ts', '/rootless/root-hooks.ts'),
      ),
      extension: ['ts'],
      spec: [],
    }
  : readiness
