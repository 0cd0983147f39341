/**
 * Checks the import directions between the rooms (`.dependency-cruiser.config.js`), and that no folders import each
 * other in a circle. It also checks the number of modules: a check that saw none would pass without checking
 * anything.
 */
import { cruise, type ICruiseOptions, type IForbiddenRuleType, type ICruiseResult } from 'dependency-cruiser'
import { describeCycle, folderCycles } from './folder-cycles.ts'

const config = (await import(new URL('../../.dependency-cruiser.config.js', import.meta.url).href)) as {
  default: { forbidden: IForbiddenRuleType[]; options: ICruiseOptions }
  TESTS: string
}
const { forbidden, options } = config.default

const { output } = await cruise(['specs', 'support', 'lab'], {
  ...options,
  ruleSet: { forbidden },
  validate: true,
})
const { modules, summary } = output as ICruiseResult
const isOwn = (file: string) => /^(specs|support|lab)\//.test(file)
const own = modules.filter(({ source }) => isOwn(source))
const tests = new RegExp(config.TESTS)
const cycles = folderCycles(
  own
    .filter(({ source }) => !tests.test(source))
    .flatMap(({ source, dependencies }) =>
      dependencies
        .filter(({ resolved, dependencyTypes }) => isOwn(resolved) && !dependencyTypes.includes('type-only'))
        .map(({ resolved }) => ({ from: source, to: resolved })),
    ),
)

for (const violation of summary.violations) {
  console.error(`${violation.rule.name}: ${violation.from} → ${violation.to}`)
}
for (const cycle of cycles) console.error(`folder-cycle: ${describeCycle(cycle)}`)
const violations = summary.violations.length + cycles.length
console.log(`import directions: ${own.length} modules, ${violations} violations`)
process.exitCode = own.length >= 20 && violations === 0 ? 0 : 1
