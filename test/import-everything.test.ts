/**
 * A random configuration of Dex, or of oauth2-proxy, of their documented keys is imported: each key is carried, or named among the losses,
 * or changes nothing; no value of a key that is not known to be harmless is said anywhere; and what `check` would refuse is said at once.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { jsonOf, leftBehind, stillWrong, yamlOf } from '../src/cli/import.ts'
import { loadConfig } from '../src/config/load.ts'
import { type Imported, type ImportSource, UnreadableImport } from '../src/importers/contract.ts'
import { importers } from '../src/importers/index.ts'
import { settingsBelow } from '../src/importers/shown-setting.ts'
import { renderProduct } from '../src/products/render-product.ts'
import { canary, dexConfiguration } from './support/dex-configurations.ts'
import { type ProxySettings, proxyForms, proxySettings } from './support/oauth2-proxy-configurations.ts'
import { fc, runs } from './support/properties.ts'

interface Outcome {
  imported: Imported
  yaml: string
  losses: string
  json: string
}

function outcomeOf(source: ImportSource, name: string, text: string): Outcome {
  const imported = read(source, name, text)
  const yaml = yamlOf(imported)
  const wrong = stillWrong(yaml)
  return { imported, yaml, losses: leftBehind(imported, wrong), json: jsonOf(imported, wrong) }
}

function read(source: ImportSource, name: string, text: string): Imported {
  try {
    return importers[source].read([{ name, text }])
  } catch (error) {
    // Only a test that names the text helps.
    if (error instanceof UnreadableImport) throw new Error(`${error.message}\n${text}`)
    throw error
  }
}

/** What is wrong with an outcome, whatever the tool. */
function saysTooMuch({ yaml, losses, json }: Outcome): string | undefined {
  return [yaml, losses, json].flatMap((text) => text.split('\n')).find((line) => line.includes(canary))
}

/** What `check` calls wrong and import does not say. */
function unsaidErrors({ yaml, losses }: Outcome): string[] {
  const { config, problems } = loadConfig({ files: [{ name: 'gatehouse.yaml', text: yaml }], baseDir: '/' }, {})
  const ofProducts = config ? Object.keys(config.products).flatMap((name) => renderProduct(config, name).problems) : []
  return [...problems, ...ofProducts]
    .filter(({ severity, message }) => severity === 'error' && !losses.includes(message))
    .map(({ message }) => message)
}

// --- Dex

/** Where these have the value that Dex takes without them, or that `render` writes, nothing changes and nothing need be said. */
const meansNothingInDex: readonly (readonly [RegExp, unknown])[] = [
  [/./, false],
  [/^connectors\[\d+\]\.config\.scopes$/, ['profile', 'email']],
  [/^connectors\[\d+\]\.config\.scopes$/, ['openid', 'profile', 'email']],
  [/^connectors\[\d+\]\.config\.groupNameFormat$/, 'name'],
  [/^connectors\[\d+\]\.config\.userIDKey$/, 'sub'],
  [/^connectors\[\d+\]\.config\.userNameKey$/, 'name'],
  [/^connectors\[\d+\]\.config\.userSearch\.emailAttr$/, 'mail'],
  [/^connectors\[\d+\]\.config\.groupSearch\.nameAttr$/, 'cn'],
  [/^connectors\[\d+\]\.config\.userSearch\.idAttr$/, 'uid'],
  [/^connectors\[\d+\]\.config\.(?:user|group)Search\.scope$/, 'sub'],
  [/^connectors\[\d+\]\.config\.teamNameField$/, 'name'],
  [/^oauth2\.responseTypes$/, ['code']],
]

function dexText(data: unknown): string {
  return stringify(data)
}

/** Keys that are neither carried nor named, and whose absence changes neither. */
function forgottenInDex(data: unknown, outcome: Outcome): string[] {
  const settings = new Map(settingsBelow('', data))
  /** A title that is the name says nothing. */
  const isTitle = (name: string, value: unknown) =>
    name.endsWith('.name') && settings.get(name.replace(/name$/, 'id')) === value
  return [...settings]
    .filter(([name, value]) => !isTitle(name, value) && !meansNothing(name, value) && !isSeen(value, outcome))
    .filter(([name]) => !isNamed(name, outcome) && !changes(data, name, outcome))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
}

/** Whether every text of a value that is like no other stands in the result: to look is cheaper than to take it away. */
function isSeen(value: unknown, { yaml }: Outcome): boolean {
  const own = JSON.stringify(value).match(/w[0-9a-f]{6}/g) ?? []
  return own.length > 0 && own.every((text) => yaml.includes(text))
}

function meansNothing(name: string, value: unknown): boolean {
  return meansNothingInDex.some(
    ([pattern, usual]) =>
      pattern.test(name) && (usual === undefined || JSON.stringify(usual) === JSON.stringify(value)),
  )
}

