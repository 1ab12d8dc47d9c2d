/** Texts with commands: shell scripts, lines of a terminal, Dockerfiles, units of systemd. Only the command oauth2-proxy counts. */
import type { ImportFile } from '../contract.ts'
import { readVariables } from '../settings-tree.ts'
import { lastPart, readEnvironment, readFlags } from './flags.ts'
import { combined, type NamedSource, nothing, type ProxyFile } from './found.ts'

/** Whether a word is the program, or an image of it. */
export function isProxyProgram(word: string): boolean {
  return /^oauth2[-_]proxy$/.test(lastPart(word))
}

export function isProxyImage(image: string): boolean {
  return /(?:^|\/)[\w.-]*oauth2[-_]?proxy[\w.-]*(?:[:@]\S*)?$/.test(image)
}

/** A script, or lines of flags alone. */
export function readCommands({ name, text }: ImportFile): ProxyFile {
  const commands = commandsOf(text)
  const own = commands.flatMap((words) => proxyCall(words) ?? [])
  const exported = commands.flatMap((words) => words.filter((word, at) => at < 2 && isAssignment(word)))
  const flagsAlone = commands
    .map((words) => words.filter((word) => word !== '-'))
    .filter(([first]) => first?.startsWith('-'))
  const calls = own.length > 0 ? own : [{ flags: flagsAlone.flat(), before: [] }]
  return combined([
    { ...nothing, settings: readEnvironment(exported.map(assignmentOf), name) },
    ...calls.map((call) => readCall(call, name)),
  ])
}

interface Call {
  flags: readonly string[]
  /** What stands before the program: variables, options of `docker run`. */
  before: readonly string[]
}

const wrapper = /^(?:exec|sudo|env|nohup|setsid|command|tini|dumb-init|su-exec|gosu|--|-\S+|@?\w+:|CMD|ENTRYPOINT)$/

/** A call of oauth2-proxy; undefined when the command is another one, or only names it. */
function proxyCall(words: readonly string[]): Call | undefined {
  const plain = words.map((word) => word.replace(/^(?:ExecStart|command)=[-@:+!]*/, ''))
  const at = plain.findIndex((word) => isProxyProgram(word) || isProxyImage(word))
  if (at < 0) return undefined
  const before = plain.slice(0, at)
  const runs = before.indexOf('run')
  const isContainer = runs > 0 && /^(?:docker|podman|nerdctl)$/.test(lastPart(before[runs - 1] ?? ''))
  const isDirect = before.every(
    (word, index) => wrapper.test(word) || isAssignment(word) || /^(?:su-exec|gosu|-u)$/.test(before[index - 1] ?? ''),
  )
  return isContainer || (isDirect && isProxyProgram(plain[at] ?? ''))
    ? { flags: plain.slice(at + 1), before }
    : undefined
}

function readCall({ flags, before }: Call, place: string): ProxyFile {
  const given = before.flatMap((word, at) => {
    const plain = word.replace(/^(?:-e|--env)=?/, '')
    return isAssignment(plain) && (plain !== word || at > 0 || isAssignment(word)) ? [assignmentOf(plain)] : []
  })
  const read = readFlags(flags, place)
  return {
    ...nothing,
    settings: [...readEnvironment(given, place), ...read.settings],
    named: [...read.named, ...envFilesOf(before, place)],
  }
}

function envFilesOf(words: readonly string[], place: string): NamedSource[] {
  return words.flatMap((word, at) => {
    const path = word === '--env-file' ? words[at + 1] : /^--env-file=(.*)$/.exec(word)?.[1]
    return path === undefined ? [] : [variablesFile(`--env-file ${path}`, path, place)]
  })
}

export function variablesFile(by: string, path: string, place: string): NamedSource {
  return { kind: 'variables', by, file: lastPart(path), place }
}

function isAssignment(word: string): boolean {
  return /^[A-Z_][A-Z0-9_]*=/.test(word)
}

function assignmentOf(word: string): [string, string] {
  const at = word.indexOf('=')
  return [word.slice(0, at), word.slice(at + 1)]
}

