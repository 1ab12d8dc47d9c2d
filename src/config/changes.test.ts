import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesOf, keepFixed } from './changes.ts'
import { Config } from './schema.ts'

const service = { url: 'https://wiki.example.test' }

test('settings that differ are named as far as a person needs, and no value is', () => {
  const before = Config.parse({ services: { wiki: service, gone: { url: 'https://gone.example.test' } }, teams: {} })
  const after = Config.parse({
    services: {
      wiki: { ...service, rules: [{ path: '/', allow: 'everyone' }] },
      vault: { url: 'https://vault.example.test' },
    },
    listen: { drain: '1s' },
    teams: { analysts: {} },
  })

  assert.deepEqual(changesOf(before, after), {
    added: ['listen.drain', 'services.vault', 'teams.analysts'],
    removed: ['services.gone'],
    changed: ['services.wiki.rules'],
  })
  assert.deepEqual(changesOf(before, before), { added: [], removed: [], changed: [] })
})

test('of a secret only its entry is named, never the accounts in it', () => {
  const before = Config.parse({ secrets: { staff: { users: { alice: '${env:ALICE}' } } } })
  const after = Config.parse({ secrets: { staff: { users: { bob: '${env:BOB}' } } } })

  assert.deepEqual(changesOf(before, after).changed, ['secrets.staff'])
})

test('what a running server cannot change stays, and is named', () => {
  const running = Config.parse({
    issuer: 'https://id.example.test',
    listen: { port: 1000 },
    encryptionKey: '${env:KEY}',
  })
  const wanted = Config.parse({
    issuer: 'https://other.example.test',
    listen: { port: 1001, drain: '2s' },
    store: 'sqlite:./b.db',
  })

  const { config, needRestart } = keepFixed(running, wanted)

  assert.deepEqual(needRestart, ['issuer', 'listen.port', 'store', 'encryptionKey'])
  assert.deepEqual(config, { ...running, listen: { ...wanted.listen, port: 1000 } })
})
