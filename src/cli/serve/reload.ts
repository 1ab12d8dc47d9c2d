/** Reads the configuration again for a server that runs, when somebody asks for it (SIGHUP) or a file has changed. */
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { formatProblem, type Problem } from '../../config/problem.ts'
import { type ConfigSources, readSourcesAgain, yamlFilesOf } from '../../config/read.ts'
import { referencedFiles, settingThatNames } from '../../config/referenced-files.ts'
import type { Config } from '../../config/schema.ts'
import { serverProblems } from '../../config/server-problems.ts'
import { type AppError, asAppError, causeChain, type ErrorCode } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Reloaded, RunningServer } from '../../server/start.ts'
import { placed } from '../configured.ts'
import { watchFiles } from './watch-files.ts'

export interface ReloadOptions {
  /** As they were named; `-` is standard input. */
  files: readonly string[]
  /** What the server was started with. */
  sources: ConfigSources
  config: Config
  /** Milliseconds since the epoch: what is in the files was read then, or later. */
  readAt: number
  env: Readonly<Record<string, string | undefined>>
  server: Pick<RunningServer, 'reload' | 'reloadRefused'>
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
  files: named,
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
  let empty = loadConfig(sources, env).emptyFiles
  let refused = ''
  let isStopped = false
  let running: Promise<void> | undefined
  let wanted: { always: boolean } | undefined

  const watch = watchFiles({
    since: readAt,
    files: () =>
      config.reload.watch
        ? [...named.flatMap(filesOf), ...referencedFiles(config, baseDir).map((each) => each.file)]
        : [],
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
    const loaded = loadConfig(readSourcesAgain(named, sources), env)
    const problems = [...problemsOf(loaded), ...emptied(loaded.emptyFiles, empty)]
    const errors = problems.filter(({ severity }) => severity === 'error')
    if (!loaded.config || errors.length > 0) {
      refuse(errors.map(ofProblem), always)
      return
    }
    try {
      // After a refusal also what runs already is told: otherwise the last word, of the log and of the metrics, is that it was refused.
      const reloaded = await server.reload(loaded.config, { always: always || refused !== '' })
      config = loaded.config
      empty = loaded.emptyFiles
      refused = ''
      if (!reloaded.done && reloaded.needRestart.length === 0) return
      for (const warning of problems) {
        if (warning.severity === 'warning' && warning.acknowledged === undefined)
          log.warn({ ...placeOf(warning), warning: warning.code }, warning.message)
      }
      tell(sentence(reloaded))
    } catch (error) {
      if (isStopped) return
      const known = asAppError(error)
      refuse([ofError(known, { ...loaded, config: loaded.config })], always)
      // Nothing is wrong with the configuration, and no file will change when the store is back.
      if (known.code === 'store-unavailable') setTimeout(() => void ask(true), tryAgainAfter).unref()
    }
  }

  /** Says why nothing has changed; not again what was said about the same files a moment ago. */
  function refuse(refusals: readonly Refusal[], always: boolean): void {
    const all = JSON.stringify(refusals)
    if (!always && all === refused) return
    refused = all
    server.reloadRefused()
    for (const { forPeople, message, ...facts } of refusals) {
      log.error({ event: 'not-reloaded', ...facts }, `not reloaded: ${message}`)
      tell(`Not reloaded, the last good configuration stays: ${forPeople}`)
    }
  }

  function ofError(error: AppError, loaded: LoadedConfig & { config: Config }): Refusal {
    const at = settingThatNames(loaded.config, error.details, baseDir) ?? pathOf(error)
    const cause = causeChain(error.cause)
    return {
      code: error.code,
      ...(at === undefined ? {} : { ...loaded.locate(at), path: at.join('.') }),
      details: error.details,
      ...(cause === '' ? {} : { cause }),
      message: error.message,
      forPeople: `${error.code}: ${error.message} ${error.hint}`,
    }
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

/** Whoever empties a file is about to write it, or has no room on the disk. To take everything away one deletes it. */
function emptied(now: readonly string[], before: readonly string[]): Problem[] {
  return now
    .filter((file) => !before.includes(file))
    .map((file) => ({ severity: 'error', file, line: 1, column: 1, path: '', message: 'is empty, and was not before' }))
}

/** Every problem, with its place, as `check` and a start find it. */
function problemsOf(loaded: LoadedConfig): Problem[] {
  const { config, problems } = loaded
  return config === undefined ? problems : [...problems, ...placed(serverProblems(config), loaded)]
}

/** Why a configuration is not taken, as the log has it. */
interface Refusal extends Partial<ReturnType<typeof placeOf>> {
  code: ErrorCode
  details?: AppError['details']
  cause?: string
  message: string
  forPeople: string
}

function ofProblem(problem: Problem): Refusal {
  const forPeople = formatProblem(problem)
  return { code: 'config-invalid', ...placeOf(problem), message: problem.message, forPeople }
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
