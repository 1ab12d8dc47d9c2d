/** What is rendered from every imported configuration of oauth2-proxy is taken by oauth2-proxy itself (`--config-test`). */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { importCases } from '../support/import-cases.ts'
import { checkOAuth2ProxyFiles } from './support/oauth2-proxy.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { tempFolder } from './support/temp.ts'

const cases = importCases('oauth2-proxy')
  .map(({ name, says, folder }) => ({ name, says, rendered: join(folder, 'rendered/oauth2-proxy') }))
  .filter(({ rendered }) => existsSync(join(rendered, 'oauth2-proxy.cfg')))

test('there are rendered cases', () => {
  assert.ok(cases.length >= 10, `only ${cases.length}`)
})

for (const { name, says, rendered } of cases) {
  test(`${name}: ${says}`, async () => {
    const folder = tempFolder('imported')
    const { certFile, keyFile } = await selfSignedCertificate(folder)
    const text = join(folder, 'text')
    writeFileSync(text, 'for-tests-only')
    const secret = join(folder, 'secret')
    writeFileSync(secret, '0123456789abcdef0123456789abcdef')
    /** Files that it opens are not here: each has a stand-in. */
    const standIn = (key: string) =>
      /ca|cert/.test(key) ? certFile : /key/.test(key) ? keyFile : /cookie_secret/.test(key) ? secret : text
    const file = (path: string) => {
      const target = join(folder, path)
      const content = readFileSync(join(rendered, path), 'utf8')
      writeFileSync(
        target,
        content.replaceAll(
          /^(\s*-?\s*)(\w+)(\s*[=:]\s*)(.*)$/gm,
          (line, start: string, key: string, sign: string, value: string) =>
            /(?:_files?|Files?|_json|_path)$/.test(key) && !/ping|ready|cookie_path/.test(key)
              ? `${start}${key}${sign}${value.replaceAll(/"\/[^"]*"/g, JSON.stringify(standIn(key)))}`
              : line,
        ),
      )
      return target
    }

    await checkOAuth2ProxyFiles({
      configFile: file('oauth2-proxy.cfg'),
      ...(existsSync(join(rendered, 'oauth2-proxy-alpha.yaml'))
        ? { alphaConfigFile: file('oauth2-proxy-alpha.yaml') }
        : {}),
      env: {
        // Others that the files ask for, such as those of headers.
        ...variablesOf(readFileSync(join(rendered, 'secrets.env.example'), 'utf8')),
        OAUTH2_PROXY_CLIENT_ID: 'for-tests-only',
        OAUTH2_PROXY_CLIENT_SECRET: 'for-tests-only',
        OAUTH2_PROXY_CLIENT_SECRET_FILE: text,
        OAUTH2_PROXY_COOKIE_SECRET: '0123456789abcdef0123456789abcdef',
        // It would call Redis.
        OAUTH2_PROXY_SESSION_STORE_TYPE: 'cookie',
      },
    })
  })
}

function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name = '']) => [name, 'for-tests-only']))
}
