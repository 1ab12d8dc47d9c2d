/** Any configuration of Dex, made from its documented keys, is imported: each setting is carried or named, and nothing secret is shown. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import type { Accepted } from '../../../test/support/accepted-keys.ts'
import { connectorKeys, type DexText, refusedByDex } from '../../../test/support/dex-keys.ts'
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
}
const secret = /secret|password|bindPW/i
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
    requiredKeys: ['issuer', 'host'].filter((key) => Object.hasOwn(keys, key)),
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
    { numRuns: runs(60) },
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
