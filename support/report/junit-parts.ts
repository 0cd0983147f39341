/** What test cases in JUnit files have in common: texts that fit, and elements that the builder cannot make. */
import { oneLine, plainText, shorten } from '../common/text.ts'
import type { TestCase } from 'junit-report-builder'

/** The suite's name and the first part of each `classname`, which Jenkins shows as the package. */
export const PACKAGE = 'dpdk-checkup'

const MESSAGE_LIMIT = 1000
const TEXT_LIMIT = 64 * 1024

/**
 * Adds an element to a test case without the builder's methods: its `skipped()` takes no reason, and its others write
 * CDATA sections in which only the first `]]>` is escaped.
 */
export function append(
  testCase: TestCase,
  name: string,
  attributes: Record<string, string>,
  text: string,
): void {
  const build = testCase.build.bind(testCase)
  testCase.build = (parent) => {
    const element = build(parent)
    element.ele(name, attributes).txt(text)
    return element
  }
}

export function attribute(text: string): string {
  return shorten(oneLine(text), MESSAGE_LIMIT)
}

export function block(text: string): string {
  return shorten(plainText(text), TEXT_LIMIT)
}

/** Seconds with at most three decimals, so that the number is never written with an exponent. */
export function seconds(milliseconds: number): number {
  return Number.isFinite(milliseconds) ? Math.max(0, Math.round(milliseconds)) / 1000 : 0
}
