import pino from 'pino'
import { AppError } from './errors.ts'
import { escapedJson } from './printable.ts'

export type Logger = pino.Logger
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** A logger of JSON lines on standard error, or of nothing (`silent`). */
export function createLogger({
  level = 'info',
  destination = 2,
}: {
  level?: LogLevel
  destination?: number
} = {}): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: withoutExtras },
      // People read the log in a terminal, and it repeats what providers and browsers sent.
      hooks: { streamWrite: escapedJson },
    },
    pino.destination({ dest: destination, sync: false }),
  )
}

/**
 * An error as the log has it: what it is, where, and why, with the details of our own errors. Errors of libraries carry requests, answers and
 * addresses as properties, which may be secret.
 */
function withoutExtras(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const details = error instanceof AppError ? { details: error.details } : {}
  const cause = error.cause instanceof Error ? { cause: withoutExtras(error.cause) } : {}
  return { type: error.name, message: error.message, ...code, ...details, stack: error.stack, ...cause }
}
