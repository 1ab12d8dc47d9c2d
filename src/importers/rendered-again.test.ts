import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { importCases } from '../../test/support/import-cases.ts'
import { Config } from '../config/schema.ts'
import { allFiles, renderProduct } from '../products/render-product.ts'
import type { ImportSource } from './contract.ts'
import { importers } from './index.ts'

/** Which files of a rendered product are read again. */
interface Again {
  tool: ImportSource
  product: string
  files: readonly string[]
}

/** What the rendered files cannot say: a database whose address is a secret, an Okta at any domain, a secret that the implicit flow does not use. */
const cannotComeBack = ['flaskoidc/services-apart', 'flaskoidc/chart-frontend-env', 'astronomer/odd-settings']

const all: readonly Again[] = [
  {
    tool: 'flaskoidc',
    product: 'amundsen',
    files: ['frontend.env', 'metadata.env', 'search.env', 'client_secrets.template.json'],
  },
  { tool: 'astronomer', product: 'astronomer', files: ['values.yaml'] },
]

/** An environment file does not name a variable that it does not set: the client id is a stand-in in both. */
function withoutVariable(config: unknown): unknown {
  const text = JSON.stringify(config)
  return JSON.parse(text.includes('"CLIENT-ID"') ? text.replaceAll(/"clientIdVariable":"FLASK[^"]*",/g, '') : text)
}

for (const { tool, product, files } of all) {
  for (const found of importCases(tool).filter(({ name, refused }) => !refused && !cannotComeBack.includes(name))) {
    const config = parse(readFileSync(join(found.folder, 'gatehouse.yaml'), 'utf8')) as Record<string, unknown>
    const read = Config.safeParse(config)
    if (!read.data) continue
    test(`what was rendered of ${found.name} is imported as the same gatehouse.yaml`, () => {
      const rendered = new Map(allFiles(renderProduct(read.data, product)).map(({ path, content }) => [path, content]))
      const inputs = files.flatMap((name) => {
        const text = rendered.get(name)
        return text === undefined ? [] : [{ name, text }]
      })

      const url = (config['products'] as Record<string, { url: string }>)[product]?.url
      const again = importers[tool].read(inputs, url === undefined ? {} : { url })

      assert.deepEqual(withoutVariable(again.config), withoutVariable(config))
    })
  }
}
