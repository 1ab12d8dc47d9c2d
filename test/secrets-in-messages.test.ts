/** Nothing that a command says repeats a secret, whatever is wrong with it: the shape, the syntax, the place. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type * as z from 'zod'
import { check } from '../src/cli/check.ts'
import { loadConfig } from '../src/config/load.ts'
import { Config } from '../src/config/schema.ts'
import { isSecretAt, keysOf, schemaAt, typeOf } from '../src/config/schema-walk.ts'
import { runCli } from './support/gatehouse.ts'
import { fc, runs } from './support/properties.ts'

const canary = 'CANARY-real-secret'
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-canary-'))
after(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

/** Everything that `check` says, for people and for programs. */
function saidOf(text: string, env: Record<string, string> = {}): string {
  const path = file('gatehouse.yaml', text)
  const said: string[] = []
  const surroundings = { env, stdout: (part: string) => said.push(part), stderr: (part: string) => said.push(part) }
  for (const json of [false, true]) check({ files: [path], json }, surroundings)
  return said.join('')
}

type Path = readonly string[]

/** Every setting that the schema marks as secret; names that people choose are `x`, items of lists 0. */
function secretPaths(schema: z.ZodType, path: Path = []): Path[] {
  if (isSecretAt(Config, path, { marked: true }) && typeOf(schema) === 'string') return [path]
  const keys = typeOf(schema) === 'object' ? keysOf(schema) : []
  const names = typeOf(schema) === 'record' ? ['x'] : typeOf(schema) === 'array' ? ['0'] : keys
  return names.flatMap((key) => {
    const inner = schemaAt(schema, key)
    return inner === undefined ? [] : secretPaths(inner, [...path, key])
  })
}

/** Puts a value at a path of a configuration that is right otherwise. */
function written(path: Path, value: unknown): Record<string, unknown> {
  const put = ([key = '', ...rest]: Path): unknown =>
    key === '' ? value : key === '0' ? [put(rest)] : { [key]: put(rest) }
  return { issuer: 'http://localhost:8080', ...(put(path) as Record<string, unknown>) }
}

/** What somebody could write in the place of a secret, and the secret is in it. */
const wrong: readonly unknown[] = [
  `${canary}\n`,
  `${canary}\t`,
  `${canary}\u0000`,
  [canary],
  [[canary]],
  { value: canary },
  { [canary]: null },
  { [canary]: [canary] },
  { secret: { deep: [canary] } },
  `http://user:${canary}@proxy.example.com:3128`,
  `//user:${canary}@proxy`,
  `https://proxy.example.com/?key=${canary}`,
  `postgres://gatehouse:${canary}@db.example.com`,
  `postgres://gatehouse@db.example.com/d?sslmode=${canary}`,
  `postgres://gatehouse@db.example.com/d?${canary}=1`,
  `\${env:${canary}`,
  `clientSecret:${canary}`,
]

const paths = secretPaths(Config)

describe('a value that the schema refuses', () => {
  it('is known to be secret by its type: all that are today, and any that is added', () => {
    const known = paths.map((path) => path.join('.'))

    for (const path of ['encryptionKey', 'store', 'network.proxy', 'secrets.x.clientSecret', 'secrets.x.users.x'])
      assert.ok(known.includes(path), path)
  })

  for (const path of paths) {
    it(`is not shown at ${path.join('.')} nor above it [canary-everywhere]`, () => {
      for (let length = 1; length <= path.length; length++) {
        for (const value of wrong) {
          const text = JSON.stringify(written(path.slice(0, length), value))
          const said = saidOf(text)
          assert.ok(!said.includes(canary), `${text}\n${said}`)
        }
      }
    })
  }

  it('is not shown when it came from the environment, whatever setting it is', () => {
    const base =
      'issuer: http://localhost:8080\nproducts: { a: { product: trino, url: "https://a.example.com", authentication: [{ authenticationClass: gatehouse }] } }\n'
    const variables = {
      GATEHOUSE__SECRETS__C__CLIENT_SECRET: `${canary}\n`,
      GATEHOUSE__ENCRYPTION_KEY: `${canary}\n`,
      GATEHOUSE__NETWORK__PROXY: `http://u:${canary}@proxy:3128`,
      GATEHOUSE__NETWORK__CA: `${canary}\n`,
      GATEHOUSE__ISSUER: canary,
      GATEHOUSE__LISTEN__PORT: canary,
      GATEHOUSE__LISTEN: `!${canary} x`,
      GATEHOUSE__TEAMS: `{ ? { ${canary}: 1 } : 2 }`,
      GATEHOUSE__STORE: `mysql://${canary}`,
      GATEHOUSE__PRODUCTS__A__PRODUCT: canary,
      GATEHOUSE__PRODUCTS__A__AUTHENTICATION: `[{ authenticationClass: ${canary} }]`,
    }

    for (const [name, value] of Object.entries(variables)) {
      const said = saidOf(base, { [name]: value })
      assert.match(said, name === 'GATEHOUSE__NETWORK__CA' ? /network\.ca/ : /"severity":"error"/, name)
      assert.ok(!said.includes(canary), said)
    }
  })

  it('is shown where it is no secret: the messages still help', () => {
    const said = saidOf('issuer: nonsense\nlisten: { port: 80800 }\nproducts: { a: { product: trinno } }\n')

    assert.match(said, /issuer: must be an http or https URL, but it is "nonsense"/)
    assert.match(said, /must be 1 to 65535, but it is 80800/)
    assert.match(said, /but it is "trinno" \(did you mean "trino"\?\)/)
  })

  it('is not shown as the name of a secret, as a part of an address, or as a list in the place of a text', () => {
    const texts = [
      `login: [{ authenticationClass: a, oidc: { clientCredentialsSecret: ${canary} } }]`,
      `issuer: https://id.example.com/?token=${canary}`,
      `issuer: https://user:${canary}@id.example.com`,
      `issuer: { clientSecret: ${canary} }`,
      `issuer: [${canary}]`,
      `products: { a: { product: oidc, clientSecret: ${canary} } }`,
      `products: { a: { product: oidc, redirectUris: ["https://u:${canary}@a.example.com/cb"] } }`,
      `services: { a: { url: "https://a.example.com", upstream: "http://u:${canary}@127.0.0.1" } }`,
      `services: { a: { url: "https://a.example.com", rules: [{ path: /, allow: { team: ${canary} } }] } }`,
      `"password=${canary}": 1`,
      `"https://user:${canary}@id.example.com": 1`,
    ]

    for (const text of texts) assert.ok(!saidOf(text).includes(canary), `${text}\n${saidOf(text)}`)
  })
})

