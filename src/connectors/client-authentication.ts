/** How this server proves at a token endpoint which client it is (OpenID Connect Core 1.0 section 9). */
import { createPrivateKey, hash, type KeyObject, type webcrypto, X509Certificate } from 'node:crypto'
import { importJWK } from 'jose'
import * as oidc from 'openid-client'
import type { ClientAuthenticationMethod } from '../config/authentication-class.ts'
import { AppError } from '../errors.ts'
import { keptOnceMade } from '../kept.ts'

/** The private key of a client, as somebody has written it down. */
export interface ClientKey {
  /** PEM or a JSON Web Key. */
  text: string
  /** Where it is configured: `secrets.corp.privateKey`. */
  at: string
  /** Its name at the provider (`kid`). */
  keyId?: string | undefined
  /** The certificate of the key (PEM), for providers that know it by that. */
  certificate?: string | undefined
}

export interface ClientProof {
  clientAuthenticationMethod: ClientAuthenticationMethod
  /** Empty where the method needs none. */
  clientSecret: string
  clientKey?: ClientKey | undefined
  /** For whom an assertion is: the issuer (RFC 7523bis), or the address of the token endpoint, which older providers compare with. */
  assertionAudience?: 'issuer' | 'token endpoint' | undefined
}

/** The client authentication of a connector. A key is read when it is needed first; throws `config-invalid` with its place, never with the key. */
export function clientAuthenticationOf(proof: ClientProof): oidc.ClientAuth {
  const { clientAuthenticationMethod: method, clientSecret, clientKey } = proof
  if (method === 'client_secret_post') return oidc.ClientSecretPost(clientSecret)
  if (method === 'client_secret_basic') return oidc.ClientSecretBasic(clientSecret)
  if (method === 'none') return oidc.None()
  if (method === 'client_secret_jwt')
    return (as, client, body, headers) =>
      oidc.ClientSecretJwt(clientSecret, assertionFor(as, proof))(as, client, body, headers)
  const key = keptOnceMade(() => readKey(clientKey))
  return async (as, client, body, headers) => {
    const { cryptoKey, keyId, thumbprints } = await key()
    const signer = { key: cryptoKey, ...(keyId === undefined ? {} : { kid: keyId }) }
    await oidc.PrivateKeyJwt(signer, assertionFor(as, proof, thumbprints))(as, client, body, headers)
  }
}

function assertionFor(
  { token_endpoint: endpoint }: oidc.ServerMetadata,
  { assertionAudience }: ClientProof,
  header: Readonly<Record<string, string>> = {},
): oidc.ModifyAssertionOptions {
  return {
    [oidc.modifyAssertion]: (head, payload) => {
      Object.assign(head, header)
      if (assertionAudience === 'token endpoint' && endpoint !== undefined) payload['aud'] = endpoint
    },
  }
}

interface ReadKey {
  cryptoKey: webcrypto.CryptoKey
  keyId: string | undefined
  /** Entra and ADFS find the certificate by its hash. */
  thumbprints: Record<string, string>
}

async function readKey(clientKey: ClientKey | undefined): Promise<ReadKey> {
  if (!clientKey)
    throw new AppError('config-invalid', { at: 'secrets', problem: 'has no privateKey for private_key_jwt' })
  const { text, at, keyId, certificate } = clientKey
  const invalid = (problem: string) => new AppError('config-invalid', { at, problem })
  const { key, alg, kid } = keyIn(text, invalid)
  const jwk = key.export({ format: 'jwk' })
  const algorithm = alg ?? algorithmOf(key)
  if (algorithm === undefined) throw invalid('is no RSA, EC or Ed25519 key')
  const cryptoKey = await importJWK({ ...jwk, alg: algorithm }, algorithm).catch(() => undefined)
  if (!(cryptoKey instanceof CryptoKey)) throw invalid(`does not fit its algorithm ${algorithm.slice(0, 20)}`)
  const thumbprints = certificate === undefined ? {} : thumbprintsOf(certificate, key, invalid)
  return { cryptoKey, keyId: keyId ?? kid, thumbprints }
}

/** A cause would show what was read. */
function keyIn(
  text: string,
  invalid: (problem: string) => AppError,
): { key: KeyObject; alg?: string | undefined; kid?: string | undefined } {
  const isJson = text.trimStart().startsWith('{')
  try {
    if (!isJson) return { key: createPrivateKey(text) }
    const { alg, kid, ...jwk } = JSON.parse(text) as Record<string, unknown>
    return {
      key: createPrivateKey({ key: jwk, format: 'jwk' }),
      ...(typeof alg === 'string' ? { alg } : {}),
      ...(typeof kid === 'string' ? { kid } : {}),
    }
  } catch {
    const encrypted = text.includes('ENCRYPTED') ? ' without a passphrase' : ''
    throw invalid(`is no private key${encrypted}: write a PEM or a JSON Web Key, by reference`)
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === 'rsa') return 'RS256'
  if (asymmetricKeyType === 'ed25519') return 'EdDSA'
  const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
  return asymmetricKeyType === 'ec' ? curves[asymmetricKeyDetails?.namedCurve ?? ''] : undefined
}

function thumbprintsOf(
  certificate: string,
  key: KeyObject,
  invalid: (problem: string) => AppError,
): Record<string, string> {
  const found = certificateIn(certificate)
  if (!found) throw invalid('has a certificate beside it that is none: write the PEM of the certificate')
  if (!found.checkPrivateKey(key)) throw invalid('is not the key of the certificate beside it')
  return {
    x5t: hash('sha1', found.raw, 'base64url'),
    'x5t#S256': hash('sha256', found.raw, 'base64url'),
  }
}

function certificateIn(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text)
  } catch {
    return undefined
  }
}
