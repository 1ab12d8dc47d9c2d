import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeCertificate } from '../dev-idp/certificate.ts'
import { AppError } from '../errors.ts'
import { loadConfig } from './load.ts'
import { publicRoute, routeTo } from './network.ts'
import { Config } from './schema.ts'

const days = (count: number) => new Date(Date.now() + count * 86_400_000)
const period = { notBefore: days(-1), notAfter: days(30) }
const company = makeCertificate({ commonName: 'company', isAuthority: true, ...period })
const provider = makeCertificate({ commonName: 'provider', isAuthority: true, ...period })
const client = makeCertificate({ commonName: 'gatehouse', ...period })

const baseDir = mkdtempSync(join(tmpdir(), 'gatehouse-network-'))
after(() => rmSync(baseDir, { recursive: true }))
writeFileSync(join(baseDir, 'company.pem'), company.certificate)
writeFileSync(join(baseDir, 'client.key'), client.privateKey)
writeFileSync(join(baseDir, 'empty.pem'), '')

const env = {
  PROVIDER_CA: provider.certificate,
  CLIENT_CRT: client.certificate,
  OTHER_KEY: company.privateKey,
  CANARY: 'canary-that-is-no-pem',
}
const secrets = {
  'provider-ca': { 'ca.crt': '${env:PROVIDER_CA}' },
  'no-ca': { 'ca.crt': '${env:CANARY}' },
  client: { 'tls.crt': '${env:CLIENT_CRT}', 'tls.key': '${file:client.key}' },
  'other-key': { 'tls.crt': '${env:CLIENT_CRT}', 'tls.key': '${env:OTHER_KEY}' },
  'no-key': { 'tls.crt': '${env:CLIENT_CRT}', 'tls.key': '${env:CANARY}' },
  missing: { 'tls.crt': '${env:CLIENT_CRT}', 'tls.key': '${env:NOT_SET}' },
}
const surroundings = { env, baseDir }
const config = (network: object = {}) => Config.parse({ network, secrets })
const ownCa = (secretClass: string) => ({ verification: { server: { caCert: { secretClass } } } })

function refusal(work: () => unknown): Record<string, unknown> {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof AppError, String(error))
    assert.doesNotMatch(JSON.stringify([error.details, error.message, String(error.cause)]), /canary/)
    return { code: error.code, at: error.details['at'], ...error.details }
  }
  assert.fail('it was not refused')
}

test('a class with an authority of its own trusts that one and network.ca, others the public ones and network.ca', () => {
  const withCompany = config({ ca: 'company.pem' })

  const own = routeTo(withCompany, { tls: ownCa('provider-ca') }, surroundings).tls
  const others = publicRoute(withCompany, surroundings).tls
  const alone = routeTo(config(), { tls: ownCa('provider-ca') }, surroundings).tls

  assert.deepEqual(own?.ca, [provider.certificate, company.certificate])
  assert.deepEqual(alone?.ca, [provider.certificate])
  assert.ok(others?.ca && others.ca.length > 50 && others.ca.includes(company.certificate))
  assert.ok(!others.ca.includes(provider.certificate))
  assert.deepEqual(publicRoute(config(), surroundings).tls, { rejectUnauthorized: true })
})

test('an authority that is none is said at its place, and not at the first sign-in', () => {
  const ofClass = refusal(() => routeTo(config(), { tls: ownCa('no-ca') }, surroundings))
  const ofAll = refusal(() => publicRoute(config({ ca: 'empty.pem' }), surroundings))

  assert.deepEqual([ofClass['code'], ofClass['at']], ['config-invalid', 'secrets.no-ca.ca.crt'])
  assert.deepEqual([ofAll['code'], ofAll['at']], ['config-invalid', 'network.ca'])
})

test('the certificate of the client comes with its key, by reference', () => {
  const { tls } = routeTo(config(), { tls: ownCa('provider-ca'), clientCertificate: 'client' }, surroundings)

  assert.deepEqual([tls?.cert, tls?.key], [client.certificate, client.privateKey.replace(/\n$/, '')])
})

test('a key that is missing, none, or that of another certificate is said at its place', () => {
  const refuse = (name: string) =>
    refusal(() => routeTo(config(), { tls: ownCa('provider-ca'), clientCertificate: name }, surroundings))

  assert.match(String(refuse('other-key')['problem']), /does not belong/)
  assert.match(String(refuse('no-key')['problem']), /no certificate and key in PEM/)
  assert.equal(refuse('no-key')['at'], 'secrets.no-key')
  assert.deepEqual(
    [refuse('missing')['code'], refuse('missing')['environmentVariable']],
    ['secret-not-found', 'NOT_SET'],
  )
})

test('a provider has the time of its class, else that of the network, else ten seconds', () => {
  const timeOf = (network: object, timeout?: string) =>
    routeTo(config(network), { tls: null, timeout }, surroundings).timeout

  assert.deepEqual([timeOf({}), timeOf({ timeout: '3s' }), timeOf({ timeout: '3s' }, '1m')], [10_000, 3_000, 60_000])
})

test('check says what is wrong with a certificate of a client', () => {
  const problemsOf = (login: object[], ofSecrets: object = secrets) => {
    const text = JSON.stringify({
      authenticationClasses: {
        corp: { oidc: { hostname: 'sso.example.com', principalClaim: 'sub', tls: ownCa('provider-ca') } },
      },
      login,
      secrets: { ...ofSecrets, c: { clientId: 'gatehouse', clientSecret: '${env:CANARY}' } },
    })
    const { problems } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir }, env)
    return problems.filter(({ severity }) => severity === 'error').map(({ path, message }) => `${path} ${message}`)
  }
  const corp = { authenticationClass: 'corp', oidc: { clientCredentialsSecret: 'c' } }

  assert.deepEqual(problemsOf([{ ...corp, clientCertificate: 'client' }]), [])
  assert.match(
    problemsOf([{ ...corp, clientCertificate: 'clint' }]).join(),
    /login\.0\.clientCertificate .*clint.*client/,
  )
  assert.match(problemsOf([{ local: {}, clientCertificate: 'client' }]).join(), /clientCertificate is for a provider/)
  assert.match(
    problemsOf([corp], { 'provider-ca': secrets['provider-ca'], half: { 'tls.crt': '${env:CLIENT_CRT}' } }).join(),
    /tls\.crt and tls\.key belong together/,
  )
})
