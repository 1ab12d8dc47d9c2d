import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tlsOptions } from '../config/network.ts'
import { Config } from '../config/schema.ts'
import { makeCertificate } from '../dev-idp/certificate.ts'
import { providersUnderTest } from './providers-under-test.ts'

const day = 86_400_000
const period = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) }
const own = makeCertificate({ commonName: 'gatehouse', ...period })

function providerOf(key: string) {
  const config = Config.parse({
    authenticationClasses: {
      corp: {
        oidc: {
          hostname: 'sso.example.com',
          principalClaim: 'sub',
          tls: { verification: { server: { caCert: { webPki: {} } } } },
        },
      },
    },
    login: [{ authenticationClass: 'corp', clientCertificate: 'own', oidc: { clientCredentialsSecret: 'client' } }],
    secrets: {
      client: { clientId: 'gatehouse', clientSecret: '${env:SECRET}' },
      own: { 'tls.crt': '${env:CRT}', 'tls.key': '${env:KEY}' },
    },
  })
  const env = { SECRET: 's', CRT: own.certificate, KEY: key }
  const [provider] = providersUnderTest(config, { env, baseDir: '/' })
  assert.ok(provider)
  return provider
}

test('doctor shows the certificate that the server shows', () => {
  const { cert, key } = tlsOptions(providerOf(own.privateKey).trust)

  assert.deepEqual([cert, key], [own.certificate, own.privateKey])
})

test('a certificate that cannot be shown is a fault of that provider', () => {
  const { fault } = providerOf('canary')

  assert.ok(fault?.status === 'problem')
  assert.equal(fault.code, 'config-invalid')
  assert.doesNotMatch(JSON.stringify(fault), /canary/)
})
