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
      ? [
          'The run wrote these reports before it removed its VMs: they do not name objects that could not be removed',
        ]
      : []),
    ...(leftOut.length > 0 ? [`Missing files: ${leftOut.join(', ')}`] : []),
    ...(isRedacted
      ? ['Aliases replace names and addresses; read the files before you give them to others']
      : []),
  ].join('\n')
}
