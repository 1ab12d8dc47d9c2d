import pino from 'pino'
import { type Budget, createBudget } from './budget.ts'
import { type Clock, systemClock } from './clock.ts'
import { AppError } from './errors.ts'
import { textLine } from './log-text.ts'
import { createLogWriter, type LogDestination } from './log-writer.ts'
import { escapedJson } from './printable.ts'

export type Logger = pino.Logger
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const minute = 60_000
/** Lines with one message in a minute. Anybody can provoke some of them, and one of an error has kilobytes. */
const mostInAMinute = { warn: 600, error: 60 }

/** What can change while the server runs. */
export interface LogSettings {
  level: LogLevel
  /** `json`: a line of JSON each, for programs. `text`: aligned words, for people. */
  format: 'json' | 'text'
}

/** The log of a process. */
export interface Log {
  logger: Logger
  /** Whether a line of that level is written. */
  writes(level: 'info' | 'debug'): boolean
  /** Takes a line that is JSON already, without its end: for lines of which there are so many that the logger would cost too much. */
  write(json: string): void
  /** Changes both while the server runs; text, where no format is said. */
  set(settings: { level: LogLevel; format?: LogSettings['format'] | undefined }): void
  /** Writes what is waiting, and gives up after a second. Answers whether everything is out. */
  close(): Promise<boolean>
}

export interface LogOptions extends Partial<LogSettings> {
  /** JSON, whatever the settings say. */
  jsonOnly?: boolean
  destination?: LogDestination
  /** Whether lines for people have colours. */
  color?: boolean
  clock?: Clock
  /** Characters that wait at most while nobody reads. */
  limit?: number
}

/** A logger of JSON lines on standard error, or of nothing (`silent`). */
export function createLogger(options: LogOptions = {}): Logger {
  return createLog(options).logger
}

/** A log on standard error unless there is another destination. Floods of one message are cut short, and counted. */
export function createLog({
  level = 'info',
  format = 'json',
  jsonOnly = false,
  destination = 2,
  color = false,
  clock = systemClock,
  limit,
}: LogOptions = {}): Log {
  let settings: LogSettings = { level, format }
  const writer = createLogWriter(destination, {
    ...(limit === undefined ? {} : { limit }),
    lost: (lines) => logger.warn({ lines }, 'lines of the log were lost: whoever reads them is too slow'),
  })
  const write = (json: string) =>
    writer.write(jsonOnly || settings.format === 'json' ? `${json}\n` : textLine(json, { color }))
  const stream = { write: (line: string) => write(line.trimEnd()), flush: writer.flush }
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error) => withoutExtras(error, settings.level === 'debug' || isUnexpected(error)) },
      // People read the log in a terminal, and it repeats what providers and browsers sent.
      hooks: { streamWrite: escapedJson, logMethod: withoutFloods(clock) },
    },
    stream,
  )
  return {
    logger,
    writes: (wanted) => logger.isLevelEnabled(wanted),
    write,
    set: ({ level: wanted, format: form = 'text' }) => {
      settings = { level: wanted, format: form }
      logger.level = wanted
    },
    close: () => writer.close(),
  }
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

/** Our own errors say what is wrong, and faults of others are no business of our code: where it happened matters only for what nobody expected. */
function isUnexpected(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'internal-error'
}

/**
 * An error as the log has it: what it is and why, with the details of our own errors, and where, if that is wanted. Errors of libraries
 * carry requests, answers and addresses as properties, which may be secret.
 */
function withoutExtras(error: unknown, withStack: boolean): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const details = error instanceof AppError ? { details: error.details } : {}
  const cause = error.cause instanceof Error ? { cause: withoutExtras(error.cause, withStack) } : {}
  const stack = withStack ? { stack: error.stack } : {}
  return { type: error.name, message: error.message, ...code, ...details, ...stack, ...cause }
}