/** The words of every simple command, quotes and comments taken off. */
export function commandsOf(text: string): string[][] {
  const commands: string[][] = [[]]
  const tokens = text.replaceAll(/\\\r?\n/g, ' ').matchAll(token)
  for (const [, end, word] of tokens) {
    if (end !== undefined) commands.push([])
    else if (word !== undefined) commands.at(-1)?.push(withoutQuotes(word))
  }
  return commands.map((words) => words.filter((word) => word !== '')).filter((words) => words.length > 0)
}

/** A comment, what ends a command, or a word. */
const token =
  /(?<![^\s;])#[^\n]*|(\r?\n|&&|\|\||[;|])|((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"';|&\\]|&(?!&))+)|[\s\S]/gs

/** All words, for a text that is one command: `command:` of a compose file. */
export function wordsOf(text: string): string[] {
  return commandsOf(text).flat()
}

function withoutQuotes(word: string): string {
  return word
    .replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs, (_, double?: string, single?: string, escaped?: string) =>
      double === undefined ? (single ?? escaped ?? '') : double.replaceAll(/\\(["\\$`])/g, '$1'),
    )
    .replace(/,$/, '')
}

/** Words of a container, or of an image: `sh -c` runs a text. */
export function readWords(words: readonly string[], place: string, { isProxy }: { isProxy: boolean }): ProxyFile {
  const script = words.findIndex((word) => /^-\w*c$/.test(word))
  if (script > 0 && /^(?:ba|da|a)?sh$/.test(lastPart(words[script - 1] ?? ''))) {
    return readCommands({ name: place, text: words.slice(script + 1).join(' ') })
  }
  const at = words.findIndex(isProxyProgram)
  if (at < 0 && !isProxy) return nothing
  return { ...nothing, ...readFlags(words.slice(at + 1), place) }
}

/** A Dockerfile: what the last image is started with. */
export function readDockerfile({ name, text }: ImportFile): ProxyFile {
  const lines = text.replaceAll(/\\\r?\n(?:\s*#[^\n]*\n)*/g, ' ').split(/\r?\n/)
  const of = (instruction: string) =>
    lines.flatMap((line) => new RegExp(`^\\s*${instruction}\\s+(.*)$`, 'i').exec(line)?.[1] ?? [])
  const image =
    /^\S+/.exec(
      of('FROM')
        .at(-1)
        ?.replace(/^--\S+\s+/, '') ?? '',
    )?.[0] ?? ''
  const words = [...startWords(of('ENTRYPOINT').at(-1)), ...startWords(of('CMD').at(-1))]
  return combined([
    { ...nothing, settings: readEnvironment(readVariables({ text: of('ENV').flatMap(envLines).join('\n') }), name) },
    readWords(words, name, { isProxy: isProxyImage(image) }),
  ])
}

function startWords(text: string | undefined): string[] {
  if (text === undefined) return []
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) return list.map(String)
  } catch {
    // The form of a shell.
  }
  return wordsOf(text)
}

/** `ENV A=1 B=2` is several variables, `ENV A 1` is one. */
function envLines(line: string): string[] {
  const words = wordsOf(line)
  return words.every((word) => /^\w+=/.test(word)) ? words.map(quoted) : [line]
}

function quoted(assignment: string): string {
  const [name, value] = assignmentOf(assignment)
  return `${name}=${JSON.stringify(value)}`
}

/** A unit of systemd. */
export function readUnit({ name, text }: ImportFile): ProxyFile {
  const lines = text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/)
  const of = (key: string) => lines.flatMap((line) => new RegExp(`^\\s*${key}\\s*=\\s*(.*)$`).exec(line)?.[1] ?? [])
  const variables = of('Environment').flatMap((line) => wordsOf(line).filter(isAssignment).map(assignmentOf))
  const start = of('ExecStart').map((line) => line.replace(/^[-@:+!]+/, ''))
  return combined([
    { ...nothing, settings: readEnvironment(variables, name) },
    readCommands({ name, text: start.join('\n') }),
    {
      ...nothing,
      named: of('EnvironmentFile').map((path) =>
        variablesFile(`EnvironmentFile=${path}`, path.replace(/^-/, ''), name),
      ),
    },
  ])
}
