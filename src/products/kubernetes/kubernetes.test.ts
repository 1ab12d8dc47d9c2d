/** kube-apiserver does not start with a key that it does not know. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type Accepted, goldenFiles, refused } from '../../../test/support/accepted-keys.ts'

const configuration: Accepted = {
  apiVersion: 'text',
  kind: 'text',
  jwt: [
    {
      issuer: {
        url: 'text',
        discoveryURL: 'text',
        certificateAuthority: 'text',
        audiences: 'texts',
        audienceMatchPolicy: 'text',
      },
      claimValidationRules: [{ claim: 'text', requiredValue: 'text', expression: 'text', message: 'text' }],
      claimMappings: {
        username: { claim: 'text', prefix: 'text' },
        groups: { claim: 'text', prefix: 'text', expression: 'text' },
      },
      userValidationRules: [{ expression: 'text', message: 'text' }],
    },
  ],
}

interface Authentication {
  apiVersion: string
  jwt: {
    issuer: { url: string }
    claimMappings: Record<string, { prefix?: string; claim?: string; expression?: string }>
    userValidationRules: unknown[]
  }[]
}

const files = goldenFiles('kubernetes', 'authentication-config.yaml')

test('every authentication-config.yaml has keys and types that kube-apiserver knows', () => {
  assert.ok(files.length > 8)
  for (const { path, text } of files) assert.deepEqual(refused(parse(text), configuration), [], path)
})

test('every mapping says its prefix, and nobody comes as system:', () => {
  for (const { path, text } of files) {
    const { jwt } = parse(text) as Authentication
    for (const { issuer, claimMappings, userValidationRules } of jwt) {
      assert.ok(issuer.url.startsWith('https://'), path)
      for (const { prefix, claim, expression } of Object.values(claimMappings)) {
        // An expression takes the place of both, and has the prefix in it.
        const expected = expression === undefined ? ['string', 'string'] : ['undefined', 'undefined']
        assert.deepEqual([typeof claim, typeof prefix], expected, path)
      }
      assert.equal(userValidationRules.length, 2, path)
    }
  }
})

test('two providers never name the same person', () => {
  for (const { path, text } of files) {
    const prefixes = (parse(text) as Authentication).jwt.map(({ claimMappings }) => claimMappings['username']?.prefix)
    assert.equal(new Set(prefixes).size, prefixes.length, path)
  }
})
