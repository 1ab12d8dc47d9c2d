/**
 * What the server keeps: its store, and the key for its sealed parts. The command line uses the same state, so
 * this file knows neither HTTP nor the protocols. What creates a store creates its key; a reader creates nothing.
 */
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { resolveStoreAddress } from '../config/store-address.ts'
import { AppError } from '../errors.ts'
import { openStore, type Store, type StoreTables, storeFile } from '../store/index.ts'
import { inspectKeyFingerprint } from '../store/inspect.ts'
import { keepInstance, keptInstance } from '../store/instance.ts'
import type { StoreCounter } from '../store/measured.ts'
import {
  createSealer,
  keyFingerprint,
  makeMasterKey,
  masterKeyFrom,
  readMasterKey,
  type Sealer,
} from '../store/sealing.ts'
import { parseStoreAddress, shownPostgres } from '../store-address.ts'
import { noTurns, type Turns } from '../turns.ts'

export interface StateOptions {
  config: Config
  /** The folder to which paths in the configuration are relative. */
  baseDir: string
  env: Readonly<Record<string, string | undefined>>
}

/**
 * The store of a server, and the key for its sealed parts; both are created on first use. A key that is unusable, or not that of the store,
 * is found before anything is created. Throws `store-unavailable`, `store-in-use`, `store-incomplete`, `secret-not-found`,
 * `encryption-key-wrong`.
 */
export async function openConfiguredStore(
  options: StateOptions & {
    turns?: Turns
    /** It is for a server: a file has one at most. */
    alone?: boolean
    count?: StoreCounter | undefined
  },
): Promise<{ store: Store; sealer: Sealer }> {
  const { baseDir, turns = noTurns, alone = false, count } = options
  let key = existingKey(options)
  const store = await openStore(addressOf(options), baseDir, {
    turns,
    alone,
    count,
    claim: async (db) => {
      key = await keyOf(db, options)
    },
  })
  if (key === undefined) throw new Error('a store was opened without its key')
  return { store, sealer: createSealer(key) }
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

/** The address of the store, its references resolved. It may hold a password. */
export function addressOf({ config, ...surroundings }: StateOptions): string {
  return resolveStoreAddress(config.store, surroundings)
}

/** Encrypts and derives with the key that a server already uses. Throws `client-secret-elsewhere` when there is none here. */
export function existingSealer(options: StateOptions): Sealer {
  const key = existingKey(options)
  if (key === undefined) throw new AppError('client-secret-elsewhere', { keyFile: keyFileOf(options) })
  return createSealer(key)
}

/**
 * Looks whether the key that would be used here is that of the store: from another one, secrets are derived that no server knows. A
 * store that is not here is not asked. Returns why one could not be read (a database that only servers reach), which proves nothing;
 * undefined otherwise. Throws `encryption-key-wrong`, `client-secret-elsewhere`, `secret-not-found`.
 */
export async function compareKeyWithStore(options: StateOptions): Promise<AppError | undefined> {
  existingSealer(options)
  let opened: Store
  try {
    opened = await openStoreTo('read', options)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code === 'store-missing' ? undefined : error
  }
  try {
    await refuseOtherKey(opened.engine.kysely, options)
    return undefined
  } finally {
    await opened.close()
  }
}

/** Throws `encryption-key-wrong` when the key that is here is not that of the store. */
export async function refuseOtherKey(db: StoreTables, options: StateOptions): Promise<void> {
  const problem = await keyProblem(db, existingKey(options))
  if (problem !== undefined) throw new AppError('encryption-key-wrong', { ...placeOfKey(options), problem })
}

/** The configured key, or the one next to the store. Undefined when there is none. */
export function existingKey(options: StateOptions): Buffer | undefined {
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
 * The key of a store, which stays with it: a second one could not open what the first one has sealed. A new store gets the configured one, or
 * one is made. Throws `encryption-key-wrong`.
 */
async function keyOf(db: StoreTables, options: StateOptions): Promise<Buffer> {
  // Again: somebody else may have made the store, and its key, since we looked.
  const found = existingKey(options)
  const problem = await keyProblem(db, found)
  if (problem !== undefined) throw new AppError('encryption-key-wrong', { ...placeOfKey(options), problem })
  const key = found ?? makeMasterKey(keyFileOf(options))
  await keepInstance(db, { id: randomUUID(), keyFingerprint: keyFingerprint(key), createdAt: Date.now() })
  // Servers of one database may start at the same time with different keys.
  const lost = await keyProblem(db, key)
  if (lost !== undefined) throw new AppError('encryption-key-wrong', { ...placeOfKey(options), problem: lost })
  return key
}

/** Where the key is looked for. */
export function placeOfKey(options: StateOptions): Record<string, unknown> {
  return options.config.encryptionKey === undefined ? { keyFile: keyFileOf(options) } : { at: 'encryptionKey' }
}

/**
 * Which key a store was made with, and which one there is here, by their fingerprints; opens nothing and changes nothing. Throws
 * `encryption-key-wrong` for a key that is none, `secret-not-found`, `store-unavailable`.
 */
export async function keySeen(
  options: StateOptions,
): Promise<{ kept: string | undefined; own: string | undefined; place: string }> {
  const key = existingKey(options)
  const kept = await inspectKeyFingerprint(addressOf(options), options.baseDir)
  const place = String(Object.values(placeOfKey(options))[0])
  return { kept, own: key && keyFingerprint(key), place }
}

/** Why a key does not open what is in a store; undefined when it does, and for a store in which nothing is sealed. */
export async function keyProblem(db: StoreTables, key: Buffer | undefined): Promise<string | undefined> {
  const kept = await keptInstance(db)
  const sealed = kept === undefined ? await db.selectFrom('signing_keys').select('sealed_jwk').execute() : []
  if (kept === undefined && sealed.length === 0) return undefined
  if (key === undefined) return 'there is no such file, and the store was made with a key'
  if (kept !== undefined) {
    const own = keyFingerprint(key)
    return own === kept.keyFingerprint
      ? undefined
      : `the store was made with the key ${kept.keyFingerprint}, this is ${own} (fingerprints)`
  }
  // An older version made it, which kept no fingerprint.
  const sealer = createSealer(key)
  const opened = await Promise.all(sealed.map(({ sealed_jwk }) => sealer.open('signing-key', sealed_jwk)))
  return opened.includes(undefined) ? 'it does not open the signing keys of the store' : undefined
}
