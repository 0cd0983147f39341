/** The rooms and the one way imports point: common ← model ← cluster ← guest ← dataplane ← checkup ← specs. */
const room = (name) => `^support/${name}/`
const only = (name, allowed) => ({
  name: `${name}-imports`,
  comment: `support/${name} may import ${[name, ...allowed].join(', ')} and nothing else of ours`,
  severity: 'error',
  // Tests may look behind doors: the lab's run the suite, and check that both mean the same.
  from: { path: room(name), pathNot: '\\.(lab\\.)?(test|fixture)\\.ts$' },
  to: { path: '^(support|specs)/', pathNot: [name, ...allowed].map(room) },
})

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('common', []),
    only('model', ['common']),
    only('report', ['common', 'model']),
    only('cluster', ['common']),
    only('guest', ['common', 'cluster']),
    only('dataplane', ['common', 'model', 'cluster', 'guest']),
    only('checkup', ['common', 'model', 'cluster', 'guest', 'dataplane', 'report']),
    only('rootless', ['common', 'model', 'cluster', 'guest', 'dataplane', 'checkup', 'report']),
    only('command', ['common', 'cluster', 'report']),
    only('lab', ['common']),
    {
      name: 'bench-stands-alone',
      comment: 'what is measured knows nothing of being measured',
      severity: 'error',
      from: { pathNot: room('bench') },
      to: { path: room('bench') },
    },
    {
      name: 'specs-through-one-door',
      comment: 'a spec reaches its suite through one index.ts',
      severity: 'error',
      from: { path: '^specs/' },
      to: { path: '^support/', pathNot: '^support/(checkup|rootless)/index\\.ts$' },
    },
    {
      name: 'no-dev-dependency-in-the-suite',
      comment: 'the container image holds production dependencies only',
      severity: 'error',
      from: {
        path: '^(specs|support/(common|model|report|cluster|guest|dataplane|checkup|rootless|command))/',
        pathNot: '\\.(test|fixture)\\.ts$|/testing/',
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
