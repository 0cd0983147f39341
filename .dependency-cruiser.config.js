/**
 * The rooms and the one way imports point: common ← model ← cluster ← guest ← dataplane ← run ← readiness, rootless ←
 * specs. `report` stands on model, `diagnosis` on run; `cli` holds the programs. The lab stands on common and model.
 */
const room = (name) => `^${name === 'lab' ? '' : 'support/'}${name}/`
/** What may look behind doors: the lab's tests run the suite, and check that both mean the same. */
export const TESTS = '\\.(lab\\.|scenario\\.)?(test|fixture)\\.ts$|/testing/'

const only = (name, allowed) => ({
  name: `${name}-imports`,
  comment: `${name} may import ${[name, ...allowed].join(', ')} and nothing else of ours`,
  severity: 'error',
  from: { path: room(name), pathNot: TESTS },
  to: { path: '^(support|specs|lab)/', pathNot: [name, ...allowed].map(room) },
})

const BELOW_RUN = ['common', 'model', 'cluster', 'guest', 'dataplane']

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('common', []),
    only('model', ['common']),
    only('report', ['common', 'model']),
    only('cluster', ['common', 'model']),
    only('guest', ['common', 'model', 'cluster']),
    only('dataplane', ['common', 'model', 'cluster', 'guest']),
    only('run', [...BELOW_RUN, 'report']),
    only('diagnosis', [...BELOW_RUN, 'run', 'report']),
    only('capacity', [...BELOW_RUN, 'run', 'report']),
    only('nodes', [...BELOW_RUN, 'run', 'report']),
    only('readiness', [...BELOW_RUN, 'run', 'report', 'diagnosis', 'capacity', 'nodes']),
    only('rootless', [...BELOW_RUN, 'run', 'report']),
    only('verification', [...BELOW_RUN, 'run', 'report', 'capacity', 'nodes', 'readiness']),
    only('cli', [...BELOW_RUN, 'run', 'report', 'readiness', 'rootless', 'diagnosis', 'verification']),
    // What lab/bench measures and lab/dev/docs writes about is the product.
    {
      ...only('lab', ['common', 'model']),
      from: { path: room('lab'), pathNot: `^lab/(bench|dev/docs)/|${TESTS}` },
    },
    {
      name: 'lab-nodes-stand-alone',
      comment: 'what every cluster has knows neither KubeVirt nor what else runs pods',
      severity: 'error',
      from: { path: '^lab/nodes/', pathNot: TESTS },
      to: { path: '^lab/', pathNot: '^lab/(nodes|apiserver)/' },
    },
    {
      name: 'kubevirt-and-workloads-apart',
      comment: 'what both need is in lab/nodes',
      severity: 'error',
      from: { path: '^lab/(kubevirt|workloads|openshift)/', pathNot: TESTS },
      to: { path: '^lab/(kubevirt|workloads|openshift)/', pathNot: '^lab/$1/' },
    },
    {
      name: 'one-assembly-of-labs',
      comment: 'every lab is put together by assembleLab(), but for tests of single parts',
      severity: 'error',
      from: { path: '^(lab|support)/', pathNot: '^lab/(assemble-lab\\.ts|apiserver/)|\\.test\\.ts$' },
      to: { path: '^lab/apiserver/server\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'lab-is-not-the-product',
      comment: 'what judges clusters knows nothing of the lab',
      severity: 'error',
      from: { path: '^(specs|support)/', pathNot: TESTS },
      to: { path: '^lab/' },
    },
    {
      name: 'diagnosis-at-the-end-only',
      comment:
        'a run is diagnosed when it has ended: nothing but its end asks for it; commands read the catalogue',
      severity: 'error',
      from: {
        path: '^support/',
        pathNot: `^support/(diagnosis/|readiness/checkup\\.ts$|cli/commands/)|${TESTS}`,
      },
      to: { path: room('diagnosis') },
    },
    {
      name: 'bench-stands-alone',
      comment: 'what is measured knows nothing of being measured',
      severity: 'error',
      from: { pathNot: '^lab/bench/' },
      to: { path: '^lab/bench/' },
    },
    {
      name: 'specs-through-one-door',
      comment: 'a spec reaches its suite through one index.ts',
      severity: 'error',
      from: { path: '^specs/' },
      to: { path: '^(support|lab)/', pathNot: '^support/(readiness|rootless)/index\\.ts$' },
    },
    {
      name: 'no-dev-dependency-in-the-suite',
      comment: 'the container image holds production dependencies only',
      severity: 'error',
      from: { path: '^(specs|support)/', pathNot: TESTS },
      // What the lab's package.json alone declares is found here too, and is nothing that support/ declares.
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'declared-packages',
      comment: "a package stands in package.json, or in lab/package.json where it is the lab's alone",
      severity: 'error',
      from: { path: '^lab/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // The lab takes what the product has from the package.json above its own.
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
