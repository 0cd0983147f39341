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

const LOOKS_INTO =
  '^(match|matchAll|search|replace|replaceAll|split|startsWith|endsWith|indexOf|lastIndexOf)$'
const PROSE = '^(message|sentence)$'

/** Sentences of errors, troubles and criteria are the suite's own: a diagnosis goes by codes and facts. */
const OWN_PROSE = {
  selector:
    `CallExpression[callee.property.name=/^(test|exec)$/] > MemberExpression.arguments[property.name=/${PROSE}/], ` +
    `CallExpression[callee.property.name=/${LOOKS_INTO}|^includes$/] > .callee > .object[property.name=/${PROSE}/], ` +
    `BinaryExpression[operator=/^[!=]==?$/] > MemberExpression[property.name=/${PROSE}/]`,
  message: 'No code reads what the suite itself writes: go by the code and the facts of an error.',
}

/** Only text that is typed as the text of others can be searched, by the functions of common/foreign-text.ts. */
const UNTYPED_TEXT = {
  selector:
    `CallExpression[callee.property.name=/^(test|exec)$|${LOOKS_INTO}/], ` +
    "CallExpression[callee.property.name='includes'][arguments.0.type='Literal'], " +
    "ImportSpecifier[imported.name='foreign']",
  message:
    'A cause searches the text of others only, by says() and partOf() of common/foreign-text.ts. Text is said to be foreign where it is collected.',
}

const forbid = (...what) => ({ 'no-restricted-syntax': ['error', ...what] })

export default defineConfig(
  { ignores: ['coverage/', 'dist/', 'reports/', 'node_modules/'] },
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
            'support/cli/image.mjs',
            'lab/bench/suite-probe.mjs',
            'support/common/check-node.mjs',
            'support/common/compile-cache.mjs',
            'support/common/early-signals.mjs',
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
    files: ['support/**/*.ts', 'specs/**/*.ts', 'lab/**/*.ts'],
    rules: forbid(SPREAD_LITERAL),
  },
  {
    files: ['lab/**/*.test.ts'],
    rules: forbid(SPREAD_LITERAL, OWN_TIMEOUT),
  },
  {
    files: ['support/diagnosis/**/*.ts'],
    rules: forbid(SPREAD_LITERAL, OWN_PROSE),
  },
  {
    files: ['support/diagnosis/causes/*.ts'],
    rules: forbid(SPREAD_LITERAL, OWN_PROSE, UNTYPED_TEXT),
  },
  {
    files: ['support/**/*.test.ts'],
    rules: forbid(SPREAD_LITERAL, OWN_TIMEOUT),
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
)
