import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callbackParameters } from './callback-parameters.ts'

const issuer = 'https://sso.example.test'
const read = (query: string, namesIssuer = true) =>
  callbackParameters(new URL(`https://id.example.test/callback/company?${query}`), { issuer, namesIssuer })
const iss = `iss=${encodeURIComponent(issuer)}`

for (const [query, namesIssuer, passed] of [
  [`code=c&state=s&${iss}`, true, 'state=s&code=c&iss=https%3A%2F%2Fsso.example.test'],
  ['code=c&state=s', false, 'state=s&code=c'],
  [`code=c&state=s&${iss}&session_state=x&id_token=a.b.c&response=a.b.c&__proto__=x`, true, `state=s&code=c&${iss}`],
  [`error=access_denied&state=s&${iss}`, true, `state=s&error=access_denied&${iss}`],
] as const) {
  test(`of ${query} the parameters of an answer are passed on, and no others`, () => {
    assert.equal(String(read(query, namesIssuer)), passed)
  })
}

for (const [what, query] of [
  ['names another issuer', 'code=c&state=s&iss=https%3A%2F%2Fevil.test'],
  ['names the issuer with a slash', `code=c&state=s&${iss}%2F`],
  ['names no issuer', 'code=c&state=s'],
  ['names two issuers', `code=c&state=s&${iss}&iss=x`],
  ['has two codes', `code=c&code=d&state=s&${iss}`],
  ['has two states', `code=c&state=s&state=t&${iss}`],
  ['has no code', `state=s&${iss}`],
  ['has an empty code', `code=&state=s&${iss}`],
  ['has a code without end', `code=${'c'.repeat(5000)}&state=s&${iss}`],
] as const) {
  test(`an answer that ${what} is refused as one to no sign-in, not as a failure [mixup-iss]`, () => {
    assert.throws(() => read(query), { code: 'callback-mismatch', status: 400 })
  })
}
