import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { fc, runs } from '../../test/support/properties.ts'
import { callbackUri, signedOutUri } from '../config/addresses.ts'
import { issuerOf } from '../config/issuer.ts'
import { loadConfig } from '../config/load.ts'
import { check } from './check.ts'
import { gatherAnswers } from './init/answers.ts'
import { configurationText } from './init/configuration.ts'
import { providerWords } from './init/providers.ts'
import { type InitRequest, init } from './init.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-init-'))
after(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
})

const output = join(folder, 'gatehouse.yaml')
const schemaText = readFileSync(new URL('../../schema/config.schema.json', import.meta.url), 'utf8')
// Editors read patterns with the flag `u`, as the standard wants; this reader does not.
const schema = z.fromJSONSchema(JSON.parse(schemaText.replaceAll('\\\\P{Cc}', '[^\\\\x00-\\\\x1f\\\\x7f-\\\\x9f]')))

/** What each provider needs where nobody can be asked. */
const needed: Readonly<Record<string, Partial<InitRequest>>> = {
  authentik: { host: 'https://auth.example.com/application/o/gatehouse/' },
  keycloak: { host: 'https://sso.example.com/realms/data' },
  entra: { tenant: '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31', emailDomain: ['example.com'] },
  okta: { host: 'acme.okta.com' },
  google: {},
  auth0: { host: 'acme.eu.auth0.com' },
  cognito: { host: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E' },
  adfs: { host: 'sts.example.com', emailDomain: ['example.com', 'acme.example'] },
  dex: { host: 'https://dex.example.com/dex' },
  gitlab: {},
  oidc: { host: 'https://login.example.com/application/o/platform/' },
  local: {},
}

const request = (options: Partial<InitRequest>): InitRequest => ({
  emailDomain: [],
  store: 'sqlite:./gatehouse.db',
  output,
  force: false,
  ...options,
})

interface Heard {
  status: number
  stdout: string
  stderr: string
  asked: string[]
}

/** `answers`: what a person at the terminal says, one after another; undefined: they leave. Without the list nobody is there. */
async function run(options: Partial<InitRequest>, answers?: (string | undefined)[]): Promise<Heard> {
  const heard: Heard = { status: -1, stdout: '', stderr: '', asked: [] }
  const left = [...(answers ?? [])]
  heard.status = await init(request(options), {
    stdout: (text) => {
      heard.stdout += text
    },
    stderr: (text) => {
      heard.stderr += text
    },
    converse: () =>
      answers && {
        ask: async (question) => {
          heard.asked.push(question)
          assert.ok(left.length > 0, `nobody expected the question ${question}`)
          return left.shift()
        },
        close: () => {},
      },
  })
  return heard
}

/** What `gatehouse check` says about a text. */
function checked(text: string): { status: number; said: string } {
  const file = join(folder, 'checked.yaml')
  writeFileSync(file, text)
  let said = ''
  // As after the step that sets the variable of the secret.
  const env = Object.fromEntries([...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => [name, 'x']))
  const status = check({ files: [file], json: false }, { env, stdout: () => {}, stderr: (line) => (said += line) })
  return { status, said }
}

/** The text with every example in its comments put to use. */
function withExamples(text: string): string {
  const used = text
    .replace(/^# ((?:teams|services|products|acknowledge):)$/gm, '$1')
    .replace(/^# ( {2}.*)$/gm, '$1')
    .replace(/^( +)# (\w+: .*)$/gm, '$1$2')
  // A comment after a value is none of them.
  assert.notEqual(used, text)
  return used
}

const written = () => readFileSync(output, 'utf8')

describe('gatehouse init', () => {
  for (const provider of providerWords) {
    it(`writes a configuration for ${provider} that check and the schema for editors find fine, examples included`, async () => {
      for (const issuer of ['http://localhost:8080', 'https://id.example.com', 'https://example.com:8443/auth/']) {
        for (const clientId of [undefined, '0oa1b2c3']) {
          const options = { provider, issuer, ...needed[provider], ...(clientId === undefined ? {} : { clientId }) }
          const text = configurationText(await gatherAnswers(request(options), undefined), { schemaFile: undefined })

          assert.deepEqual(checked(text), { status: 0, said: '' }, text)
          assert.deepEqual(checked(withExamples(text)), { status: 0, said: '' }, withExamples(text))
          assert.equal(schema.safeParse(parse(text)).error, undefined)
          assert.equal(schema.safeParse(parse(withExamples(text))).error, undefined)
        }
      }
      assert.notEqual(schema.safeParse({ isuer: 'https://id.example.com' }).error, undefined)
    })

    it(`keeps what it was told of ${provider}, and says what to register and to set`, async () => {
      const { status, stdout, stderr } = await run({ provider, issuer: 'https://id.example.com', ...needed[provider] })

      const { config } = loadConfig({ files: [{ name: output, text: written() }], baseDir: folder }, {})
      assert.equal(status, 0, stderr)
      assert.ok(config)
      assert.equal(config.issuer, 'https://id.example.com')
      assert.match(stdout, new RegExp(`check -f ${output}\n`))
      assert.match(stdout, new RegExp(`serve -c ${output}\n`))
      if (provider === 'local') {
        assert.deepEqual(config.login, [{ local: {} }])
        return
      }
      assert.equal(config.login[0]?.authenticationClass, provider)
      assert.ok(stdout.includes(callbackUri('https://id.example.com', provider)), stdout)
      assert.ok(stdout.includes(signedOutUri('https://id.example.com')), stdout)
      const variable = /export (\w+)=/.exec(stdout)?.[1]
      assert.equal(config.secrets[`gatehouse-at-${provider}`]?.clientSecret, `\${env:${variable}}`)
      const guide = /Step by step: (.*)/.exec(stdout)?.[1] ?? ''
      assert.match(readFileSync(guide, 'utf8'), /^# /)
    })
  }

  it('writes the issuer of the provider as it was given, by host, realm or whole address', async () => {
    const cases: [Partial<InitRequest>, string][] = [
      [{ provider: 'keycloak', host: 'sso.example.com', realm: 'data' }, 'https://sso.example.com/realms/data'],
      [
        { provider: 'keycloak', host: 'https://sso.example.com/auth/realms/data/' },
        'https://sso.example.com/auth/realms/data',
      ],
      [
        { provider: 'keycloak', host: 'https://sso.example.com/realms/data/.well-known/openid-configuration' },
        'https://sso.example.com/realms/data',
      ],
      [{ provider: 'Keycloak', host: 'http://localhost:8090/realms/data' }, 'http://localhost:8090/realms/data'],
      [
        { provider: 'keycloak', host: 'https://[2001:db8::1]:8443', realm: 'data' },
        'https://[2001:db8::1]:8443/realms/data',
      ],
      [{ provider: 'adfs', host: 'sts.example.com', emailDomain: ['Example.com'] }, 'https://sts.example.com/adfs'],
      [
        {
          provider: 'entra',
          tenant: needed['entra']?.tenant ?? '',
          host: 'login.microsoftonline.us',
          emailDomain: ['@example.com'],
        },
        'https://login.microsoftonline.us/3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31/v2.0',
      ],
      [{ provider: 'okta', host: 'acme.okta.com' }, 'https://acme.okta.com'],
      [{ provider: 'auth0', host: 'acme.eu.auth0.com' }, 'https://acme.eu.auth0.com/'],
    ]
    for (const [options, expected] of cases) {
      const text = configurationText(await gatherAnswers(request(options), undefined), { schemaFile: undefined })
      const { config } = loadConfig({ files: [{ name: 'x.yaml', text }], baseDir: '.' }, {})
      const [oidc] = Object.values(config?.authenticationClasses ?? {}).map((entry) => entry.oidc)

      assert.ok(oidc, text)
      assert.equal(issuerOf(oidc), expected)
    }
  })

  it('says what is missing, by its option, when nobody can be asked, and writes nothing', async () => {
    const cases: [Partial<InitRequest>, RegExp][] = [
      [{ provider: 'keycloak' }, /^--host is missing: the address of Keycloak, such as https/],
      [{ provider: 'keycloak', host: 'sso.example.com' }, /^--realm is missing: the name of the realm of Keycloak/],
      [{ provider: 'entra' }, /^--tenant is missing/],
      [
        { provider: 'entra', tenant: needed['entra']?.tenant ?? '' },
        /^--email-domain is missing.*whether it has verified/,
      ],
      [{ provider: 'adfs', host: 'sts.example.com' }, /^--email-domain is missing/],
      [{ provider: 'keycloack', host: 'x' }, /^"keycloack" is no provider: choose one of keycloak, /],
      [{ issuer: 'http://id.example.com' }, /is http, and id\.example\.com is not this machine/],
      [{ issuer: 'ftp://id.example.com' }, /is no address/],
      [{ issuer: 'https://id.example.com?x' }, /is no address/],
      [{ issuer: 'https://me:secret@id.example.com' }, /is no address/],
      [{ provider: 'okta', host: 'a b' }, /is no address/],
      [{ provider: 'okta', host: 'http://acme.okta.com' }, /is not this machine/],
      [{ provider: 'okta', host: 'https://a_b.example.com' }, /no usable host name/],
      [{ provider: 'keycloak', host: 'sso.example.com', realm: 'a/b' }, /is not the name of the realm/],
      [{ provider: 'entra', tenant: 'common', emailDomain: ['example.com'] }, /is not the id of the tenant/],
      [{ provider: 'google', emailDomain: ['example'] }, /is no domain/],
      [{ provider: 'google', clientId: 'a\nb' }, /control characters/],
      [{ store: 'mysql://x' }, /nothing was written:\n.*store: must be sqlite:PATH or/],
      [{ output: '' }, /^-o needs a file/],
    ]
    for (const [options, said] of cases) {
      const { status, stdout, stderr } = await run(options)

      assert.equal(status, 2, JSON.stringify(options))
      assert.match(stderr, said)
      assert.equal(stdout, '')
      assert.deepEqual(readdirSync(folder), [])
    }
  })

  it('asks a person only for what no option says, and again after an answer that cannot be', async () => {
    const all = await run({}, ['keycloak', 'https://id.example.com', 'ftp://x', 'sso.example.com', 'data', ''])

    assert.equal(all.status, 0, all.stderr)
    assert.deepEqual(
      all.asked.map((question) =>
        question
          .split('\n')
          .at(-1)
          ?.replace(/[,( [].*/, ''),
      ),
      ['Identity', 'Address', 'Address', 'Address', 'Name', 'Client'],
    )
    assert.match(all.asked[3] ?? '', /^"ftp:\/\/x" is no address/)
    assert.match(written(), /rootPath: \/realms\/data\n/)

    rmSync(output)
    const none = await run({ provider: 'local', issuer: 'http://localhost:3000' }, [])
    assert.equal(none.status, 0)
    assert.match(written(), /listen: \{ port: 3000 \}/)
  })

  it('takes an empty answer for what stands in brackets', async () => {
    const { status, asked } = await run({}, ['', ''])

    assert.equal(status, 0)
    assert.deepEqual(
      asked.map((question) => /\[(.*)\]/.exec(question)?.[1]),
      ['local', 'http://localhost:8080'],
    )
    assert.match(written(), /^issuer: http:\/\/localhost:8080$/m)
  })

  it('leaves no file behind when the person leaves, at whichever question', async () => {
    for (const answers of [[undefined], ['keycloak', undefined], ['keycloak', '', 'sso.example.com', undefined]]) {
      const { status, stderr } = await run({}, answers)

      assert.equal(status, 2)
      assert.match(stderr, /Nothing was written/)
      assert.deepEqual(readdirSync(folder), [])
    }
  })

  it('never replaces a file, unless told, and then keeps the link that it is behind', async () => {
    const real = join(folder, 'real.yaml')
    writeFileSync(real, 'mine\n')
    symlinkSync(real, output)

    const refused = await run({ provider: 'local' }, [])
    const mine = readFileSync(real, 'utf8')
    const forced = await run({ provider: 'local', force: true })

    assert.equal(refused.status, 2)
    assert.match(refused.stderr, /already exists and is not replaced.*--force/)
    assert.equal(mine, 'mine\n')
    assert.equal(forced.status, 0)
    assert.match(readFileSync(real, 'utf8'), /^issuer:/m)
    assert.deepEqual(readdirSync(folder).sort(), ['gatehouse.schema.json', 'gatehouse.yaml', 'real.yaml'])
  })

  it('says why it cannot write, and where', async () => {
    const { status, stderr, stdout } = await run({ output: join(folder, 'nowhere/gatehouse.yaml') })

    assert.equal(status, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /^render-target-unwritable: .*\n.*nowhere\/gatehouse\.yaml.*ENOENT/)
  })

  it('puts the schema beside the file, with a reference that editors follow without a network', async () => {
    await run({ provider: 'local' })

    const reference = /^# yaml-language-server: \$schema=(.*)$/m.exec(written())?.[1] ?? ''
    assert.deepEqual(JSON.parse(readFileSync(join(folder, reference), 'utf8')), JSON.parse(schemaText))
  })

  it('leaves a schema alone that is not its own', async () => {
    writeFileSync(join(folder, 'gatehouse.schema.json'), '{ "description": "mine" }')

    const { status, stdout } = await run({ provider: 'local' })

    assert.equal(status, 0)
    assert.match(stdout, /is somebody else's/)
    assert.equal(readFileSync(join(folder, 'gatehouse.schema.json'), 'utf8'), '{ "description": "mine" }')
  })

  it('is what commands name that find no configuration', () => {
    const said = (file: string) => {
      let text = ''
      check(
        { files: [join(folder, file)], json: false },
        { env: {}, stdout: () => {}, stderr: (line) => (text += line) },
      )
      return text
    }

    assert.match(said('gatehouse.yaml'), /cannot be read: there is no such file; `gatehouse init` writes one\n/)
    assert.match(said('manifests.yaml'), /cannot be read: there is no such file\n/)
  })

  it('prints the file alone with -o -', async () => {
    const { stdout, stderr } = await run({ provider: 'local', output: '-' })

    assert.deepEqual(checked(stdout), { status: 0, said: '' })
    assert.match(stderr, /Next:/)
    assert.deepEqual(readdirSync(folder), ['checked.yaml'])
  })

  it('writes whatever a client is called as that text, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (clientId) => {
        const options = request({ provider: 'okta', host: 'acme.okta.com', clientId })
        const answers = await gatherAnswers(options, undefined).catch(() => undefined)
        if (!answers) return
        const text = configurationText(answers, { schemaFile: undefined })
        const { config } = loadConfig({ files: [{ name: 'x.yaml', text }], baseDir: '.' }, {})
        assert.equal(config?.secrets['gatehouse-at-okta']?.clientId, clientId === '' ? 'gatehouse' : clientId)
      }),
      { numRuns: runs(20) },
    )
  })
})
