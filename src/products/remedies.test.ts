import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { referenceProblems } from '../config/references.ts'
import { Config, signInTypes } from '../config/schema.ts'
import { renderProduct } from './render-product.ts'

const golden = join(import.meta.dirname, '../../test/golden')
const known: readonly string[] = signInTypes

/** The words that propose to sign people in at a provider through this server, with the classes that they mean. */
function proposed(message: string, classes: readonly string[]): readonly string[] | undefined {
  if (
    !message.includes('under `login`') &&
    !/give the product the class gatehouse|class gatehouse avoids/.test(message)
  )
    return undefined
  const listed = /list (\S+) under `login`/.exec(message)?.[1]
  if (listed !== undefined && classes.includes(listed)) return [listed]
  const named = classes.filter((name) => message.split(/[\s,;:()]+/).includes(name))
  return /GitHub/.test(message) || named.length === 0 ? classes : named
}

test('no product proposes a way in through this server at a class where the server cannot sign people in', () => {
  const wrong: string[] = []
  let seen = 0
  for (const file of globSync('*/*/gatehouse.yaml', { cwd: golden })) {
    const text = readFileSync(join(golden, file), 'utf8')
    // Whoever has an OpenID provider alone can list it.
    if (!/\b(?:github|ldap|static|kerberos):/.test(text)) continue
    const data = parse(text) as Record<string, unknown>
    const { data: config } = Config.safeParse(data)
    if (!config || referenceProblems(data).length > 0) continue
    for (const [name, { authentication }] of Object.entries(config.products)) {
      const classes = authentication.map(({ authenticationClass }) => authenticationClass)
      const types = (className: string) => Object.keys(config.authenticationClasses[className] ?? { oidc: {} })
      for (const { message } of renderProduct(config, name).problems) {
        seen++
        const meant = proposed(message, classes)
        if (!meant) continue
        if (meant.some((className) => !types(className).every((type) => known.includes(type)))) {
          wrong.push(`${file}: ${message}`)
        }
      }
    }
  }

  assert.deepEqual(wrong, [])
  assert.ok(seen > 30, `${seen} problems`)
  assert.deepEqual(
    proposed('would let everybody in: list a under `login` and give it the class gatehouse', ['a', 'b']),
    ['a'],
  )
})
