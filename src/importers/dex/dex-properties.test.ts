/** Any configuration of Dex, made from its documented keys, is imported: each setting is carried or named, and nothing secret is shown. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import type { Accepted } from '../../../test/support/accepted-keys.ts'
import { connectorKeys, type DexText, refusedByDex, storageKeys, topKeys } from '../../../test/support/dex-keys.ts'
import { meaningOf } from '../../../test/support/dex-meaning.ts'
import { fc, runs } from '../../../test/support/properties.ts'
import { Config } from '../../config/schema.ts'
import { importers } from '../index.ts'
import { renderedImport } from '../rendered-import.ts'

/** Texts that are fine for a setting; the rest take a word. */
const fitting: Readonly<Record<string, readonly string[]>> = {
  issuer: ['https://sso.example.com/realms/data', 'https://login.example.com/', 'https://accounts.example.com'],
  redirectURI: ['https://id.example.com/callback', 'https://old.example.com/callback'],
  host: ['ldap.example.com', 'ldap.example.com:389', '[2001:db8::1]:636'],
  hostName: ['github.example.com'],
  baseURL: ['https://git.example.com', 'https://gitlab.com'],
  tenant: ['common', '11111111-2222-3333-4444-555555555555', 'example.com'],
  scope: ['sub', 'one'],
  teamNameField: ['name', 'slug', 'both'],
  groupNameFormat: ['id', 'name'],
  pkceChallenge: ['S256', 'plain'],
  filter: ['(objectClass=person)', '(&(a=b)(c=d))'],
  org: ['acme'],
  name: ['acme', 'other'],
  http: ['0.0.0.0:5556', '127.0.0.1:80'],
  https: ['0.0.0.0:5554'],
  addr: ['127.0.0.1:5557'],
  tlsMinVersion: ['1.2', '1.3'],
  tlsMaxVersion: ['1.3'],
  idTokens: ['24h', '1h30m'],
  signingKeys: ['6h'],
  authRequests: ['5m'],
  deviceRequests: ['5m'],
  reuseInterval: ['3s'],
  absoluteLifetime: ['3960h'],
  validIfNotUsedFor: ['2160h'],
  level: ['debug', 'INFO'],
  format: ['text', 'json'],
  mode: ['verify-full', 'disable', 'custom'],
  secretEnv: ['APP_SECRET'],
  idEnv: ['APP_ID'],
  hash: ['$2a$10$never-to-be-shown-hash'],
  hashFromEnv: ['HASH'],
}
const secret = /(?:secret|password|bindPW)$/i
const secretText = 'never-to-be-shown'

function settingOf(name: string, accepted: Accepted): fc.Arbitrary<unknown> {
  if (secret.test(name)) return fc.constantFrom(`${secretText}-1`, `${secretText}-2`, '$SOME_SECRET')
  if (accepted === 'text') return fc.constantFrom(...(fitting[name] ?? ['word', 'other word', 'a.b']))
  if (accepted === 'bool') return fc.boolean()
  if (accepted === 'number') return fc.integer({ min: 1, max: 9999 })
  if (accepted === 'texts') return fc.array(fc.constantFrom('one', 'two', 'three'), { maxLength: 3 })
  if (Array.isArray(accepted))
    return fc.array(mapOf(accepted[0] as Readonly<Record<string, Accepted>>), { maxLength: 2 })
  return mapOf(accepted as Readonly<Record<string, Accepted>>)
}

function mapOf(keys: Readonly<Record<string, Accepted>>): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(keys).map(([key, accepted]) => [key, settingOf(key, accepted)] as const)
  return fc.record(Object.fromEntries(entries), {
    requiredKeys: ['issuer', 'host', 'email', 'id', 'endpoints'].filter((key) => Object.hasOwn(keys, key)),
  })
}

const connector = fc.constantFrom(...Object.keys(connectorKeys)).chain((type) =>
  fc.record({
    type: fc.constant(type),
    id: fc.constantFrom('one', 'Two', 'three-3'),
    name: fc.constantFrom('One', 'two'),
    config: mapOf(connectorKeys[type] as Readonly<Record<string, Accepted>>),
  }),
)

const { storage: _, issuer: __, ...sections } = topKeys

