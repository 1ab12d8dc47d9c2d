import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../test/support/properties.ts'
import { productKinds } from './config/schema.ts'
import {
  foldHeaderName,
  headersOfKinds,
  isOddHeaderName,
  isTrustedHeader,
  toldByTheGate,
  trustedFamilies,
  trustedHeaders,
} from './trusted-headers.ts'

test('every kind of product says which headers it believes, if only that it believes none', () => {
  assert.deepEqual(Object.keys(headersOfKinds).sort(), [...productKinds].sort())
})

test('every name of the table is one, written with hyphens and capitals, and once', () => {
  for (const name of trustedHeaders) assert.match(name, /^[A-Z][a-z0-9]*(?:-[A-Z0-9][a-z0-9]*)*$/)
  assert.equal(new Set(trustedHeaders.map(foldHeaderName)).size, trustedHeaders.length)
  for (const family of trustedFamilies) assert.equal(foldHeaderName(family), family.replace(/-$/, ''))
})

test('what the gate tells services is in the table', () => {
  for (const name of toldByTheGate) assert.ok(isTrustedHeader(foldHeaderName(name)), name)
})

test('whatever stands between its words and around them, a name of the table is found', () => {
  const others = [..."!#$%&'*+-.^_`|~"]
  const run = fc.string({ unit: fc.constantFrom(...others), minLength: 1, maxLength: 4 })
  const edge = fc.string({ unit: fc.constantFrom(...others), maxLength: 3 })

  fc.assert(
    fc.property(
      fc.constantFrom(...trustedHeaders),
      run,
      edge,
      edge,
      fc.boolean(),
      (name, between, before, behind, upper) => {
        const disguised = before + name.split('-').join(between) + behind
        assert.ok(isTrustedHeader(foldHeaderName(upper ? disguised.toUpperCase() : disguised)))
        const usual = before === '' && behind === '' && (!name.includes('-') || /^[-_.]$/.test(between))
        assert.equal(isOddHeaderName(disguised), !usual)
      },
    ),
    { numRuns: runs(1000) },
  )
})
