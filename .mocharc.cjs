// mocha adds the files it is given to those of its configuration. `npx mocha` judges the cluster's readiness
// (.mocharc.json); `npx mocha specs/rootless` judges the rootless pods, and nothing else.
const { extname } = require('node:path')
const readiness = require('./.mocharc.json')

// `ts`; in the published package, which is built, `js`.
const extension = extname(readiness.reporter)

const asksForRootless = process.argv.slice(2).some((word) => /(^|[/=])specs\/rootless(\/|$)/.test(word))

module.exports = asksForRootless
  ? {
      ...readiness,
      require: readiness.require.map((file) => file.replace('/readiness/root-hooks', '/rootless/root-hooks')),
      extension: [extension.slice(1)],
      spec: [],
    }
  : readiness