describe('a text that is not YAML', () => {
  const texts = [
    `encryptionKey: *${canary}`,
    `encryptionKey: &${canary} !${canary} x: y`,
    `encryptionKey: [!${canary} x]`,
    `encryptionKey: @${canary}`,
    `encryptionKey: %${canary}`,
    `encryptionKey: "${canary}`,
    `encryptionKey: "${canary}" ${canary}`,
    `encryptionKey: '${canary}' "${canary}"`,
    `encryptionKey: "\\${canary}"`,
    `%${canary}\nencryptionKey: x`,
    `encryptionKey: a: ${canary}`,
    `encryptionKey: [${canary}`,
    `encryptionKey: {${canary}`,
    `encryptionKey: }${canary}`,
    `encryptionKey: |${canary}\n x`,
    `? { ${canary}: 1 }\n: 2`,
    `{{ ${canary} }}: 1`,
    `encryptionKey: x\nencryptionKey: ${canary}`,
    `secrets: { c: { ${canary}: 1, ${canary}: 2 } }`,
    `"${canary}`,
    `${canary}`,
    `- ${canary}`,
    `\t${canary}: 1`,
    `a: ${canary}\n  b: ${canary}`,
    `a: >9${canary}\n b`,
    `a: &x [*x, ${canary}]`,
    `--- ${canary}\n...\n${canary}`,
  ]

  it('is refused with its place, and without a word of it', () => {
    for (const text of texts) {
      const said = saidOf(text)
      assert.match(said, /gatehouse\.yaml:\d+:\d+ /, text)
      assert.ok(!said.includes(canary), `${text}\n${said}`)
    }
  })

  it('is refused without a word of it wherever a secret is cut, doubled or mixed with signs', () => {
    const signs = fc.constantFrom(
      '"',
      "'",
      '*',
      '&',
      '!',
      '%',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '#',
      '|',
      '>',
      '-',
      '?',
      '\n',
      ' ',
      canary,
    )
    const mess = fc.array(signs, { maxLength: 8 }).map((parts) => parts.join(''))

    fc.assert(
      fc.property(mess, mess, (before, behind) => {
        const { problems } = loadConfig(
          { files: [{ name: 'x', text: `encryptionKey: ${before}${canary}${behind}\n` }], baseDir: folder },
          {},
        )
        return !JSON.stringify(problems).includes(canary)
      }),
      { numRuns: runs(2000) },
    )
  })

  it('says nothing beside our own messages: the library warns nobody [canary-everywhere]', async () => {
    const env = { ...process.env, GATEHOUSE__LISTEN: `!${canary} x`, GATEHOUSE__TEAMS: `{ ? { ${canary}: 1 } : 2 }` }
    const texts = [`{{ ${canary} }}: 1`, `encryptionKey: !${canary} x`, 'issuer: http://localhost:8080']

    for (const text of texts) {
      const { stdout, stderr } = await runCli(['check', '-f', file('warned.yaml', text)], { env })
      assert.ok(!(stdout + stderr).includes(canary), stdout + stderr)
    }
  })
})