/** Whether an entry is about a setting, or about the whole part that it is in; that a connector is touched says nothing of its keys. */
function isNamed(name: string, { imported }: Outcome): boolean {
  return imported.notCarried.some(({ where, what }) => {
    const place = where.replace(/^dex\.yaml(?:: )?/, '')
    if (place === name) return true
    const rest = place === '' ? name : name.startsWith(`${place}.`) ? name.slice(place.length + 1) : undefined
    if (rest === undefined) return place !== '' && name.startsWith(`${place}[`)
    return what.includes(rest) || (place !== '' && !/^connectors\[\d+\]\.config$/.test(place))
  })
}

/** Whether another text leads to another result, or to other losses. */
function differs(source: ImportSource, name: string, text: string, { imported, yaml }: Outcome): boolean {
  try {
    const other = read(source, name, text)
    return JSON.stringify(other.notCarried) !== JSON.stringify(imported.notCarried) || yamlOf(other) !== yaml
  } catch {
    // It is no configuration of the tool any more.
    return true
  }
}

function changes(data: unknown, name: string, outcome: Outcome): boolean {
  const path = name.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  const other = structuredClone(data)
  return !remove(other, path) || differs('dex', 'dex.yaml', dexText(other), outcome)
}

function remove(data: unknown, [key = '', ...rest]: readonly string[]): boolean {
  const map = data as Record<string, unknown>
  if (!Object.hasOwn(map, key)) {
    // A key with dots of its own.
    const [next, ...others] = rest
    return next !== undefined && remove(data, [`${key}.${next}`, ...others])
  }
  if (rest.length > 0) return remove(map[key], rest)
  delete map[key]
  return true
}

test('a random configuration of Dex: every key is carried or named, no unknown value is said, and check has no surprise', () => {
  fc.assert(
    fc.property(dexConfiguration, (data) => {
      const text = dexText(data)
      const outcome = outcomeOf('dex', 'dex.yaml', text)

      assert.equal(saysTooMuch(outcome), undefined, text)
      assert.deepEqual(unsaidErrors(outcome), [], text)
      assert.deepEqual(forgottenInDex(data, outcome), [], `${text}\n---\n${outcome.yaml}\n---\n${outcome.losses}`)
    }),
    { numRuns: runs(50) },
  )
})

// --- oauth2-proxy

/** What oauth2-proxy does without the setting; other switches are off. */
const usualInProxy: Readonly<Record<string, unknown>> = {
  approval_prompt: 'force',
  auth_logging: true,
  cookie_httponly: true,
  cookie_secure: true,
  display_htpasswd_form: true,
  http_address: '127.0.0.1:4180',
  https_address: ':443',
  pass_basic_auth: true,
  pass_host_header: true,
  pass_user_headers: true,
  proxy_prefix: '/oauth2',
  proxy_websockets: true,
  real_client_ip_header: 'X-Real-IP',
  request_logging: true,
  scope: 'openid email profile',
  session_store_type: 'cookie',
  skip_auth_strip_headers: true,
  standard_logging: true,
  tls_min_version: 'TLS1.2',
}

function forgottenInProxy(form: string, settings: ProxySettings, outcome: Outcome): string[] {
  const write = proxyForms[form]
  return (
    Object.keys(settings)
      .filter((key) => {
        if (outcome.losses.includes(key)) return false
        const { [key]: _, ...others } = settings
        const text = write?.(others) ?? ''
        // The form has no place for it.
        if (text === write?.(settings)) return false
        return !differs('oauth2-proxy', form, text, outcome)
      })
      .filter((key) => settings[key] !== (Object.hasOwn(usualInProxy, key) ? usualInProxy[key] : false))
      // Beside `prompt` it is not read (legacy_options.go, 7.15.6).
      .filter((key) => key !== 'approval_prompt' || !settings['prompt'])
      .map((key) => `${key}: ${JSON.stringify(settings[key])}`)
  )
}

for (const [form, write] of Object.entries(proxyForms)) {
  test(`a random configuration of oauth2-proxy, as ${form}: every key is carried or named, no unknown value is said, and check has no surprise`, () => {
    fc.assert(
      fc.property(proxySettings, (settings) => {
        const text = write(settings)
        const outcome = outcomeOf('oauth2-proxy', form, text)

        assert.equal(saysTooMuch(outcome), undefined, text)
        assert.deepEqual(unsaidErrors(outcome), [], text)
        assert.deepEqual(
          forgottenInProxy(form, settings, outcome),
          [],
          `${text}\n---\n${outcome.yaml}\n---\n${outcome.losses}`,
        )
      }),
      { numRuns: runs(40) },
    )
  })
}
