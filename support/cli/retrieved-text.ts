/** The message about retrieved reports. */
import path from 'node:path'
import { SUMMARY_FILE } from '../report/report-folders.ts'
import type { Retrieved } from '../run/retrieve/retrieve-reports.ts'

export function retrievedText(retrieved: Retrieved, isRedacted: boolean): string {
  const { folder, files, startedAt, verdict, state, leftOut } = retrieved
  return [
    `The reports of the run of ${startedAt} (${verdict}) are in ${folder}`,
    ...(files.includes(SUMMARY_FILE) ? [`Open ${path.join(folder, SUMMARY_FILE)}`] : []),
    ...(state === 'before-teardown'
      ? ['The run wrote them before it removed its VMs: what it left behind is not in them']
      : []),
    ...(leftOut.length > 0 ? [`Not among them: ${leftOut.join(', ')}`] : []),
    ...(isRedacted
      ? ['Names and addresses are replaced by aliases; look through the files before you pass them on']
      : []),
  ].join('\n')
}
