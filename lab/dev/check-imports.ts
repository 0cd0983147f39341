/**
 * Checks the import directions between the rooms (`.dependency-cruiser.config.js`). A run that saw no
 * modules would be green without having looked, so the number seen is asserted too.
 */
import { cruise, type ICruiseOptions, type IForbiddenRuleType, type ICruiseResult } from 'dependency-cruiser'

const config = (await import(new URL('../../.dependency-cruiser.config.js', import.meta.url).href)) as {
  default: { forbidden: IForbiddenRuleType[]; options: ICruiseOptions }
}
const { forbidden, options } = config.default

const { output } = await cruise(['specs', 'support', 'lab'], {
  ...options,
  ruleSet: { forbidden },
  validate: true,
})
const { modules, summary } = output as ICruiseResult
const own = modules.filter((module) => /^(specs|support|lab)\//.test(module.source))

for (const violation of summary.violations) {
  console.error(`${violation.rule.name}: ${violation.from} → ${violation.to}`)
}
console.log(`import directions: ${own.length} modules, ${summary.violations.length} violations`)
process.exitCode = own.length >= 20 && summary.violations.length === 0 ? 0 : 1
