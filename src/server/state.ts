/**
 * What the server keeps: its store, and the key that opens the sealed parts of it. The command line works on the same state, so
 * this file knows neither HTTP nor the protocols. Only a server makes a key; what only reads makes nothing.
 */
import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { resolveStoreAddress } from '../config/store-address.ts'
import { AppError } from '../errors.ts'
import { openStore, type Store, storeFile } from '../store/index.ts'
import { createSealer, makeMasterKey, masterKeyFrom, readMasterKey, type Sealer } from '../store/sealing.ts'
import type { Turns } from '../turns.ts'

export interface StateOptions {
  config: Config
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
  env: Readonly<Record<string, string | undefined>>
}

/**
 * The store of a server, and what opens its sealed parts; both are made at the first start. A key that cannot be used is found before
 * anything is made. Throws `store-unavailable`, `secret-not-found`, `encryption-key-wrong`.
 */
export async function openConfiguredStore(
  options: StateOptions & { turns: Turns },
): Promise<{ store: Store; sealer: Sealer }> {
  const { baseDir, turns } = options
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
 * What a command does with the store: it only reads, it changes what is there, or it may make the first rows of a new one. Only the
 * last makes a database. Throws `store-missing`, `store-unavailable`.
 */
export async function openStoreTo(work: 'read' | 'change' | 'make', options: StateOptions): Promise<Store> {
  const { baseDir } = options
  const address = addressOf(options)
  if (work === 'make') return openStore(address, baseDir)
  const existing = await openStore(address, baseDir, { open: 'existing' })
  if (work === 'read') return existing
  await existing.close()
  return openStore(address, baseDir)
}

function addressOf({ config, ...surroundings }: StateOptions): string {
  return resolveStoreAddress(config.store, surroundings)
}

/** Who encrypts and derives with the key that a server uses already. Throws `client-secret-elsewhere` when there is none here. */
export function existingSealer(options: StateOptions): Sealer {
  const key = existingKey(options)
  if (key === undefined) throw new AppError('client-secret-elsewhere', { keyFile: keyFileOf(options) })
  return createSealer(key)
}

/** The configured key, or the one beside the store. Undefined when there is none. */
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

/** A key for a store that has sealed nothing yet: with another key than the first, what was sealed would be lost. */
async function makeKey(store: Store, keyFile: string): Promise<Buffer> {
  const sealed = await store.signingKeys.list()
  if (sealed.length > 0) throw new AppError('encryption-key-wrong', { keyFile, problem: 'there is no such file' })
  return makeMasterKey(keyFile)
}
