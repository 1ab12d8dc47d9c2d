/** What differs between the configuration that runs and a new one: settings by name, never a value. */
import { isDeepStrictEqual } from 'node:util'
import { isMap, own } from '../maps.ts'
import { Config } from './schema.ts'
import { isSecretAt } from './schema-walk.ts'

/** Dotted paths: `services.wiki`, `services.wiki.rules`, `listen.drain`. */
export interface Changes {
  added: string[]
  removed: string[]
  changed: string[]
}

/** Under `services.wiki`, the setting is named and not what is in it. */
const mostSegments = 3

/** The settings that differ. Of a secret only the name of its entry is said. */
export function changesOf(before: Config, after: Config): Changes {
  const changes: Changes = { added: [], removed: [], changed: [] }
  compare(before, after, [], changes)
  return changes
}

export function isUnchanged({ added, removed, changed }: Changes): boolean {
  return added.length + removed.length + changed.length === 0
}

function compare(before: unknown, after: unknown, path: readonly string[], changes: Changes): void {
  if (isDeepStrictEqual(before, after)) return
  const isLeaf = path.length >= mostSegments || isSecretAt(Config, path, { marked: true })
  if (isLeaf || !isMap(before) || !isMap(after)) {
    listOf(before, after, changes).push(path.join('.'))
    return
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare(own(before, key), own(after, key), [...path, key], changes)
  }
}

function listOf(before: unknown, after: unknown, { added, removed, changed }: Changes): string[] {
  if (before === undefined) return added
  return after === undefined ? removed : changed
}

/** What a running server cannot change: it needs a new start. */
export const fixedSettings = [
  'issuer',
  'listen.host',
  'listen.port',
  'listen.metrics',
  'store',
  'encryptionKey',
] as const

/** The new configuration with what cannot change as it was, and the names of those settings that would have changed. */
export function keepFixed(running: Config, wanted: Config): { config: Config; needRestart: string[] } {
  const { issuer, store, encryptionKey, listen } = running
  const { encryptionKey: _, ...rest } = wanted
  const { metrics: __, ...withoutMetrics } = wanted.listen
  const differing = changesOf(running, wanted)
  const names = new Set([...differing.added, ...differing.removed, ...differing.changed])
  return {
    config: {
      ...rest,
      issuer,
      store,
      listen: {
        ...withoutMetrics,
        host: listen.host,
        port: listen.port,
        ...(listen.metrics === undefined ? {} : { metrics: listen.metrics }),
      },
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
    },
    needRestart: fixedSettings.filter((setting) => names.has(setting)),
  }
}
