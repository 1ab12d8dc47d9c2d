/**
 * X.509 certificates for the development identity provider, created when it starts. We ship none: a certificate authority with a
 * published private key would let anyone sit between a laptop that trusts it and any site. Only the encoding is ours (RFC 5280, DER); keys
 * and signatures are node:crypto's.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'

export interface KeyAndCertificate {
  /** PEM. */
  certificate: string
  /** PEM, PKCS #8. */
  privateKey: string
}

export interface CertificateRequest {
  commonName: string
  /** DNS names and IP addresses that it covers. */
  hosts?: readonly string[]
  notBefore: Date
  notAfter: Date
  /** Who signs it; itself when absent. */
  issuer?: KeyAndCertificate & { commonName: string }
  isAuthority?: boolean
}

/** A new key and its certificate. */
export function makeCertificate(request: CertificateRequest): KeyAndCertificate {
  const { commonName, hosts = [], notBefore, notAfter, issuer, isAuthority = false } = request
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = issuer ? createPrivateKey(issuer.privateKey) : privateKey
  const signerKeyId = issuer ? keyId(createPublicKey(signingKey)) : keyId(publicKey)

  const extensions = [
    extension(oids.basicConstraints, sequence(...(isAuthority ? [boolean(true)] : [])), true),
    isAuthority
      ? extension(oids.keyUsage, tlv(0x03, Buffer.from([1, 0x06])), true) // keyCertSign, cRLSign
      : extension(oids.extendedKeyUsage, sequence(oid(oids.serverAuth))),
    extension(oids.subjectKeyIdentifier, tlv(0x04, keyId(publicKey))),
    extension(oids.authorityKeyIdentifier, sequence(tlv(0x80, signerKeyId))),
    ...(hosts.length === 0 ? [] : [extension(oids.subjectAltName, sequence(...hosts.map(generalName)))]),
  ]
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ecdsaWithSha256,
    distinguishedName(issuer?.commonName ?? commonName),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', toBeSigned, signingKey)
  const der = sequence(toBeSigned, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), signature))
  return {
    certificate: pem('CERTIFICATE', der),
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

const oids = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
}

function keyId(publicKey: KeyObject): Buffer {
  // RFC 5280 section 4.2.1.2 hashes the key alone; any unique value is allowed, and the whole structure is at hand.
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function tlv(tag: number, ...contents: Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  const significant = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.from([tag, 0x80 | significant.length]), significant, body])
}

function sequence(...contents: Uint8Array[]): Buffer {
  return tlv(0x30, ...contents)
}

function boolean(value: boolean): Buffer {
  return tlv(0x01, Buffer.from([value ? 0xff : 0]))
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

const ecdsaWithSha256 = sequence(oid(oids.ecdsaWithSha256))

function distinguishedName(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(oids.commonName), tlv(0x0c, Buffer.from(commonName)))))
}

/** RFC 5280 section 4.1.2.5: UTCTime up to 2049, GeneralizedTime from 2050. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits))
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), tlv(0x04, value))
}

function generalName(host: string): Buffer {
  if (isIP(host) === 4) return tlv(0x87, Buffer.from(host.split('.').map(Number)))
  if (host === '::1') return tlv(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]))
  return tlv(0x82, Buffer.from(host))
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
