/**
 * Completion scripts, generated from the commands' records. A script contains all words itself: asking the program
 * would start Node.js at each Tab.
 */
import type { AnyCommand } from './command.ts'
import type { OptionRecord } from './option.ts'
import { CLUSTER_OPTIONS, COMMON_OPTIONS } from './session.ts'

const HELP: OptionRecord = { type: 'flag', short: 'h', doc: 'print the help' }

/** The words and options that may follow a command. */
interface Place {
  /** What precedes, without the program's name, separated by blanks; empty for the program itself. */
  readonly at: string
  readonly words: readonly Word[]
  readonly options: readonly NamedOption[]
}

interface Word {
  readonly word: string
  readonly doc: string
}

interface NamedOption {
  readonly name: string
  readonly record: OptionRecord
}

/** A place for the program, for each group of commands, and for each command. */
function placesOf(records: readonly AnyCommand[]): Place[] {
  const groups = new Map<string, Map<string, string>>([['', new Map()]])
  for (const { name, summary } of records) {
    const [first = '', second] = name.split(' ')
    groups.get('')?.set(first, second === undefined ? summary : `${first} …`)
    if (second === undefined) continue
    const group = groups.get(first) ?? new Map<string, string>()
    groups.set(first, group.set(second, summary))
  }
  return [
    ...[...groups].map(([at, words]) => ({
      at,
      words: [...words].map(([word, doc]) => ({ word, doc })),
      options: at === '' ? named({ help: HELP, version: { type: 'flag', doc: 'print the version' } }) : [],
    })),
    ...records.map((record) => ({ at: record.name, words: [], options: optionsOf(record) })),
  ]
}

function optionsOf({ options, usesCluster, passesOn }: AnyCommand): NamedOption[] {
  if (passesOn === true) return []
  const cluster = usesCluster === true ? CLUSTER_OPTIONS : {}
  return named({ ...options, ...cluster, ...COMMON_OPTIONS, help: HELP })
}

function named(records: Readonly<Record<string, OptionRecord>>): NamedOption[] {
  return Object.entries(records).map(([name, record]) => ({ name, record }))
}

function choicesOf({ record }: NamedOption): readonly string[] {
  return record.type === 'text' ? (record.choices ?? []) : []
}

/** In single quotes, which bash, zsh and fish all understand; the records contain no control characters. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`
}

function bash(records: readonly AnyCommand[]): string {
  const cases = placesOf(records).map(({ at, words, options }) => {
    const all = [...words.map(({ word }) => word), ...options.map(({ name }) => `--${name}`)]
    return `    ${quoted(at)}) words=${quoted(all.join(' '))} ;;`
  })
  const values = choiceCases(records).map(
    ([option, choices]) => `    --${option}) words=${quoted(choices.join(' '))} ;;`,
  )
  return `# bash completion of dpdk-checkup
_dpdk_checkup() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} at= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${placesOf(records)
      .map(({ at }) => at)
      .filter((at) => at !== '')
      .map((at) => at.replace(' ', '/'))
      .join(' ')} " in
    *" \${at:+$at/}$word "*) at=\${at:+$at/}$word ;;
    esac
  done
  case $previous in
${values.join('\n')}
  esac
  if [ -z "$words" ]; then
    case \${at/\\// } in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _dpdk_checkup dpdk-checkup`
}

/** Every option with a fixed set of values, once. */
function choiceCases(records: readonly AnyCommand[]): [string, readonly string[]][] {
  const found = new Map<string, readonly string[]>()
  for (const { options } of placesOf(records))
    for (const option of options) if (choicesOf(option).length > 0) found.set(option.name, choicesOf(option))
  return [...found]
}

function zsh(records: readonly AnyCommand[]): string {
  const cases = placesOf(records).map(({ at, words, options }) => {
    const described = [
      ...words.map(({ word, doc }) => [word, doc] as const),
      ...options.map(({ name, record }) => [`--${name}`, record.doc] as const),
    ].map(([word, doc]) => quoted(`${word}:${doc.replaceAll(':', '')}`))
    return `    ${quoted(at)}) found=(${described.join(' ')}) ;;`
  })
  const values = choiceCases(records).map(
    ([option, choices]) => `    --${option}) compadd -- ${choices.join(' ')}; return ;;`,
  )
  const known = placesOf(records)
    .map(({ at }) => at)
    .filter((at) => at !== '')
  return `#compdef dpdk-checkup
# zsh completion of dpdk-checkup
_dpdk_checkup() {
  local at= word
  local -a found known
  known=(${known.map(quoted).join(' ')})
  for word in "\${(@)words[2,CURRENT-1]}"; do
    (( \${known[(Ie)\${at:+$at }$word]} )) && at="\${at:+$at }$word"
  done
  case $words[CURRENT-1] in
${values.join('\n')}
  esac
  case $at in
${cases.join('\n')}
  esac
  _describe 'dpdk-checkup' found || _files
}
if [ "$funcstack[1]" = "_dpdk-checkup" ]; then
  _dpdk_checkup "$@"
else
  compdef _dpdk_checkup dpdk-checkup
fi`
}

function fish(records: readonly AnyCommand[]): string {
  const places = placesOf(records)
  const lines = places.flatMap(({ at, words, options }) => {
    const condition = `-n ${quoted(`__dpdk_checkup_at ${at}`.trimEnd())}`
    return [
      ...words.map(
        ({ word, doc }) => `complete -c dpdk-checkup -f ${condition} -a ${quoted(word)} -d ${quoted(doc)}`,
      ),
      ...options.map((option) => {
        const { name, record } = option
        const short = record.short === undefined ? '' : ` -s ${record.short}`
        const takes = record.type === 'flag' ? '' : ' -r'
        const choices = choicesOf(option)
        const values = choices.length === 0 ? '' : ` -f -a ${quoted(choices.join(' '))}`
        return `complete -c dpdk-checkup ${condition}${short} -l ${name}${takes}${values} -d ${quoted(record.doc)}`
      }),
    ]
  })
  const known = places
    .map(({ at }) => at)
    .filter((at) => at !== '')
    .map(quoted)
  return `# fish completion of dpdk-checkup
function __dpdk_checkup_at
  set -l at
  for word in (commandline -opc)[2..-1]
    set -l longer (string trim -- "$at $word")
    contains -- "$longer" ${known.join(' ')}; and set at "$longer"
  end
  test "$at" = "$argv"
end
${lines.join('\n')}`
}

export const COMPLETIONS = { bash, zsh, fish } as const

export function isShell(word: string): word is keyof typeof COMPLETIONS {
  return Object.hasOwn(COMPLETIONS, word)
}
