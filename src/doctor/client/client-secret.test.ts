import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { VendorKind } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import { judgeTokenAnswer } from './client-secret.ts'
import { oddShapeOf } from './secret-shape.ts'

describe('what a token endpoint answers to a code that does not exist', () => {
  const answers: [string, { status: number; body: string; kind?: VendorKind }, string][] = [
    ['invalid_grant', { status: 400, body: '{"error":"invalid_grant"}' }, 'accepted'],
    ['invalid_client', { status: 401, body: '{"error":"invalid_client"}' }, 'rejected'],
    ['invalid_client with 400', { status: 400, body: '{"error":"invalid_client"}' }, 'rejected'],
    [
      'unauthorized_client with 401, as Keycloak says it',
      {
        status: 401,
        body: '{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}',
      },
      'rejected',
    ],
    ['401 without a word', { status: 401, body: '' }, 'rejected'],
    [
      'a wrong secret at Entra',
      { status: 401, body: '{"error":"invalid_client","error_description":"AADSTS7000215: Invalid"}', kind: 'entra' },
      'rejected',
    ],
    [
      'invalid_grant at Entra, which looks at the code first',
      { status: 400, body: '{"error":"invalid_grant","error_description":"AADSTS9002313"}', kind: 'entra' },
      'unclear',
    ],
    ['invalid_request', { status: 400, body: '{"error":"invalid_request"}' }, 'unclear'],
    ['a page', { status: 200, body: '<h1>Hello</h1>' }, 'unclear'],
    ['too many attempts', { status: 429, body: '' }, 'unclear'],
    ['a failure', { status: 500, body: '' }, 'failed'],
  ]
  for (const [name, { status, body, kind = 'keycloak' }, expected] of answers) {
    test(`${name}: the secret is ${expected}`, () => {
      assert.equal(judgeTokenAnswer({ status, body }, kind).kind, expected)
    })
  }
})

describe('a secret', () => {
  const id = 'b2c9c0f0-6e7f-4f4c-9a51-0f2c9c0e7a11'
  const odd: [string, RegExp, VendorKind?][] = [
    ['  ', /only blanks/],
    ['one\ntwo', /several lines/],
    ['s3cret\n', /ends in a newline/],
    ['s3cret\r\n', /ends in a newline/],
    [' s3cret', /blank/],
    ['"s3cret"', /quotation marks/],
    ['OIDC_SECRET=s3cret', /not part of it/],
    ['changeme', /placeholder/],
    ['CHANGE-ME', /placeholder/],
    ['<client secret>', /placeholder/],
    ['your-client-secret', /placeholder/],
    ['xxxx', /placeholder/],
    [id, /Secret ID/, 'entra'],
    [Buffer.from('s3cret-of-the-lake').toString('base64'), /base64/],
    [Buffer.from('s3cret-of-the-lake\n').toString('base64'), /base64/],
  ]
  for (const [secret, words, kind = 'keycloak'] of odd) {
    test(`${JSON.stringify(secret)} is odd at ${kind}`, () => {
      const said = oddShapeOf(secret, vendors[kind]) ?? ''
      assert.match(said, words)
      assert.doesNotMatch(said, /s3cret/)
    })
  }

  for (const [secret, kind] of [
    [id, 'keycloak'],
    ['VhKzq3Jx0T2mPw9YbL5RcN8dFgS1aE7u', 'keycloak'],
    ['Q~x8Q~3kD.abcdefGHIJ_klmnop-qrstuv', 'entra'],
    ['GOCSPX-0123456789abcdefghijklmnopqr', 'google'],
    ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c', 'unknown'],
  ] as const) {
    test(`of a usual form (${kind}) is not odd: ${secret.slice(0, 6)}`, () => {
      assert.equal(oddShapeOf(secret, vendors[kind]), undefined)
    })
  }
})
