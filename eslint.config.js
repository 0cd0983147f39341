import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const SPREAD_LITERAL = {
  selector:
    'SpreadElement > :matches(ObjectExpression, ArrayExpression), ' +
    'SpreadElement > TSAsExpression > :matches(ObjectExpression, ArrayExpression)',
  message: 'A literal that is spread only keeps Prettier from breaking lines: write its parts as they are.',
}

const OWN_TIMEOUT = {
  selector: "CallExpression[callee.property.name='timeout'][callee.object.type='ThisExpression']",
  message: "A test's time is mocha's, one for all (.mocharc.*.json): on a busy machine a lower one fails.",
}

export default defineConfig(
  { ignores: ['coverage/', 'reports/', 'node_modules/'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            '*.config.js',
            '.dependency-cruiser.config.js',
            '.mocharc.cjs',
            'support/cli/bootstrap.mjs',
            'support/cli/dpdk-checkup.mjs',
            'lab/bench/suite-probe.mjs',
            'support/common/check-node.mjs',
            'support/common/install-lock.mjs',
            'support/common/node-settings.mjs',
            'support/common/node-version.mjs',
            'support/report/slow-reports-command.mjs',
          ],
        },
      },
    },
    rules: {
      // Numbers are what this suite is about; they may stand in a sentence as they are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-control-regex': 'off',
    },
  },
  {
    files: ['support/**/*.ts', 'specs/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', SPREAD_LITERAL] },
  },
  {
    files: ['lab/**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', OWN_TIMEOUT] },
  },
  {
    files: ['support/**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', SPREAD_LITERAL, OWN_TIMEOUT] },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
)
