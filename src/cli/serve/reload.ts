/** Reads the configuration again for a server that runs, when somebody asks for it (SIGHUP) or a file has changed. */
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { formatProblem, type Problem } from '../../config/problem.ts'
import { type ConfigSources, readSources, yamlFilesOf } from '../../config/read.ts'
import { referencedFiles, settingThatNames } from '../../config/referenced-files.ts'
import type { Config } from '../../config/schema.ts'
import { serverProblems } from '../../config/server-problems.ts'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Reloaded, RunningServer } from '../../server/start.ts'
import { placed } from '../configured.ts'
import { watchFiles } from './watch-files.ts'

export interface ReloadOptions {
  file: string
  /** What the server was started with. */
  sources: ConfigSources
  config: Config
  /** Milliseconds since the epoch: what is in the files was read then, or later. */
  readAt: number
  env: Readonly<Record<string, string | undefined>>
  server: Pick<RunningServer, 'reload'>
  log: Logger
  /** A line for people. */
  tell: (line: string) => void
}

export interface Reloader {
  /** Reads everything again, also when nothing seems to have changed. Several calls while one is under way are one. */
  now(): Promise<void>
  stop(): void
}

/** Milliseconds. */
const tryAgainAfter = 5_000

export function createReloader({
  file,
  sources,
  config: first,
  readAt,
  env,
  server,
  log,
  tell,
}: ReloadOptions): Reloader {
  const { baseDir } = sources
  let config = first
  let isStopped = false
  let running: Promise<void> | undefined
  let wanted: { always: boolean } | undefined

  const watch = watchFiles({
    since: readAt,
    files: () =>
      config.reload.watch ? [...filesOf(file), ...referencedFiles(config, baseDir).map((each) => each.file)] : [],
    changed: () => (config.reload.watch ? ask(false) : Promise.resolve()),
  })

  function ask(always: boolean): Promise<void> {
    wanted = { always: always || (wanted?.always ?? false) }
    running ??= untilNobodyAsks().finally(() => {
      running = undefined
    })
    return running
  }

  async function untilNobodyAsks(): Promise<void> {
    while (wanted !== undefined && !isStopped) {
      const { always } = wanted
      wanted = undefined
      await reload(always)
    }
  }

  async function reload(always: boolean): Promise<void> {
    // What came by a pipe cannot be read a second time; the files that it names can.
    const loaded = loadConfig(file === '-' ? sources : readSources([file]), env)
    const problems = problemsOf(loaded)
    for (const problem of problems.filter(({ severity }) => severity === 'error')) report(problem)
    if (!loaded.config || problems.some(({ severity }) => severity === 'error')) return
    try {
      const reloaded = await server.reload(loaded.config, { always })
      config = loaded.config
      if (!reloaded.done && reloaded.needRestart.length === 0) return
      for (const warning of problems) log.warn(placeOf(warning), warning.message)
      tell(sentence(reloaded))
    } catch (error) {
      if (!isStopped) reportError(error, { ...loaded, config: loaded.config })
    }
  }

  function report(problem: Problem): void {
    log.error(
      { event: 'not-reloaded', code: 'config-invalid', ...placeOf(problem) },
      `not reloaded: ${problem.message}`,
    )
    tell(`Not reloaded, the last good configuration stays: ${formatProblem(problem)}`)
  }

  function reportError(error: unknown, loaded: LoadedConfig & { config: Config }): void {
    const known = error instanceof AppError ? error : undefined
    const at = known && (settingThatNames(loaded.config, known.details, baseDir) ?? pathOf(known))
    const place = at === undefined ? {} : { ...loaded.locate(at), path: at.join('.') }
    log.error({ event: 'not-reloaded', code: known?.code ?? 'internal-error', ...place, err: error }, 'not reloaded')
    const why = known ? `${known.code}: ${known.message} ${known.hint}` : String(error)
    tell(`Not reloaded, the last good configuration stays: ${why}`)
    // Nothing is wrong with the configuration, and no file will change when the store is back.
    if (known?.code === 'store-unavailable') setTimeout(() => void ask(true), tryAgainAfter).unref()
  }

  return {
    now: () => ask(true),
    stop: () => {
      isStopped = true
      watch.stop()
    },
  }
}

function filesOf(file: string): string[] {
  return file === '-' ? [] : yamlFilesOf(file)
}

/** Every problem, with its place, as `check` and a start find it. */
function problemsOf(loaded: LoadedConfig): Problem[] {
  const { config, problems } = loaded
  return config === undefined ? problems : [...problems, ...placed(serverProblems(config), loaded)]
}

function placeOf({ file, line, column, path }: Problem) {
  return { file, line, column, path }
}

/** The setting that a `config-invalid` names. */
function pathOf({ code, details }: AppError): string[] | undefined {
  return code === 'config-invalid' && typeof details['at'] === 'string' ? details['at'].split('.') : undefined
}

function sentence({ added, removed, changed, needRestart }: Reloaded): string {
  const parts = [
    ...added.map((setting) => `${setting} (added)`),
    ...removed.map((setting) => `${setting} (removed)`),
    ...changed,
  ]
  const what = parts.length > 0 ? parts.join(', ') : 'nothing has changed'
  const later = needRestart.length > 0 ? ` Start again for: ${needRestart.join(', ')}.` : ''
  return `Reloaded: ${what}.${later}`
}
