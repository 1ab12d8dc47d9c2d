/** Rules about what is written in the source and in the goldens, so that nobody has to remember them. */
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { check } from '../src/cli/check.ts'
import { readSources } from '../src/config/read.ts'
import { Config } from '../src/config/schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const text = (file: string) => readFileSync(join(root, file), 'utf8')

/** Comparisons by `===` of something that is named like a secret; with a constant, or whether there is one, is no comparison of secrets. */
const comparison =
  /\b[\w.?]*(?:secret|password|passwordHash|tokenHash|verifier|credential)\b(?:\(\))? (?:===|!==) (?!undefined|null|true|false|''|'|"|`|\d)/i

it('compares no secret byte by byte: hashes are looked up, or compared in constant time [secret-compare-timing]', () => {
  const found = globSync('src/{gate,login,provider,server,directory,sessions,store,connectors,web}/**/*.ts', {
    cwd: root,
  })
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      text(file)
        .split('\n')
        // `at_hash` binds two parts of one answer: nobody guesses at it.
        .filter((line) => comparison.test(line.replaceAll('accessTokenHash', 'at_hash')))
        .map((line) => `${file}: ${line.trim()}`),
    )

  assert.deepEqual(found, [])
  assert.match('if (client.clientSecret === given)', comparison)
  assert.match('return secret !== body.secret', comparison)
})

it('imports no bundled package on demand: one that is CommonJS has no names in the bundle', () => {
  // The file that uses the package is imported on demand in its place. The one package that stays outside of the bundle may be.
  const found = globSync('src/**/*.ts', { cwd: root }).flatMap((file) =>
    [...text(file).matchAll(/import\('(?![./]|node:)([^']+)'\)/g)].map(([, name]) => `${file}: ${name}`),
  )

  assert.deepEqual(found, ['src/directory/passwords.ts: @node-rs/argon2'])
})

it('refuses a setting that nobody reads, wherever it stands [config-option-ignored]', () => {
  const open: string[] = []
  const visit = (schema: unknown, path: string): void => {
    const node = schema as {
      type?: unknown
      properties?: Record<string, unknown>
      additionalProperties?: unknown
      items?: unknown
      anyOf?: unknown[]
    }
    if (node.properties && node.additionalProperties !== false) open.push(path)
    for (const [key, inner] of Object.entries(node.properties ?? {})) visit(inner, `${path}.${key}`)
    if (typeof node.additionalProperties === 'object') visit(node.additionalProperties, `${path}.*`)
    if (node.items) visit(node.items, `${path}[]`)
    for (const inner of node.anyOf ?? []) visit(inner, path)
  }
  visit(z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' }), '')

  // A key of a client is a JSON Web Key, which may have members that nobody knows (RFC 7517 section 4).
  assert.deepEqual(open, ['.products.*.authentication[].oidc.jwks.keys[]'])
  assert.equal(Config.safeParse({ issuer: 'https://id.example.com', listen: { onlyFrom: [] } }).success, false)
})

const goldens = globSync('test/golden/*/*/*', { cwd: root }).filter((file) => /\.(?!md$|stderr$)\w+$/.test(file))

it('writes no file that switches a check off, unless the configuration says so [render-unsafe-product-flag]', () => {
  const unsafe =
    /verify(?:_ssl)?\s*[=:]\s*False|insecure_?skip_?(?:tls_?)?verify["']?\s*[=:]\s*["']?true|ssl_insecure_skip_verify\s*=\s*true|tls_skip_verify_insecure\s*=\s*true|check_?hostname\s*[=:]\s*False|NODE_TLS_REJECT_UNAUTHORIZED/i
  const found = goldens
    .filter((file) => !file.endsWith('/gatehouse.yaml'))
    .filter((file) => unsafe.test(text(file)))
    .filter((file) => !/none: \{\}/.test(text(`${file.split('/').slice(0, 4).join('/')}/gatehouse.yaml`)))

  assert.ok(goldens.length > 500)
  assert.deepEqual(found, [])
})

it('writes no secret of its own into a file: keys of products come from the environment [render-default-secret]', () => {
  const key =
    /(?:secret_?key|jwt_?secret|cookie_?(?:secret|passphrase)|shared-secret|fernet_?key|internal_?secret)["']?\s*[=:]\s*["']?([^\s"']+)/gi
  const isReference = /^(?:\$|os\.environ|os\.getenv|env|getenv|require|<|\{|#|\||>|cookie)/
  const written = goldens
    .filter((file) => !file.endsWith('/gatehouse.yaml'))
    .flatMap((file) => [...text(file).matchAll(key)].map(([, value = '']) => ({ file, value })))
    .filter(
      ({ value }) => !isReference.test(value) && /[0-9].*[A-Za-z]|[A-Za-z].*[0-9]/.test(value) && value.length >= 16,
    )

  assert.deepEqual(written, [])
})

it('reads no file that no configuration is, and no nesting without end [render-input-yaml-bomb]', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-large-'))
  try {
    const said: string[] = []
    const surroundings = {
      env: {},
      stdout: (part: string) => said.push(part),
      stderr: (part: string) => said.push(part),
    }
    writeFileSync(join(folder, 'large.yaml'), Buffer.alloc(33 * 2 ** 20, '# \n'))
    writeFileSync(join(folder, 'deep.yaml'), `issuer: ${'['.repeat(100_000)}`)
    writeFileSync(
      join(folder, 'proto.yaml'),
      '__proto__: { issuer: "https://evil.example.com" }\nissuer: https://id.example.com\n',
    )

    for (const name of ['large', 'deep', 'proto'])
      assert.equal(check({ files: [join(folder, `${name}.yaml`)], json: false }, surroundings), 2, name)
    assert.match(said.join(''), /larger than 32 MB/)
    assert.ok(said.join('').length < 10_000)
    assert.equal(readSources([join(folder, 'proto.yaml')]).files.length, 1)
    assert.equal(Object.hasOwn(Object.prototype, 'issuer'), false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('takes no name of a product that leads out of the folder [render-path-escape]', () => {
  for (const name of ['../../etc/x', '/etc/x', 'a/b', '..', 'a\0b', 'A', 'a_b', '-a', '']) {
    const product = {
      product: 'oidc',
      url: 'https://a.example.com',
      authentication: [{ authenticationClass: 'gatehouse' }],
    }
    assert.equal(Config.safeParse({ products: { [name]: product } }).success, false, name)
  }
})
