/** Configurations in guides work. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../src/config/load.ts'
import { formatProblem } from '../src/config/problem.ts'
import { readSources } from '../src/config/read.ts'
import { allFiles, renderProduct } from '../src/products/render-product.ts'

const guides = join(import.meta.dirname, '../docs/guides')
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-guides-'))
after(() => rmSync(folder, { recursive: true }))

/** Code blocks of a guide that are whole configurations. */
function configurationsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/```yaml\n(.*?)```\n/gs)]
    .map(([, block = '']) => block)
    .filter((block) => /^(?:products|login):/m.test(block) && /^(?:authenticationClasses|issuer):/m.test(block))
}

test('docs/guides/network.md tells people to write what works', () => {
  const [text = ''] = configurationsOf(join(guides, 'network.md'))
  const file = join(folder, 'network.yaml')
  writeFileSync(file, text)

  const { config, problems } = loadConfig(readSources([file]), {})

  assert.deepEqual(problems.map(formatProblem), [])
  assert.equal(config?.login[0]?.clientCertificate, 'gatehouse-certificate')
})

for (const subject of ['products', 'providers']) {
  for (const name of readdirSync(join(guides, subject)).sort()) {
    test(`docs/guides/${subject}/${name} tells people to write what works`, () => {
      const configurations = configurationsOf(join(guides, subject, name))
      assert.ok(configurations.length > 0, 'it has a configuration to copy')

      for (const text of configurations) {
        const file = join(folder, 'gatehouse.yaml')
        writeFileSync(file, text)
        const { config, problems } = loadConfig(readSources([file]), {})
        assert.deepEqual(problems.map(formatProblem), [], text)
        assert.ok(config)
        for (const product of Object.keys(config.products)) {
          const rendered = renderProduct(config, product)
          const errors = rendered.problems.filter(({ severity }) => severity === 'error')
          assert.deepEqual(errors, [], text)
          assert.ok(allFiles(rendered).length > 2)
        }
      }
    })
  }
}