/** Everything around connectors, with one of each storage. */
const whole = fc
  .constantFrom(...Object.keys(storageKeys))
  .chain((type) =>
    fc.record({
      storage: fc.record({
        type: fc.constant(type),
        config: mapOf(storageKeys[type] as Readonly<Record<string, Accepted>>),
      }),
      rest: mapOf(sections),
    }),
  )
  .map(({ storage, rest }) => ({
    web: { http: '0.0.0.0:5556' },
    ...rest,
    issuer: 'https://id.example.com',
    storage,
    connectors: [{ type: 'mockCallback', id: 'mock', name: 'mock', config: {} }],
  }))

test('a setting around connectors is carried or named, whatever it is, and no secret is shown', () => {
  fc.assert(
    fc.property(whole, (given) => {
      const result = importers.dex.read([{ name: 'dex.yaml', text: JSON.stringify(given) }])

      assert.ok(!JSON.stringify(result).includes(secretText))
      const parsed = Config.safeParse(result.config)
      assert.ok(parsed.success, JSON.stringify(parsed.error?.issues))
      const file = renderedImport(result.config, 'dex')?.find(({ path }) => path === 'dex.yaml')
      const written = parse(file?.content ?? '') as DexText
      assert.deepEqual(refusedByDex({ ...written, connectors: [] }), [])
      const said = JSON.stringify(result.notCarried)
      const [mine, theirs] = [meaningOf(given), meaningOf(written as unknown as Record<string, unknown>)]
      for (const part of ['storage', 'clients', 'accounts', 'oauth2', 'others'] as const) {
        const [a, b] = [flat(mine[part]), flat(theirs[part])]
        for (const path of new Set([...a.keys(), ...b.keys()])) {
          if (isDeepStrictEqual(a.get(path), b.get(path))) continue
          const key = path.split('.').findLast((word) => !/^\d+$/.test(word)) ?? ''
          assert.ok(said.includes(key), `${part}: ${path} is ${b.get(path)} and was ${a.get(path)}\n${said}`)
        }
      }
    }),
    { numRuns: runs(40) },
  )
})

function flat(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]])
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...flat(inner, path === '' ? key : `${path}.${key}`)]),
  )
}

const configuration = fc.record({
  issuer: fc.constant('https://id.example.com'),
  storage: fc.constant({ type: 'memory' }),
  web: fc.constant({ http: '0.0.0.0:5556' }),
  connectors: fc.uniqueArray(connector, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
})

test('a setting of a connector is carried or named, whatever it is, and no secret is shown', () => {
  fc.assert(
    fc.property(configuration, (given) => {
      const result = importers.dex.read([{ name: 'dex.yaml', text: JSON.stringify(given) }])

      assert.ok(!JSON.stringify(result).includes(secretText))
      const parsed = Config.safeParse(result.config)
      assert.ok(parsed.success, JSON.stringify(parsed.error?.issues))
      const file = renderedImport(result.config, 'dex')?.find(({ path }) => path === 'dex.yaml')
      const written = parse(file?.content ?? '') as DexText
      assert.deepEqual(refusedByDex(written), [])
      const said = JSON.stringify(result.notCarried)
      const mine = byId(given)
      // It stands in for the class that a configuration without any lacks.
      const { 'address.invalid': _, ...theirs } = byId(written as unknown as Record<string, unknown>)
      assert.deepEqual(Object.keys(theirs).sort(), Object.keys(mine).sort())
      for (const [id, { type, config }] of Object.entries(mine)) {
        assert.equal(theirs[id]?.type, type)
        for (const key of new Set([...Object.keys(config), ...Object.keys(theirs[id]?.config ?? {})])) {
          const [a, b] = [config[key], theirs[id]?.config[key]]
          if (isDeepStrictEqual(a, b)) continue
          assert.ok(
            said.includes(key),
            `${id} (${type}): ${key} is ${JSON.stringify(b)} and was ${JSON.stringify(a)}\n${said}`,
          )
        }
      }
    }),
    { numRuns: runs(40) },
  )
})

type Entry = { type: string; config: Record<string, unknown> }

function byId(data: Readonly<Record<string, unknown>>): Record<string, Entry> {
  const { connectors } = meaningOf(data)
  return Object.fromEntries(
    Object.values(connectors).map((item) => {
      const { id, type, config } = item as Entry & { id: string }
      return [id, { type, config: config ?? {} }]
    }),
  )
}
