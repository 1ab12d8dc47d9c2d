/** What goes wrong between us and PostgreSQL, by SQLSTATE (appendix A of its manual) or by its absence. */
import { AppError } from '../../errors.ts'
import { ConflictError } from '../engine.ts'

/**
 * A failure that changed nothing in the database, and may not happen the next time. A foreign key (23503) fails when one unit
 * deletes a row to which another one begins to refer; the next time the unit sees that.
 */
const raceStates = new Set(['40001', '40P01', '23503'])
/** The server is stopping, starting or full; or it is a replica that takes no writes. */
const awayStates = new Set(['57P01', '57P02', '57P03', '53300', '25006'])
/** A pooler between us and the server gives our statements to a connection that has not prepared them. */
const preparedStates = new Set(['26000', '42P05'])

function stateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE' ? code : undefined
}

/** Whether the connection, not the statement, was at fault: another connection may succeed. */
export function isConnectionLost(error: unknown): boolean {
  const state = stateOf(error)
  if (state !== undefined) return state.startsWith('08') || awayStates.has(state)
  return (
    error instanceof Error &&
    !isTimeout(error) &&
    (isOfTheNetwork(error) || /^(Connection|Client) /.test(error.message))
  )
}

/** Node's codes are words. Errors of the driver itself have none. */
function isOfTheNetwork(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code)
}

/** After a timeout a second try would time out too. The driver has no code for it. */
function isTimeout({ message }: Error): boolean {
  return /timeout/i.test(message)
}

/** Whether a statement that was sent may have been executed anyway. */
export function leavesDoubt(error: unknown): boolean {
  return isConnectionLost(error) || (stateOf(error) === undefined && error instanceof Error && isTimeout(error))
}

/** Whether concurrent units blocked each other. */
export function isRace(error: unknown): boolean {
  return raceStates.has(stateOf(error) ?? '')
}

export function isUnprepared(error: unknown): boolean {
  return preparedStates.has(stateOf(error) ?? '')
}

/** The error of an engine for one of the driver. `store` is the place, without user and password. */
export function storeError(error: unknown, store: string, details: Record<string, unknown> = {}): Error {
  // A NUL in a text (22021): the request asked for something that no store can hold.
  if (stateOf(error) === '22021') return new AppError('invalid-request', { reason: 'a text with a NUL' })
  if (stateOf(error) === '23505') return new ConflictError(messageOf(error))
  return new AppError('store-unavailable', { store, ...details }, { cause: withoutValues(error) })
}

/** The driver's errors carry rows of the statement that failed (`detail`), which may be secret: message and code are enough. */
function withoutValues(error: unknown): Error {
  const plain = new Error(messageOf(error))
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === undefined ? plain : Object.assign(plain, { code })
}

function messageOf(error: unknown): string {
  // A host with several addresses, none of which answers.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
