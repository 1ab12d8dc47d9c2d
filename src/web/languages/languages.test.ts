import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLogin } from '../../../test/support/login-testbed.ts'
import { errorRows } from '../../errors.ts'
import { languageFor, languages } from './index.ts'

type Catalogue = { readonly [key: string]: string | Catalogue }

/** The texts by their keys, `choose.signIn`. */
function textsIn(catalogue: Catalogue, path: readonly string[] = []): [string, string][] {
  return Object.entries(catalogue).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[[...path, key].join('.'), value] as [string, string]]
      : textsIn(value, [...path, key]),
  )
}

function placesIn(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g))].sort()
}

const english = new Map(textsIn(languageFor({}).texts as unknown as Catalogue))

for (const { tag, texts } of languages) {
  test(`${tag} fills in the same words as English, and has no text that is empty`, () => {
    for (const [key, text] of textsIn(texts as unknown as Catalogue)) {
      assert.notEqual(text.trim(), '', key)
      assert.deepEqual(placesIn(text), placesIn(english.get(key) ?? ''), key)
    }
  })

  if (tag === 'en') continue
  test(`${tag} is a translation: hardly a text is the English one`, () => {
    const same = textsIn(texts as unknown as Catalogue).filter(([key, text]) => english.get(key) === text)

    assert.ok(same.length < 8, same.map(([key]) => key).join(' '))
  })

  test(`${tag} names no protocol to people`, () => {
    for (const [key, text] of textsIn(texts as unknown as Catalogue)) {
      assert.doesNotMatch(text, /redirect_uri|id_token|OIDC|OpenID|JWT|!/i, key)
    }
  })
}

for (const [what, asked, tag] of [
  ['the browser says nothing', {}, 'en'],
  ['the browser asks for one that we do not have', { accepted: 'nl, pt-BR;q=0.8' }, 'en'],
  ['a dialect', { accepted: 'de-AT' }, 'de'],
  ['by weight and not by order', { accepted: 'fr;q=0.3, ja;q=0.9, *;q=0.1' }, 'ja'],
  ['a language that is refused', { accepted: 'fr;q=0, es;q=0.5' }, 'es'],
  ['English before others', { accepted: 'en-GB,en;q=0.9,de;q=0.8' }, 'en'],
  ['what the product asks for comes before the browser', { uiLocales: 'pt fr-CA', accepted: 'de' }, 'fr'],
  ['the own choice comes first', { chosen: 'es', uiLocales: 'fr', accepted: 'de' }, 'es'],
  ['a choice that is no language', { chosen: '../x', accepted: 'de' }, 'de'],
  ['nonsense', { accepted: ';;q=x,,=,de;q=high', uiLocales: '  ' }, 'en'],
  ['a header without an end', { accepted: `${'xx,'.repeat(10_000)}de` }, 'en'],
] as const) {
  test(`pages are in ${tag}: ${what}`, () => {
    assert.equal(languageFor(asked).tag, tag)
  })
}

test('a page says its language, and another one is a link that needs no script', async () => {
  const login = await startLogin({ login: [{ local: {} }], connectors: [] })
  try {
    const german = await login.ask('/login', { headers: { 'accept-language': 'de' } })
    const body = await german.text()
    const href = /href="([^"]+)" hreflang="fr"/.exec(body)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const switched = await login.ask(href)
    const cookie = switched.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const french = await login.ask('/login', { cookie, headers: { 'accept-language': 'de' } })

    assert.equal(german.headers.get('content-language'), 'de')
    assert.match(body, /<html lang="de" dir="ltr">/)
    assert.match(body, /Benutzername oder E-Mail-Adresse/)
    assert.equal(switched.status, 303)
    assert.equal(switched.headers.get('location'), 'http://localhost:9/login')
    assert.match(await french.text(), /Mot de passe/)
  } finally {
    await login.close()
  }
})

test('a link to another language never leads to another site [open-redirect]', async () => {
  const login = await startLogin({ login: [{ local: {} }], connectors: [] })
  try {
    for (const path of [
      '//evil.test/?language=de',
      '/%2f%2fevil.test?language=de',
      '/login?language=de&x=//evil.test',
    ]) {
      const answer = await login.ask(path)
      assert.equal(new URL(answer.headers.get('location') ?? 'http://evil.test').host, 'localhost:9', path)
    }
    assert.equal((await login.ask('/login?language=xx')).status, 200)
  } finally {
    await login.close()
  }
})

test('every code of an error has a sentence where people read it', () => {
  for (const { tag, texts } of languages) {
    const missing = Object.keys(errorRows).filter((code) => !Object.hasOwn(texts.errors, code))
    assert.deepEqual(
      missing.filter(
        (code) =>
          /^(provider|sign-in|login|client|upstream)-/.test(code) && !/^client-(secret-elsewhere|without)/.test(code),
      ),
      [],
      tag,
    )
  }
})
