import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome, ProviderContext } from '../contract.ts'
import { tlsChain } from './tls-chain.ts'

const day = 24 * 60 * 60 * 1000
const now = Date.parse('2026-06-01T00:00:00Z')

async function judged({ livedFor, left }: { livedFor: number; left: number }): Promise<Outcome['status']> {
  const certificate = {
    subject: 'CN=sso.example.com',
    names: 'DNS:sso.example.com',
    issuer: 'CN=authority',
    validFrom: new Date(now - livedFor * day),
    validTo: new Date(now + left * day),
    chainError: undefined,
    namesHost: true,
  }
  const provider = { trust: { kind: 'verified', ca: [], authorities: '' }, path: 'x' }
  const context = { probe: { certificate }, provider, now: () => now } as unknown as ProviderContext
  const [outcome] = [await tlsChain.run(context)].flat() as Outcome[]
  return outcome?.status ?? 'skipped'
}

test('a certificate that ends within 14 days is a warning; one that lives for days only, in its last third', async () => {
  assert.equal(await judged({ livedFor: 80, left: 15 }), 'ok')
  assert.equal(await judged({ livedFor: 80, left: 13 }), 'warning')
  assert.equal(await judged({ livedFor: 80, left: -1 }), 'problem')
  assert.equal(await judged({ livedFor: 1, left: 5 }), 'ok')
  assert.equal(await judged({ livedFor: 5, left: 1 }), 'warning')
})
