import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadConfig } from './load.ts'

/** Everything that is said of a text: the place, the message, and the line with its caret. */
function said(text: string): string[] {
  const { problems, excerpt } = loadConfig({ files: [{ name: 'g.yaml', text }], baseDir: '/' }, {})
  return problems.map(
    (problem) => `${problem.line}:${problem.column} ${problem.path} ${problem.message}\n${excerpt(problem) ?? ''}`,
  )
}

const slips: readonly (readonly [what: string, text: string, place: string, says: RegExp])[] = [
  ['a tab', 'listen:\n\tport: 8080\n\thost: localhost\nissuer: x\n', '2:1', /a tab cannot indent: use blanks/],
  ['a setting that is indented too far', 'listen:\n  port: 8080\n   host: 127.0.0.1\n', '3:4', /indented wrongly/],
  ['a setting that is indented too little', 'listen:\n    port: 8080\n  host: localhost\n', '3:3', /indented wrongly/],
  ['a block under a value', 'issuer: x\n  listen: { port: 1 }\n', '2:3', /indented wrongly/],
  ['an item that is indented otherwise', 'login:\n- local: {}\n  - local: {}\n', '3:3', /indented wrongly/],
  ['a colon in a value', 'issuer: https://x: y\nlisten: {}\n', '1:9', /put a text with a colon in quotes/],
  ['a line without a colon', 'issuer https://x\nlisten: {}\n', '1:1', /has no key: write `key: value`/],
  ['no blank behind a colon', 'issuer:https://x\nlisten: {}\n', '1:1', /a blank behind the colon/],
  ['a quote that stays open', 'issuer: "https://x\nlisten: { port: 1 }\n', '1:9', /this quote is never closed/],
  ['a brace that stays open', 'listen: { port: 1\nissuer: x\nstore: y\n', '1:9', /this bracket is never closed/],
  ['a bracket that stays open', 'login: [{ local: {} }\nissuer: x\n', '1:8', /this bracket is never closed/],
  ['a brace too many', 'listen: { port: 1 }}\nissuer: x\n', '1:20', /this bracket closes nothing/],
  [
    'a reference without quotes in braces',
    'secrets: { a: { clientId: x, clientSecret: ${env:X} } }\n',
    '1:44',
    /put it in quotes, "\$\{env:NAME\}"/,
  ],
  ['a reference without quotes in brackets', 'login: [ ${env:X}, b ]\n', '1:10', /put it in quotes, "\$\{env:NAME\}"/],
  ['a reference that ends a list', 'login: [a, ${file:/run/x}]\n', '1:12', /put it in quotes, "\$\{env:NAME\}"/],
  ['an alias of nothing', 'issuer: x\nstore: *y\n', '2:8', /an alias has no anchor before it/],
  ['a sign that begins no text', 'issuer: @x\n', '1:9', /put it in quotes/],
  [
    'a key that is there twice',
    'issuer: x\nlisten: { port: 1 }\nissuer: y\n',
    '3:1',
    /"issuer" is set twice.*first in line 1/,
  ],
  [
    'a product that is there twice',
    'products:\n  lake: {}\n  lake: {}\n',
    '3:3',
    /"lake" is set twice.*first in line 2/,
  ],
]

describe('a slip in YAML', () => {
  for (const [what, text, place, says] of slips) {
    it(`${what} is said once, where it was made, with the line and a caret`, () => {
      const [first = '', ...others] = said(text)

      assert.deepEqual(others, [])
      assert.ok(first.startsWith(`${place} `), first)
      assert.match(first, says)
      const [line = '', caret = ''] = first.split('\n').slice(1)
      assert.match(line, /^ {2}\d+ \| /)
      assert.equal(caret.indexOf('^') - line.indexOf('|') - 2, Number(place.split(':')[1]) - 1, first)
    })
  }

  it('shows of its line what the schema knows, and neither values nor other words', () => {
    assert.match(said('listen:\n  port: 8080\n   host: 127.0.0.1\n')[0] ?? '', / {2}3 \| {4}host: 127\.0\.0\.1\n/)
    const [secret = ''] = said('secrets:\n  a: { clientId: us, clientSecret: hunter2 17 }}\n')
    assert.match(secret, / {2}2 \| {3}•: \{ clientId: ••, clientSecret: ••••••• •• \}\}\n/)
  })
})

describe('a reference in the syntax of another tool', () => {
  const server = 'issuer: https://id.example.com\n'
  for (const [written, meant] of [
    ['${KEYCLOAK_SECRET}', '${env:KEYCLOAK_SECRET}'],
    ['$KEYCLOAK_SECRET', '${env:KEYCLOAK_SECRET}'],
    ['$(KEYCLOAK_SECRET)', '${env:KEYCLOAK_SECRET}'],
    ['${env.KEYCLOAK_SECRET}', '${env:KEYCLOAK_SECRET}'],
    ['${KEYCLOAK_SECRET:-x}', '${env:KEYCLOAK_SECRET}'],
    ['{{ .Values.secret }}', '${env:NAME}'],
  ] as const) {
    it(`is an error and not the secret itself: ${written}`, () => {
      const places = [
        `secrets: { a: { clientId: us, clientSecret: "${written}" } }\n`,
        `secrets: { a: { users: { eve: "${written}" } } }\n`,
        `encryptionKey: "${written}"\n`,
      ]
      for (const text of places) {
        const [problem = '', ...others] = said(server + text).filter((line) => line.includes('did you mean'))
        assert.ok(problem.includes(`did you mean ${meant}?`), `${text} ${problem}`)
        assert.deepEqual(others, [])
      }
    })
  }

  it('is an error in an address of a store too, and what begins with a dollar sign may be a secret', () => {
    assert.match(
      said(`${server}store: "postgres://u:\${PASSWORD}@db/g"\nencryptionKey: "\${env:K}"\n`).join(),
      /did you mean \$\{env:PASSWORD\}/,
    )
    const fine = said(
      `${server}secrets: { a: { clientId: us, clientSecret: "$ecret$1" }, b: { clientId: us, clientSecret: "\${env:X}" } }\n`,
    )
    assert.deepEqual(
      fine.filter((line) => line.includes('did you mean')),
      [],
    )
  })
})

describe('a value of the wrong shape', () => {
  for (const [text, says] of [
    ['listen: { port: "31080" }', /must be a number, but it is "31080": write it without quotes/],
    [
      'services: { s: { url: "https://s.example.com", title: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa } }',
      /must have at most 60 characters/,
    ],
    ['issuer: https://id.example.com/', /must have no slash at the end: write https:\/\/id\.example\.com\n/],
    ['issuer: https://id.example.com/?x=1', /must have no query and no fragment/],
    [
      'authenticationClasses: { a: { oidc: { hostname: h, principalClaim: sub, rootPath: /realms/x/.well-known/openid-configuration } } }',
      /rootPath is the address of a document, not the path of an issuer: write \/realms\/x /,
    ],
    ['encryptionKey: abc', /encryptionKey must be 32 bytes in base64, or a reference/],
    ['', /is empty: it configures nothing/],
    ['# only a comment\n', /is empty: it configures nothing/],
    ['---\n', /is empty: it configures nothing/],
    ['{}\n', /is empty: it configures nothing/],
    ['null\n---\n~\n', /is empty: it configures nothing/],
  ] as const) {
    it(`is said with what should be there: ${text.slice(0, 40)}`, () => {
      assert.match(said(text).join(''), says)
    })
  }
})
