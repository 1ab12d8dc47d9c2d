import { didYouMean } from '../config/did-you-mean.ts'
import { explanations } from '../doctor/explanations.ts'
import { formatTrace } from '../doctor/format-trace.ts'
import { AppError, type ErrorCode, errorRows, isErrorCode } from '../errors.ts'
import { printableJson } from '../printable.ts'
import { openStoreTo } from '../server/state.ts'
import type { Trace } from '../store/traces.ts'
import { configOption, type Declare, jsonOption } from './command.ts'
import { loadOrExplain } from './configured.ts'
import { explainError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareExplain: Declare = (command, { surroundings, finish }) => {
  command
    .argument('<code>', 'a code such as issuer-mismatch, or the request id of an error page')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse explain issuer-mismatch')
    .action(async (word: string, { config, json }: { config: string; json: boolean }) => {
      finish(await explain({ word, file: config, json }, surroundings))
    })
}

export interface ExplainRequest {
  /** A code, or a request id from an error page. */
  word: string
  /** The configuration, whose store is read for a request id. */
  file: string
  json: boolean
}

export interface ExplainSurroundings extends Surroundings {
  /** Where traces are read; the store of the configuration when absent. */
  readTrace?: (id: string) => Promise<Trace | undefined>
}

/** `gatehouse explain CODE|REQUEST_ID`: 0 explained, 1 the word is unknown, 2 the configuration is wrong. */
export async function explain(request: ExplainRequest, surroundings: ExplainSurroundings): Promise<ExitStatus> {
  const { word, json } = request
  if (isErrorCode(word)) {
    surroundings.stdout(json ? `${JSON.stringify(describeCode(word))}\n` : formatCode(word))
    return 0
  }
  // A misspelt code needs no store, and so no configuration.
  const meant = didYouMean(word, Object.keys(errorRows))
  let trace: Trace | undefined | 'config-wrong'
  try {
    trace = meant ? undefined : await (surroundings.readTrace?.(word) ?? readFromStore(request, surroundings))
  } catch (error) {
    // Without a store there has been no login, so the word cannot be a request id.
    const missing = error instanceof AppError && error.code === 'store-missing'
    if (!missing) {
      explainError(error, surroundings)
      return 1
    }
  }
  if (trace === 'config-wrong') return 2
  if (trace) {
    surroundings.stdout(json ? `${printableJson(trace)}\n` : formatTrace(trace, surroundings))
    return 0
  }
  surroundings.stderr(
    `${JSON.stringify(word)} is neither a code${meant} nor the request id of a login of the last seven days.\nCodes are listed in docs/reference/errors.md; request ids are on the error page and in the log.\n`,
  )
  return 1
}

async function readFromStore(
  { word, file }: ExplainRequest,
  surroundings: ExplainSurroundings,
): Promise<Trace | undefined | 'config-wrong'> {
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 'config-wrong'
  const store = await openStoreTo('read', { ...loaded, env: surroundings.env })
  try {
    return await store.traces.find(word)
  } finally {
    await store.close()
  }
}

function describeCode(code: ErrorCode) {
  const { status, message, hint } = errorRows[code]
  const { text, compare = [] } = explanations[code]
  return { code, status, message, hint, explanation: text, compare }
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
