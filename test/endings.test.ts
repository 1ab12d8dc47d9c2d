/**
 * Nothing that shrinks access is written outside of `revocations.commit`. Two things make it so: the types (whoever builds such a statement
 * gets an `Ending`, which an engine's `write` does not take), and the list below of every statement that takes rows away.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Store } from '../src/store/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Statements on what gives access: sessions, records of the provider, people and what they are in, keys. */
const taking =
  /(?:deleteFrom|updateTable)\(\s*['"](sessions|provider_payloads|users|identities|memberships|signing_keys)\b|\b(?:DELETE\s+FROM|UPDATE)\s+"?(sessions|provider_payloads|users|identities|memberships|signing_keys)\b/gi

/** Every one of them by the name of its function, and why it may stand there. */
const known: Readonly<Record<string, string>> = {
  'src/store/index.ts removeExpired': 'what has expired is believed by no cache: each entry has the same expiry',
  'src/store/sqlite/copies.ts endingOfEverything': 'a backup before it is a store: no server runs on it',
  'src/store/migrations.ts hangGrantsOnLogins': 'a migration: no server runs',
  'src/store/migrations.ts keepKeys': 'a migration: no server runs',
  'src/store/migrations.ts whatProvidersSay': 'a migration: no server runs',
  'src/store/payloads.ts consume': 'marks a code or a token as used: it gives no access any more by being used',
  'src/store/payloads.ts outliveLogin': 'gives',
  'src/store/payloads.ts remove': 'of records that give no access (PassingRecord), and of tokens in an ending',
  'src/store/payloads.ts removeBy': 'in endings',
  'src/store/payloads.ts updateSession': 'a session that is saved again',
  'src/store/payloads.ts sessionEnding': 'in an ending',
  'src/store/payloads.ts touch': 'changes nothing',
  'src/store/payloads.ts update': 'a record that is saved again',
  'src/store/sessions.ts allOfUser': 'Taking: for an ending',
  'src/store/sessions.ts freeBrowser': 'its browser gets another one in the same unit',
  'src/store/sessions.ts remove': 'in endings',
  'src/store/sessions.ts removeAtService': 'an ending',
  'src/store/sessions.ts replace': 'an ending',
  'src/store/sessions.ts signedIn': 'bookkeeping',
  'src/store/sessions.ts touch': 'changes nothing',
  'src/store/users.ts anotherAdmin': 'changes nothing',
  'src/store/users.ts change': 'by itself for columns that take nothing away (UserColumns), else in an ending',
  'src/store/users.ts drop': 'Taking: for an ending',
  'src/store/users.ts dropIdentity': 'Taking: for an ending',
  'src/store/users.ts leave': 'Taking: for an ending',
  'src/store/users.ts moveIdentity': 'Taking: for an ending',
  'src/store/users.ts receive': 'bookkeeping',
  'src/store/users.ts rekeyIdentity': 'the person keeps the identity, under another key',
}

/** The statements of a source that take something away, each by file and function. */
function statementsIn(file: string, source: string): string[] {
  return [...source.matchAll(taking)].map(({ index }) => {
    const before = source.slice(0, index).split('\n').reverse()
    const name = before
      .map((line) => /^\s*(?:async function |function |const (?!db\b))(\w+)|^ {4,6}(\w+): (?:async )?\(/.exec(line))
      .find((found) => found !== null)
    return `${file} ${name?.[1] ?? name?.[2] ?? 'at the top'}`
  })
}

describe('what takes access away', () => {
  it('is written by the statements that are known to tell every cache, and by no other', () => {
    const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))

    const found = files.flatMap((file) => statementsIn(file, readFileSync(join(root, file), 'utf8')))

    assert.deepEqual([...new Set(found)].sort(), Object.keys(known).sort())
  })

  it('is found wherever somebody writes it', () => {
    const sources: readonly [what: string, source: string][] = [
      ['a statement of the query builder', `const sweep = () => db.deleteFrom('sessions').compile()`],
      ['with an alias', `const sweep = () => db.deleteFrom('sessions as s').compile()`],
      ['a change of people', `const sweep = () => db.updateTable('users').set({ active: 0 }).compile()`],
      ['plain SQL', 'const sweep = sql`DELETE FROM memberships`'],
      ['plain SQL in small letters', 'const sweep = sql`delete from provider_payloads`'],
      ['over two lines', `const sweep = () => db.deleteFrom(\n  'provider_payloads',\n)`],
    ]

    for (const [what, source] of sources) {
      const [found] = statementsIn('src/store/traces.ts', source)
      assert.equal(found, 'src/store/traces.ts sweep', what)
      assert.ok(!(found in known), what)
    }
    assert.deepEqual(statementsIn('src/store/traces.ts', `db.deleteFrom('traces').compile()`), [])
  })

  it('is no part of a unit that tells nobody: the types say so', () => {
    // Never runs: `npm run check` compiles it, and fails when one of these lines is allowed.
    const _refused = ({ engine, sessions, payloads, users }: Store) => {
      // @ts-expect-error An ending is for `revocations.commit` alone.
      void engine.write([sessions.statements.remove('session', 1)])
      // @ts-expect-error The same for a grant.
      void engine.write([payloads.statements.removeGrant('grant', 1)])
      // @ts-expect-error What is taken goes with the change of the person that says so.
      void engine.write([users.statements.leave('u', 'local', ['admins'])])
      // @ts-expect-error Everything of a person as well.
      void engine.write(sessions.statements.allOfUser('u'))
      // @ts-expect-error A deactivation is no change that takes nothing.
      void engine.write([users.statements.change({ id: 'u', version: 1 }, { active: 0 }, 1)])
      // @ts-expect-error Nor is a new password.
      void engine.write([users.statements.change({ id: 'u', version: 1 }, { password_hash: 'x' }, 1)])
      // @ts-expect-error A token is no passing record.
      void payloads.remove('RefreshToken', 'token')
    }
    assert.equal(typeof _refused, 'function')
  })
})
