import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { contrast } from '../accent.ts'
import { createBrand } from '../web/brand.ts'
import { readBrandFiles } from './brand-files.ts'
import { Branding } from './branding.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-brand-'))
after(() => rmSync(folder, { recursive: true }))

const plain = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'

function read(setting: 'logo' | 'favicon' | 'css', content: string | Buffer) {
  writeFileSync(join(folder, 'file'), content)
  return readBrandFiles({ [setting]: 'file' }, folder)
}

for (const [what, setting, content] of [
  ['an SVG with a declaration and a comment', 'logo', `<?xml version="1.0"?>\n<!-- ours -->\n${plain}`],
  ['a PNG', 'logo', Buffer.from('89504e470d0a1a0a', 'hex')],
  ['an ICO as the icon', 'favicon', Buffer.from('0000010001001010', 'hex')],
  ['a style sheet with its own pictures in it', 'css', '.card { background: url("data:image/png;base64,AA==") }'],
] as const) {
  test(`branding shows ${what}`, () => {
    const { files, problems } = read(setting, content)

    assert.deepEqual(problems, [])
    assert.ok(files[setting])
  })
}

for (const [what, setting, content] of [
  ['an SVG with a script', 'logo', plain.replace('<path', '<script>alert(1)</script><path')],
  ['an SVG with an event handler', 'logo', plain.replace('<path', '<path onload="alert(1)"')],
  ['an SVG with an entity', 'logo', `<!DOCTYPE svg [<!ENTITY a "b">]>${plain}`],
  ['a page that is called a picture', 'logo', '<html><svg></svg></html>'],
  ['an ICO as the logo', 'logo', Buffer.from('0000010001001010', 'hex')],
  ['a picture that is too large', 'logo', Buffer.concat([Buffer.from('89504e47', 'hex'), Buffer.alloc(256 * 1024)])],
  ['a style sheet that imports another', 'css', '@import "https://example.com/a.css";'],
  ['a style sheet with an address', 'css', '.card { background: url( "https://example.com/a.png" ) }'],
  ['a style sheet that ends itself', 'css', '</STYLE><script>alert(1)</script>'],
] as const) {
  test(`branding refuses ${what}`, () => {
    const { files, problems } = read(setting, content)

    assert.deepEqual(files, {})
    assert.deepEqual(
      problems.map(({ severity, path }) => [severity, path.join('.')]),
      [['error', `branding.${setting}`]],
    )
  })
}

test('a file of branding that is missing is a note: it may be elsewhere', () => {
  const { problems } = readBrandFiles({ logo: 'nowhere.svg' }, folder)

  assert.deepEqual(
    problems.map((each) => [each.severity, 'code' in each && each.code]),
    [['note', 'file-missing']],
  )
})

test('an accent that nobody could read is refused with one that is readable', () => {
  const pale = Branding.safeParse({ accent: '#ffcc00' })
  const [issue] = pale.error?.issues ?? []
  const better = /#[0-9a-f]{6} has it/.exec(issue?.message ?? '')?.[0].slice(0, 7) ?? ''

  assert.match(issue?.message ?? '', /contrast of 1\.\d to 1/)
  assert.equal(Branding.safeParse({ accent: better }).success, true)
  assert.equal(Branding.safeParse({ accent: 'red' }).success, false)
})

test('an accent is readable in the light and in the dark, and so is what is written on it', () => {
  for (const accent of ['#1d5fc4', '#000000', '#a80000', '#006644', '#5b2d8e']) {
    const { style } = createBrand({ accent }, { issuer: 'https://id.example.com' })
    const [, light = '', dark = '', onLight = '', onDark = ''] =
      /--accent: light-dark\((#\w+), (#\w+)\); --on-accent: light-dark\((#\w+), (#\w+)\) \}\n$/.exec(style) ?? []

    assert.equal(light, accent)
    for (const [one, other] of [
      [light, '#ffffff'],
      [dark, '#1b1f24'],
      [dark, '#121518'],
      [light, onLight],
      [dark, onDark],
    ] as const)
      assert.ok(contrast(one, other) >= 4.5, `${one} on ${other}`)
  }
})

for (const [url, isTaken] of [
  ['https://example.com/imprint?lang=de', true],
  ['mailto:help@example.com', true],
  ['javascript:alert(1)', false],
  ['//example.com', false],
  ['data:text/html,x', false],
  ['mailto:help@example.com?body=x\nBcc:', false],
] as const) {
  test(`a link of branding to ${JSON.stringify(url)} is ${isTaken ? 'taken' : 'refused'}`, () => {
    assert.equal(Branding.safeParse({ links: [{ title: 'Help', url }] }).success, isTaken)
  })
}

test('our own style sheet has less than 15 kB', () => {
  const { style } = createBrand({}, { issuer: 'https://id.example.com' })

  assert.ok(Buffer.byteLength(style) < 15_000, String(Buffer.byteLength(style)))
})

test('pictures are served under a name with their digest, and the policy names that folder alone', () => {
  const { files } = read('logo', plain)
  const brand = createBrand(files, { issuer: 'https://id.example.com/gate' })

  assert.match(brand.logo ?? '', /^https:\/\/id\.example\.com\/gate\/branding\/[0-9a-f]{16}\.svg$/)
  assert.equal(brand.imageSources, 'data: https://id.example.com/gate/branding/')
})
