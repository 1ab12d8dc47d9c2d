import pino from 'pino'
import { type Budget, createBudget } from './budget.ts'
import { type Clock, systemClock } from './clock.ts'
import { AppError } from './errors.ts'
import { escapedJson } from './printable.ts'

export type Logger = pino.Logger
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const minute = 60_000
/** Lines with one message in a minute. Anybody can provoke some of them, and one of an error has kilobytes. */
const mostInAMinute = { warn: 600, error: 60 }

/** A logger of JSON lines on standard error, or of nothing (`silent`). Floods of one message are cut short, and counted. */
export function createLogger({
  level = 'info',
  destination = 2,
  clock = systemClock,
}: {
  level?: LogLevel
  destination?: number
  clock?: Clock
} = {}): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: withoutExtras },
      // People read the log in a terminal, and it repeats what providers and browsers sent.
      hooks: { streamWrite: escapedJson, logMethod: withoutFloods(clock) },
    },
    pino.destination({ dest: destination, sync: false }),
  )
}

function withoutFloods(clock: Clock): NonNullable<NonNullable<pino.LoggerOptions['hooks']>['logMethod']> {
  const budgetOf = (each: number) => createBudget({ each, all: 10 * each, window: minute, clock })
  const budgets: Readonly<Record<number, Budget>> = {
    [pino.levels.values['warn'] ?? 40]: budgetOf(mostInAMinute.warn),
    [pino.levels.values['error'] ?? 50]: budgetOf(mostInAMinute.error),
  }
  const leftOut = new Map<string, number>()

  return function (line, write, level) {
    const message = String(line[1] ?? line[0])
    const budget = budgets[level]
    const before = leftOut.get(message) ?? 0
    if (budget?.take(message) === false) {
      leftOut.set(message, before + 1)
      return
    }
    if (before > 0) {
      leftOut.delete(message)
      write.apply(this, [{ leftOut: before }, `lines were left out: ${message}`])
    }
    write.apply(this, line)
  }
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
