import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../test/support/properties.ts'
import { effects, importSources, UnreadableImport } from './contract.ts'
import { importers } from './index.ts'

/** A few lines that stand for gigabytes. */
const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]']
for (let depth = 1; depth < 8; depth++) {
  bomb.push(
    `k${depth}: &a${depth} [${Array(10)
      .fill(`*a${depth - 1}`)
      .join(', ')}]`,
  )
}
bomb.push('connectors: *a7', 'oidc: *a7', 'upstreams: *a7')

for (const source of importSources) {
  test(`${source}: what cannot be read is refused with a sentence, whatever it is`, () => {
    const read = (text: string) => {
      try {
        importers[source].read([{ name: 'it.yaml', text }])
      } catch (error) {
        assert.ok(error instanceof UnreadableImport, String(error))
        assert.match(error.message, /^it\.yaml: /)
      }
    }

    assert.throws(() => importers[source].read([{ name: 'it.yaml', text: bomb.join('\n') }]), UnreadableImport)
    for (const text of [
      '',
      '\0',
      '[',
      '{',
      '- a',
      'a: [',
      `${'['.repeat(500)}`,
      'a = [',
      '&a [*a]',
      'issuer: 1',
      '__proto__: 1',
    ])
      read(text)
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => read(text)))
  })
}

test('an answer that nothing needs is said, not passed over', () => {
  const text = 'provider = "oidc"\noidc_issuer_url = "https://sso.example.com/realms/data"\nclient_id = "app"\n'
  const { notCarried } = importers['oauth2-proxy'].read([{ name: 'a.cfg', text }], {
    issuer: 'https://other.example.com',
    clientId: 'app',
  })

  assert.deepEqual(
    notCarried.map(({ where }) => where).filter((where) => where.startsWith('--')),
    ['--issuer'],
  )
})

test('what changes who gets in is told before all else, and what render adds last', () => {
  const { notCarried } = importers.dex.read([
    { name: 'dex.yaml', text: 'issuer: https://user:secret-of-us@dex.example.com\nlogger: { level: debug }\n' },
  ])
  const order = notCarried.map(({ effect = 'setting' }) => effects.indexOf(effect))

  assert.ok(order.length > 1)
  assert.deepEqual(order, order.toSorted())
})
