import type { TlsVerification } from './schema.ts'

/** How a certificate is checked: not at all because nothing is encrypted, unverified, public CAs, or your own CA. */
export type CertificateCheck =
  | { kind: 'plain' }
  | { kind: 'unverified' }
  | { kind: 'web-pki' }
  | { kind: 'own-ca'; secretClass: string }

/** What `tls` of a class says: the one reading of it, for products as for this server. */
export function certificateCheckOf(tls: TlsVerification | null | undefined): CertificateCheck {
  if (!tls) return { kind: 'plain' }
  const caCert = tls.verification.server?.caCert
  if (!caCert) return { kind: 'unverified' }
  return caCert.secretClass === undefined ? { kind: 'web-pki' } : { kind: 'own-ca', secretClass: caCert.secretClass }
}
