/**
 * A new configuration for a running server: checked like at a start, made beside the one that runs, and put in its place. Whatever fails
 * before that leaves everything as it was.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Changes, changesOf, fixedSettings, isUnchanged, keepFixed } from '../config/changes.ts'
import { digestsOf, referencedFiles } from '../config/referenced-files.ts'
import { Config } from '../config/schema.ts'
import { isSecretAt } from '../config/schema-walk.ts'
import { AppError } from '../errors.ts'
import type { Foundation } from './foundation.ts'
import { checkedConfig, createGeneration, type Generation } from './generation.ts'
import type { Generations } from './generations.ts'
import { servableConfig } from './prerequisites.ts'
import type { Router } from './router.ts'

export interface Reloaded extends Changes {
  /** Settings that differ, and take effect with a new start only. */
  needRestart: string[]
  /** False: nothing differs, and nothing was done. */
  done: boolean
}

/** @param always also when nothing differs: somebody asked for it. Throws AppError, and nothing has changed then. */
export type Reload = (written: Config, options: { always: boolean }) => Promise<Reloaded>

export interface Reloading {
  reload: Reload
  /** Refuses further ones, and waits for the one under way. */
  stop(): Promise<void>
}

/** Milliseconds after which the store is tried again, when it could not take away what the new configuration does not give. */
const tryAgainAfter = 5_000
/** Milliseconds after which a sign-in that began before is over in any case: providers have ten seconds for each answer. */
const longestSignIn = 60_000

export function createReloading({
  foundation,
  generations,
}: {
  foundation: Foundation
  generations: Generations
}): Reloading {
  const { baseDir, env, log } = foundation
  let digests = digestsOf(referencedFiles(generations.current.config, baseDir))
  let last: Promise<unknown> = Promise.resolve()
  const stopped = new AbortController()
  const takeAway = createTakingAway(foundation, stopped.signal)

  async function reload(written: Config, { always }: { always: boolean }): Promise<Reloaded> {
    if (stopped.signal.aborted) throw new AppError('server-stopping')
    // Also what a start would read and this does not: the next start must not be the first that refuses it.
    servableConfig(written, env)
    const before = generations.current
    const { config, needRestart } = keepFixed(before.config, written)
    const found = digestsOf(referencedFiles(written, baseDir))
    const changes = withFiles(changesOf(before.config, config), digests, found)
    const fixed = new Set<string>(fixedSettings)
    const all = {
      added: changes.added,
      removed: changes.removed,
      changed: changes.changed.filter((setting) => !fixed.has(setting)),
      needRestart: [...new Set([...needRestart, ...changes.changed.filter((setting) => fixed.has(setting))])],
    }
    const done = always || !isUnchanged(all)
    if (done) {
      const next = await createGeneration(await checkedConfig(config, foundation), foundation)
      generations.replace(next)
      foundation.ways.follow(next.connectors)
      foundation.output.set(next.config.log)
      digests = new Map([...found].filter(([setting]) => !fixed.has(setting)).concat(fixedOnes(digests)))
      await takeAway(before, next)
      foundation.metrics?.reloaded('done')
      log.info({ event: 'reloaded', ...all }, 'the new configuration is in effect')
    }
    if (all.needRestart.length > 0) {
      log.warn(
        { event: 'restart-needed', settings: all.needRestart },
        'settings have changed that take effect with a new start only; those of before stay',
      )
    }
    return { ...all, done }
  }

  return {
    reload: (written, options) => {
      const next = last.then(() => reload(written, options))
      last = next.catch(() => {})
      return next
    },
    stop: async () => {
      stopped.abort()
      await last
    },
  }
}

/** What the start has read is compared again and again, so that a warning stays until the restart. */
function fixedOnes(digests: ReadonlyMap<string, string>): [string, string][] {
  return fixedSettings.flatMap((setting) => {
    const digest = digests.get(setting)
    return digest === undefined ? [] : [[setting, digest] as [string, string]]
  })
}

/** Settings that point to the same file, in which something else is written. */
function withFiles(changes: Changes, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Changes {
  const rewritten = [...after].flatMap(([setting, digest]) =>
    before.has(setting) && before.get(setting) !== digest ? [entryOf(setting)] : [],
  )
  return { ...changes, changed: [...new Set([...changes.changed, ...rewritten])] }
}

/** Of a secret, the entry that it belongs to. */
function entryOf(setting: string): string {
  const segments = setting.split('.')
  const hidden = segments.findIndex((_, index) => isSecretAt(Config, segments.slice(0, index + 1), { marked: true }))
  return hidden < 0 ? setting : segments.slice(0, hidden + 1).join('.')
}

/**
 * Takes away what a configuration gave and the next one does not: teams of people, sessions at services, grants of products. New
 * requests are judged by the new one already; this is for what is kept. The store may fail: it is tried again until it is done.
 */
function createTakingAway(
  { sessions: { removals }, log }: Pick<Foundation, 'sessions' | 'log'>,
  stopped: AbortSignal,
): (before: Generation, next: Generation) => Promise<void> {
  /** The newest generation: what it names is not taken away by an older attempt. */
  let newest: Generation

  return async (before, next) => {
    newest = next
    const clients = idsOf(before)
    const services = Object.keys(before.config.services)
    const teams = differingTeams(before, next)
    const work = async () => {
      await newest.teams.follow(newest.config.teams)
      for (const service of services)
        if (!Object.hasOwn(newest.config.services, service)) await removals.service(service)
      for (const client of clients) if (!idsOf(newest).includes(client)) await removals.client(client)
    }
    // Whoever is signing in through the older one now gets what that gives.
    const { router } = before
    if (router.isBusy()) void afterLastSignIns(router, work, teams)
    if (!(await attempt(work))) void untilDone(work)
  }

  async function afterLastSignIns(router: Router, work: () => Promise<void>, teams: readonly string[]): Promise<void> {
    await Promise.race([router.quiet(), sleep(longestSignIn, undefined, { ref: false })])
    const again = async () => {
      await work()
      await newest.teams.settle(newest.config.teams, teams)
    }
    if (!(await attempt(again))) await untilDone(again)
  }

  async function untilDone(work: () => Promise<void>): Promise<void> {
    do await sleep(tryAgainAfter, undefined, { ref: false })
    while (!stopped.aborted && !(await attempt(work)))
  }

  async function attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!stopped.aborted)
        log.error({ err: error }, 'what the new configuration takes away could not be taken away yet')
      return false
    }
  }
}

function differingTeams(before: Generation, next: Generation): string[] {
  const { added, removed, changed } = changesOf(before.config, next.config)
  return [...added, ...removed, ...changed].flatMap((setting) => {
    const [part, team] = setting.split('.')
    return part === 'teams' && team !== undefined ? [team] : []
  })
}

function idsOf({ clients }: Generation): string[] {
  return clients.map(({ metadata }) => metadata.client_id)
}
