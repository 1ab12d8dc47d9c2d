import { existsSync } from 'node:fs'
import { didYouMean } from '../config/did-you-mean.ts'
import type { Config } from '../config/schema.ts'
import { explanations } from '../doctor/explanations.ts'
import { formatTrace } from '../doctor/format-trace.ts'
import { type Symptom, symptomsIn } from '../doctor/symptoms.ts'
import { AppError, type ErrorCode, errorRows, isErrorCode } from '../errors.ts'
import { printableJson } from '../printable.ts'
import { openStoreTo } from '../server/state.ts'
import type { Trace } from '../store/traces.ts'
import type { UserTable } from '../store/users.ts'
import { configFiles, type Declare, defaultFile, jsonOption } from './command.ts'
import { loadOrExplain } from './configured.ts'
import { type Denial, denialOf, deniedStep, formatDenial } from './explain-denial.ts'
import { explainError } from './explain-error.ts'
import { packageFile } from './package-file.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareExplain: Declare = (command, { surroundings, finish }) => {
  command.argument(
    '<code...>',
    'a code such as issuer-mismatch, the request id of an error page, or the text of an error that you have seen anywhere',
  )
  const files = configFiles(command)
  command
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  gatehouse explain issuer-mismatch\n  gatehouse explain 3f2a9c51d0b7e846 -f /etc/gatehouse.yaml\n  gatehouse explain "AADSTS50011: The redirect URI specified in the request does not match"',
    )
    .action(async (words: string[], { json }: { json: boolean }) => {
      finish(await explain({ word: words.join(' '), files: files(), json }, surroundings))
    })
}

export interface ExplainRequest {
  /** A code, a request id from an error page, or words that somebody has seen. */
  word: string
  /** The configuration, whose store is read for a request id. */
  files: readonly string[]
  json: boolean
}

export interface ExplainSurroundings extends Surroundings {
  /** Where traces are read; the store of the configuration when absent. */
  readTrace?: (id: string) => Promise<Trace | undefined>
}

/** A trace, and for a refusal by rules what the store and the configuration say about it. */
interface Found {
  trace: Trace
  denial?: Denial
}

/** `gatehouse explain CODE|REQUEST_ID|TEXT`: 0 explained, 1 the word is unknown, 2 the configuration is wrong. */
export async function explain(request: ExplainRequest, surroundings: ExplainSurroundings): Promise<ExitStatus> {
  const { json } = request
  const word = request.word.trim()
  if (isErrorCode(word)) {
    surroundings.stdout(json ? `${JSON.stringify(describeCode(word))}\n` : formatCode(word))
    return 0
  }
  const symptoms = symptomsIn(word)
  if (symptoms.length > 0) {
    surroundings.stdout(json ? `${printableJson(describeSymptoms(word, symptoms))}\n` : formatSymptoms(symptoms))
    return 0
  }
  const named = /\s/.test(word) ? codeIn(word) : undefined
  if (named !== undefined) return explain({ ...request, word: named }, surroundings)
  const meant = didYouMean(word, Object.keys(errorRows))
  // A misspelt code, and pasted words, need no store, and so no configuration.
  if (meant !== '' || !mayBeRequestId(word)) return unknown(word, { meant, json }, surroundings)
  const found = await traceOf({ ...request, word }, surroundings)
  if ('status' in found) return found.status
  if (found.found) {
    const { trace, denial } = found.found
    const shown = () => formatTrace(trace, surroundings) + (denial === undefined ? '' : formatDenial(denial))
    surroundings.stdout(json ? `${printableJson(denial === undefined ? trace : { ...trace, denial })}\n` : shown())
    return 0
  }
  return unknown(word, { meant, json, ...(found.store === undefined ? {} : { store: found.store }) }, surroundings)
}

/** Request ids are hexadecimal today; ids of other kinds are one word as well. */
function mayBeRequestId(word: string): boolean {
  return /^[\w-]{8,64}$/.test(word)
}

function unknown(
  word: string,
  { meant, json, store }: { meant: string; json: boolean; store?: string },
  { stdout, stderr }: Pick<Surroundings, 'stdout' | 'stderr'>,
): ExitStatus {
  if (json) {
    const code = /"([a-z-]+)"/.exec(meant)?.[1]
    stdout(
      `${printableJson({ word, known: false, ...(code === undefined ? {} : { didYouMean: code }), ...(store === undefined ? {} : { store }) })}\n`,
    )
    return 1
  }
  stderr(
    `${JSON.stringify(word)} is neither a code${meant} nor the request id of a login of the last seven days, nor words that are known here.\nCodes are listed in ${packageFile('docs/reference/errors.md')}; request ids are on the error page and in the log.\n`,
  )
  if (store !== undefined) stderr(`${store}\n`)
  return 1
}

