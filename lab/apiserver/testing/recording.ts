/**
 * Recorded exchanges with a kube-apiserver (`fixtures/recordings/kube-apiserver`), for tests. A file contains
 * the request (lines that start with `> `), then the response; lines that start with `#` are comments.
 */

export interface Recording {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly status: number
  readonly answerHeaders: Headers
  readonly answer: string
}

export function parseRecording(text: string): Recording {
  const lines = text.split('\n').filter((line) => !line.startsWith('# '))
  const asked = lines.filter((line) => line.startsWith('>')).map((line) => line.slice(2))
  const [requestLine = '', ...rest] = asked
  const [method = '', path = ''] = requestLine.split(' ')
  const gap = rest.indexOf('')
  const headerLines = gap < 0 ? rest : rest.slice(0, gap)
  const sent = gap < 0 ? '' : rest.slice(gap + 1).join('\n')
  // A truncated body: the missing part was one repeated letter.
  const open = sent.split('{').length - sent.split('}').length
  const body = sent.replace(/x\.{3}\[cut\]$/, `${'x'.repeat(1100 * 1024)}"${'}'.repeat(open)}`)
  const answered = lines.slice(
    lines.findIndex((line) => line.startsWith('HTTP/') && !line.endsWith('100 Continue')),
  )
  const end = answered.indexOf('')
  return {
    method,
    path,
    headers: Object.fromEntries(headerLines.map(splitHeader)),
    body,
    status: Number(answered[0]?.split(' ')[1]),
    answerHeaders: new Headers(answered.slice(1, end).map(splitHeader)),
    answer: answered.slice(end + 1).join('\n'),
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

/** Replaces what differs between servers (uids, times, tokens, versions) by placeholders. */
export function normalise(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replace(/\(\d+\)/g, '(<version>)')
    .replace(/current: \d+/g, 'current: <version>')
}

/** The compared fields of a Status; undefined for any other body. */
export function statusOf(body: string): object | undefined {
  try {
    const { kind, status, reason, message, details, code } = JSON.parse(normalise(body)) as Record<
      string,
      unknown
    >
    return kind === 'Status' ? { status, reason, message, details, code } : undefined
  } catch {
    return undefined
  }
}
