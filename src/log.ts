import pino from 'pino'

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
    },
    pino.destination({ dest: destination, sync: false }),
  )
}