/** The trace of a request id, or why there is none: `store` says that nobody could look. */
async function traceOf(
  request: ExplainRequest,
  surroundings: ExplainSurroundings,
): Promise<{ found?: Found | undefined; store?: string } | { status: ExitStatus }> {
  try {
    if (surroundings.readTrace) {
      const trace = await surroundings.readTrace(request.word)
      return { found: trace && { trace } }
    }
    if (isDefault(request.files) && !existsSync(defaultFile))
      return {
        store: `Request ids are looked up in the store of the configuration, and there is no ${defaultFile} here: name it with -f.`,
      }
    return await readFromStore(request, surroundings)
  } catch (error) {
    // Without a store there has been no login, so the word cannot be a request id.
    if (error instanceof AppError && error.code === 'store-missing') return {}
    explainError(error, surroundings)
    return { status: 1 }
  }
}

/** Nobody has named a configuration. */
function isDefault(files: readonly string[]): boolean {
  return files.length === 1 && files[0] === defaultFile
}

async function readFromStore(
  { word, files }: ExplainRequest,
  surroundings: ExplainSurroundings,
): Promise<{ found: Found | undefined } | { status: ExitStatus }> {
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return { status: 2 }
  const store = await openStoreTo('read', { ...loaded, env: surroundings.env })
  try {
    const trace = await store.traces.find(word)
    return { found: trace && (await withDenial(trace, store.users, loaded.config)) }
  } finally {
    await store.close()
  }
}

async function withDenial(trace: Trace, users: UserTable, config: Config): Promise<Found> {
  const step = deniedStep(trace)
  if (step === undefined) return { trace }
  const user = await users.findByName(step['user'] ?? '')
  const person = user && (await users.findPerson(user.id))
  return { trace, denial: denialOf(step, person, config) }
}

/** A code of ours among other words, as a page or a line of the log has it. */
function codeIn(text: string): ErrorCode | undefined {
  return text.match(/\b[a-z]+(?:-[a-z]+)+\b/g)?.find(isErrorCode)
}

function describeSymptoms(word: string, symptoms: readonly Symptom[]) {
  return { word, known: true, symptoms: symptoms.map(({ words: _words, ...said }) => said) }
}

/** The particular rows stand first, and two are enough: the general ones repeat them. */
function formatSymptoms(symptoms: readonly Symptom[]): string {
  const shown = symptoms.slice(0, 2)
  const paragraphs = shown.map(({ from, cause, remedy, code }) =>
    [
      `Said by ${from}.`,
      ...wrap(cause),
      '',
      'What to do:',
      ...wrap(remedy, '  '),
      ...(code === undefined ? [] : ['', `To read more: gatehouse explain ${code}`]),
      '',
    ].join('\n'),
  )
  return paragraphs.join('\n')
}

function describeCode(code: ErrorCode) {
  const { status, message, hint } = errorRows[code]
  const { text, compare = [] } = explanations[code]
  return { code, status, message, hint, explanation: withPlaces(text), compare: compare.map(withPlaces) }
}

/** Pages of ours with the path that they have on this machine. */
function withPlaces(text: string): string {
  return text.replace(/\bdocs\/[\w./-]+\.md\b/g, packageFile)
}

function formatCode(code: ErrorCode): string {
  const { status, message, hint, explanation, compare } = describeCode(code)
  return [
    `${code} (HTTP status ${status})`,
    message,
    '',
    ...wrap(explanation),
    ...(compare.length === 0 ? [] : ['', 'Compare:', ...compare.flatMap((line) => bullet(line))]),
    '',
    'What to do:',
    ...wrap(hint, '  '),
    '',
  ].join('\n')
}

function bullet(text: string): string[] {
  const [first = '', ...rest] = wrap(text, '    ')
  return [`  - ${first.trimStart()}`, ...rest]
}

/** Lines of at most 88 characters, broken between words. */
function wrap(text: string, indent = ''): string[] {
  const lines: string[] = []
  let line = ''
  for (const next of text.split(' ')) {
    if (line !== '' && indent.length + line.length + next.length + 1 > 88) {
      lines.push(indent + line)
      line = next
    } else {
      line = line === '' ? next : `${line} ${next}`
    }
  }
  return [...lines, indent + line]
}
