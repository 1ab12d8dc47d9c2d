import { hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { AppError } from '../errors.ts'

/**
 * What one sealed text is for. Each purpose has a key of its own, so that something sealed for one is rubbish for another.
 */
export type SealPurpose = 'signing-key' | 'login-transaction' | 'id-token'

export interface Sealer {
  /** Encrypts and authenticates (JWE, dir, A256GCM). */
  seal(purpose: SealPurpose, text: string): Promise<string>
  /** The text, or undefined for anything that was not sealed here for this purpose. */
  open(purpose: SealPurpose, sealed: string): Promise<string | undefined>
  /** A secret that follows from the master key and a name, such as the client secret of one of our own products. */
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
        // One answer for every kind of damage: a caller that tells them apart is an oracle.
        return undefined
      }
    },
    derive: (label) => Buffer.from(keyFor(`derive:${label}`)).toString('base64url'),
  }
}

/** The master key from its configured text. Throws `encryption-key-wrong` when it is not 32 bytes in base64. */
export function masterKeyFrom(text: string): Buffer {
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32)
    throw new AppError('encryption-key-wrong', { expected: '32 bytes in base64', actual: `${key.length} bytes` })
  return key
}

/**
 * The embedded default: a key in a file beside the store, readable by its owner alone. Undefined when there is no such file. Throws
 * `store-unavailable` for one that cannot be read, `encryption-key-wrong` for one that holds no key.
 */
export function readMasterKey(file: string): Buffer | undefined {
  return isThere(file) ? masterKeyFrom(readKeyFile(file)) : undefined
}

/** Also where a link leads nowhere: no key can be made there. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch {
    // A file stands where a folder should be: the store cannot be opened either, and says so better.
    return false
  }
}

/** Makes the file with a new key; another process that makes it at the same time wins or loses, and both use the same. */
export function makeMasterKey(file: string): Buffer {
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if (!existsSync(file)) throw new AppError('store-unavailable', { keyFile: file }, { cause })
  }
  return masterKeyFrom(readKeyFile(file))
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
