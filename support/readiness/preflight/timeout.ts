/** Whether `spec.timeout` is long enough for all phases of a run. */
import { formatDuration } from '../../common/duration.ts'
import { TIMEOUT_KEY } from '../parameters.ts'
import { capacityBudget } from '../capacity-request.ts'
import { latencyBudget } from '../latency-request.ts'
import { timeouts } from '../../model/timeouts.ts'
import { matrixTime } from '../matrix/matrix-time.ts'
import { readChosen } from './matrix.ts'
import { defineCheck } from './check.ts'

export const timeout = defineCheck({
  id: 'preflight.timeout',
  title: 'spec.timeout is long enough for the whole run',
  rationale: 'A run that reaches spec.timeout before its end judges nothing.',
  remediation: 'Raise spec.timeout to the sum that the message gives.',
  guardsHonesty: true,
  blames: 'input',
  reads: async (survey) => ({
    parameters: survey.parameters,
    nodes: (await readChosen(survey).catch(() => undefined))?.nodes ?? [],
  }),
  judge: ({ parameters, nodes }, { fact, wrong, warning }) => {
    const { timeout: given, testDuration, soak = 0 } = parameters
    const capacity = capacityBudget(parameters)
    const latency = latencyBudget(parameters)
    const sum = (before: number) => {
      const matrix = matrixTime(parameters, nodes, before)
      const parts = [
        `boot and configuration ${formatDuration(before)}`,
        `testDuration ${formatDuration(testDuration)}`,
        ...(capacity === 0 ? [] : [`capacity ${formatDuration(capacity)}`]),
        ...(latency === 0 ? [] : [`latency ${formatDuration(latency)}`]),
        ...(soak === 0 ? [] : [`soak ${formatDuration(soak)}`]),
        ...(matrix === undefined ? [] : [`${matrix.cells} pairs of nodes ${formatDuration(matrix.time)}`]),
        `last counters ${formatDuration(timeouts.leastAfterTraffic)}`,
      ]
      const total =
        before + testDuration + capacity + latency + soak + (matrix?.time ?? 0) + timeouts.leastAfterTraffic
      return { total, text: `${parts.join(' + ')} = ${formatDuration(total)}` }
    }
    const least = sum(timeouts.leastBeforeTraffic)
    const usual = sum(timeouts.usualBeforeTraffic)
    fact(TIMEOUT_KEY, formatDuration(given))
    fact('at least', least.text)
    fact('usually', usual.text)
    fact('teardown', `${formatDuration(timeouts.teardown)} at most, after ${TIMEOUT_KEY} and not part of it`)
    if (given < least.total) {
      wrong(
        `${TIMEOUT_KEY} (${formatDuration(given)}) is too short for the run, which takes at least ${least.text}`,
      )
    } else if (given < usual.total) {
      warning(
        `${TIMEOUT_KEY} (${formatDuration(given)}) is short: a run in which nodes pull images and guests isolate CPUs usually takes ${usual.text}`,
      )
    }
  },
})
