/**
 * What the server keeps: its store, and the key for its sealed parts. The command line uses the same state, so
 * this file knows neither HTTP nor the protocols. What creates a store creates its key; a reader creates nothing.
 */
import { resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { resolveStoreAddress } from '../config/store-address.ts'
import { AppError } from '../errors.ts'
import { openStore, type Store, storeFile } from '../store/index.ts'
import { createSealer, makeMasterKey, masterKeyFrom, readMasterKey, type Sealer } from '../store/sealing.ts'
import { parseStoreAddress, shownPostgres } from '../store-address.ts'
import { noTurns, type Turns } from '../turns.ts'

export interface StateOptions {
  config: Config
  /** The folder to which paths in the configuration are relative. */
  baseDir: string
  env: Readonly<Record<string, string | undefined>>
}

/**
 * The store of a server, and the key for its sealed parts; both are created on first use. An unusable key is found before
 * anything is created. Throws `store-unavailable`, `secret-not-found`, `encryption-key-wrong`.
 */
export async function openConfiguredStore(
  options: StateOptions & { turns?: Turns },
): Promise<{ store: Store; sealer: Sealer }> {
  const { baseDir, turns = noTurns } = options
  const key = existingKey(options)
  const store = await openStore(addressOf(options), baseDir, { turns })
  try {
    return { store, sealer: createSealer(key ?? (await makeKey(store, keyFileOf(options)))) }
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * What a command does with the store: it only reads, it changes existing data, or it may create the first rows of a new store. Only the
 * last creates a database, and with it the key that a server will use. Throws `store-missing`, `store-unavailable`, and for the
 * last what `openConfiguredStore` throws about keys.
 */
export async function openStoreTo(work: 'read' | 'change' | 'make', options: StateOptions): Promise<Store> {
  const { baseDir } = options
  const address = addressOf(options)
  if (work === 'make') return (await openConfiguredStore(options)).store
  const existing = await openStore(address, baseDir, { open: 'existing' })
  if (work === 'read') return existing
  await existing.close()
  return openStore(address, baseDir)
}

/** Where the store is, as people may read it: the file, or the database without user and password. */
export function shownStore(options: StateOptions): string {
  const address = parseStoreAddress(addressOf(options))
  return address.kind === 'sqlite' ? `sqlite:${resolve(options.baseDir, address.path)}` : shownPostgres(address)
}

function addressOf({ config, ...surroundings }: StateOptions): string {
  return resolveStoreAddress(config.store, surroundings)
}

/** Encrypts and derives with the key that a server already uses. Throws `client-secret-elsewhere` when there is none here. */
export function existingSealer(options: StateOptions): Sealer {
  const key = existingKey(options)
  if (key === undefined) throw new AppError('client-secret-elsewhere', { keyFile: keyFileOf(options) })
  return createSealer(key)
}

/** The configured key, or the one next to the store. Undefined when there is none. */
function existingKey(options: StateOptions): Buffer | undefined {
  const { encryptionKey } = options.config
  if (encryptionKey !== undefined) return masterKeyFrom(resolveSecret(encryptionKey, options).reveal())
  return readMasterKey(keyFileOf(options))
}

function keyFileOf(options: StateOptions): string {
  const store = storeFile(addressOf(options), options.baseDir)
  if (store !== undefined) return `${store}.key`
  throw new AppError('config-invalid', {
    at: 'encryptionKey',
    problem: 'is missing: servers of one database share a key',
  })
}

/**
 * A key for a store that has sealed nothing yet: a second key could not open what the first one sealed. A server that starts at the same
 * time may have made the key, and sealed with it, since we looked.
 */
async function makeKey(store: Store, keyFile: string): Promise<Buffer> {
  const sealed = await store.signingKeys.list()
  if (sealed.length === 0) return makeMasterKey(keyFile)
  const madeMeanwhile = readMasterKey(keyFile)
  if (madeMeanwhile) return madeMeanwhile
  throw new AppError('encryption-key-wrong', { keyFile, problem: 'there is no such file' })
}
