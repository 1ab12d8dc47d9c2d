import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCommand } from './apt.ts'
import { run } from './cache.ts'

export interface SelfSigned {
  keyFile: string
  certFile: string
  /** Key, then certificate: the form that Trino's keystore takes. */
  pemFile: string
}

/** Makes a certificate for localhost, 127.0.0.1 and more DNS names (a wildcard is fine). */
export async function selfSignedCertificate(folder: string, names: readonly string[] = []): Promise<SelfSigned> {
  const openssl = await ensureCommand('openssl', ['openssl'])
  const [keyFile, certFile, pemFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem'), join(folder, 'server.pem')]
  const alternatives = ['DNS:localhost', 'IP:127.0.0.1', ...names.map((name) => `DNS:${name}`)].join(',')
  const subject = ['-subj', '/CN=localhost', '-addext', `subjectAltName=${alternatives}`]
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', ...subject]
  await run(openssl, [...request, '-keyout', keyFile, '-out', certFile])
  writeFileSync(pemFile, readFileSync(keyFile, 'utf8') + readFileSync(certFile, 'utf8'), { mode: 0o600 })
  return { keyFile, certFile, pemFile }
}
