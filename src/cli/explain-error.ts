import { AppError, causeChain } from '../errors.ts'
import type { Surroundings } from './surroundings.ts'

/** An error for people at a terminal: the code and what happened, the facts, what to do. Nothing else writes an AppError there. */
export function formatError(error: AppError): string {
  return `${partsOf(error).join('\n  ')}\n`
}

/** The same on one line, for a list in which each entry has its own error. */
export function errorLine(error: AppError): string {
  return partsOf(error).join(' ')
}

/** Prints what went wrong and what to do about it. Rethrows anything that is not an AppError: that is our own bug and keeps its stack. */
export function explainError(error: unknown, { stderr }: Pick<Surroundings, 'stderr'>): void {
  if (!(error instanceof AppError)) throw error
  stderr(formatError(error))
}

/** Says that a secret was derived from a key that nobody has compared. Undefined: it was, or there is no store. */
export function warnOfUnread(unread: AppError | undefined, { stderr }: Pick<Surroundings, 'stderr'>): void {
  if (unread) stderr(`the key was not compared with the store: ${errorLine(unread)}\n`)
}

function partsOf(error: AppError): string[] {
  const facts = Object.entries(error.details).map(([name, value]) => `${name}: ${shown(value)}`)
  if (error.cause !== undefined) facts.push(causeChain(error.cause))
  return [`${error.code}: ${error.message}`, facts.join('; '), error.hint].filter((part) => part !== '')
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
