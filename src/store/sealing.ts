import { hkdfSync, randomBytes } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { AppError } from '../errors.ts'

/**
 * The purpose of a sealed text. Each purpose has its own key, so that a text sealed for one cannot be opened for another.
 */
export type SealPurpose =
  | 'signing-key'
  | 'login-transaction'
  | 'id-token'
  | 'known-device'
  | 'asked'
  | 'totp-secret'
  | 'totp-enrolment'
  | 'second-step'
  | 'passkey-question'

export interface Sealer {
  /** Encrypts and authenticates (JWE, dir, A256GCM). */
  seal(purpose: SealPurpose, text: string): Promise<string>
  /** The text, or undefined for anything that was not sealed here for this purpose. */
  open(purpose: SealPurpose, sealed: string): Promise<string | undefined>
  /** A secret derived from the master key and a name, such as the client secret of a product. */
  derive(label: string): string
}

const maxSealedLength = 16_384

/** `masterKey` is 32 bytes; every use gets its own key by HKDF (RFC 5869). */
export function createSealer(masterKey: Buffer): Sealer {
  const keyFor = (label: string) => new Uint8Array(hkdfSync('sha256', masterKey, 'gatehouse', label, 32))
  const keys = new Map<SealPurpose, Uint8Array>()
  const sealKey = (purpose: SealPurpose) => {
    const key = keys.get(purpose) ?? keyFor(`seal:${purpose}`)
    keys.set(purpose, key)
    return key
  }
  return {
    seal: (purpose, text) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(sealKey(purpose)),
    open: async (purpose, sealed) => {
      if (sealed.length > maxSealedLength) return undefined
      try {
        const { plaintext } = await compactDecrypt(sealed, sealKey(purpose), {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        })
        return new TextDecoder().decode(plaintext)
      } catch {
        // The same answer for every kind of damage: telling them apart would make an oracle.
        return undefined
      }
    },
    derive: (label) => Buffer.from(keyFor(`derive:${label}`)).toString('base64url'),
  }
}

/** Tells one master key from another, and nothing about either: it is derived from 32 random bytes (RFC 5869). */
export function keyFingerprint(masterKey: Buffer): string {
  return Buffer.from(hkdfSync('sha256', masterKey, 'gatehouse', 'fingerprint', 16)).toString('hex')
}

/** The master key from its configured text. Throws `encryption-key-wrong` when it is not 32 bytes in base64. */
export function masterKeyFrom(text: string): Buffer {
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32)
    throw new AppError('encryption-key-wrong', { expected: '32 bytes in base64', actual: `${key.length} bytes` })
  return key
}

/**
 * The embedded default: a key in a file next to the store, readable by its owner only. Undefined when there is no such file. Throws
 * `store-unavailable` if it cannot be read, `encryption-key-wrong` if it contains no key.
 */
export function readMasterKey(file: string): Buffer | undefined {
  return isThere(file) ? masterKeyFrom(readKeyFile(file)) : undefined
}

/** True for a dangling link too: no key can be created there. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch {
    // A file is where a folder should be: opening the store fails too, with a better message.
    return false
  }
}

/**
 * Creates the file with a new key; if two processes do so at the same time, one wins and both use its key. The file is there whole or
 * not at all, also after a kill or a power loss in the middle.
 */
export function makeMasterKey(file: string): Buffer {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600, flush: true })
    placeOnce(draft, file)
  } catch (cause) {
    if (!existsSync(file)) throw new AppError('store-unavailable', { keyFile: file }, { cause })
  } finally {
    rmSync(draft, { force: true })
  }
  return masterKeyFrom(readKeyFile(file))
}

/** Unlike a rename, a link never replaces the key of another process. Not every file system has links. */
export function placeOnce(draft: string, file: string): void {
  try {
    linkSync(draft, file)
  } catch {
    copyFileSync(draft, file, constants.COPYFILE_EXCL)
  }
}

function readKeyFile(file: string): string {
  try {
    const text = readFileSync(file, 'utf8').trim()
    chmodSync(file, 0o600)
    return text
  } catch (cause) {
    throw new AppError('store-unavailable', { keyFile: file }, { cause })
  }
}
