/**
 * What the server keeps: its store, and the key that opens the sealed parts of it. The command line works on the same state, so
 * this file knows neither HTTP nor the protocols.
 */
import { existsSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { AppError } from '../errors.ts'
import { openStore, type Store, sqliteFile } from '../store/index.ts'
import { createSealer, masterKeyFrom, masterKeyInFile, type Sealer } from '../store/sealing.ts'
import { noTurns, type Turns } from '../turns.ts'

export interface StateOptions {
  config: Config
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
  env: Readonly<Record<string, string | undefined>>
}

/** The store of a configuration, and what opens its sealed parts. Throws `store-unavailable`, `secret-not-found`, `encryption-key-wrong`. */
export async function openConfiguredStore({
  config,
  baseDir,
  env,
  turns = noTurns,
}: StateOptions & { turns?: Turns }): Promise<{ store: Store; sealer: Sealer }> {
  const store = await openStore(config.store, baseDir, { turns })
  return { store, sealer: configuredSealer({ config, baseDir, env }) }
}

/**
 * Who encrypts and derives with the key of the configuration. Without one the key is a file beside the store: made when there is
 * none, or, for who only wants to know a derived secret, missed (`client-secret-elsewhere`).
 */
export function configuredSealer(
  { config, baseDir, env }: StateOptions,
  { makesKey }: { makesKey: boolean } = { makesKey: true },
): Sealer {
  if (config.encryptionKey !== undefined) {
    return createSealer(masterKeyFrom(resolveSecret(config.encryptionKey, { env, baseDir }).reveal()))
  }
  const file = `${sqliteFile(config.store, baseDir)}.key`
  if (!makesKey && !existsSync(file)) throw new AppError('client-secret-elsewhere', { keyFile: file })
  return createSealer(masterKeyInFile(file))
}
